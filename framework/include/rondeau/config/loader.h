// Settings: layers of files, environment and flags into plain structs, with every mistake told at once.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::config {

/// What becomes of a member that has no initialiser and that no layer gives.
enum class Unset {
  Kept,     ///< it stays as the struct has it
  Refused,  ///< a mistake: see Loader::require()
};

/// Fills several structs whose members stand beside one another in one document: a framework's settings and a
/// service's.
///
/// Later layers win: what the structs hold at first, then files, environment and flags in the order they are applied.
/// Unknown keys are mistakes, with the nearest known one. Lifetime: the structs must outlive the loader.
class Loader {
 public:
  template <class T>
  void add(T& settings) {
    add(reflect::describe<T>(), &settings);
  }

  void add(const reflect::Descriptor& type, void* settings, Unset unset = Unset::Kept) {
    parts_.push_back({&type, settings, unset});
  }

  /// JSON with comments. A file that cannot be read is a mistake unless `required` is false and it does not exist.
  void file(const std::string& path, bool required);
  /// JSON text; `origin` stands in front of its mistakes.
  void text(std::string_view json, const std::string& origin);
  /// Variables NAME__SECTION__KEY, levels separated by two underscores: PREFIX is "NAME__". `environment` is environ.
  void environment(std::string_view prefix, const char* const* environment);
  /// "server.listen", "0.0.0.0:80": text as it stands on a command line.
  void set(std::string_view key, std::string_view value, const std::string& origin);

  /// Behind the last layer: "database.url: is required", for each member of the parts that are Unset::Refused which
  /// reflect::may_be_absent() does not excuse and no layer gave. A map may be left out, and what is in an optional
  /// struct while that is absent.
  void require();
  /// Asks the structs' own validate(), those of inner ones, too. The last thing to do: while there are mistakes, nobody
  /// is asked.
  void check();

  /// One line each: "config/prod.json /server/listen: expected …".
  const std::vector<std::string>& mistakes() const noexcept { return mistakes_; }
  /// Calls `visit` for each key with its value as JSON and where it came from.
  void for_each(
      const std::function<void(std::string_view key, std::string_view value, std::string_view origin)>& visit) const;

 private:
  struct Part {
    const reflect::Descriptor* type;
    void* address;
    Unset unset;
  };
  void require(const reflect::Descriptor& type, const void* address, const std::string& prefix);
  bool was_given(std::string_view key) const;
  bool knows(const reflect::Descriptor& type, std::string_view pointer) const;

  std::vector<Part> parts_;
  std::vector<std::string> mistakes_;
  std::map<std::string, std::string, std::less<>> origins_;  // by key; absent: the struct's default
  std::set<std::string, std::less<>> misread_;                // keys that were given and are mistakes
};

}  // namespace rondeau::config
