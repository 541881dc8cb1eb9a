// JsonText: JSON written down in order, indented for people and version control.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rondeau::openapi {

class JsonText {
 public:
  /// Objects and arrays; what is inside comes between the two calls.
  JsonText& begin_object() { return begin('{'); }
  JsonText& end_object() { return end('}'); }
  JsonText& begin_array() { return begin('['); }
  JsonText& end_array() { return end(']'); }

  /// The name of the member that comes next.
  JsonText& key(std::string_view name);

  JsonText& string(std::string_view text);
  JsonText& number(std::uint64_t value) { return verbatim(std::to_string(value)); }
  JsonText& boolean(bool value) { return verbatim(value ? "true" : "false"); }
  /// What is JSON already.
  JsonText& verbatim(std::string_view json);

  /// What a JsonText has written, one level or more further in.
  JsonText& nested(std::string_view json);

  JsonText& member(std::string_view name, std::string_view text) { return key(name).string(text); }

  std::string take() && { return std::move(text_); }

 private:
  JsonText& begin(char bracket);
  JsonText& end(char bracket);
  void separate();
  void new_line();

  std::string text_;
  std::size_t depth_ = 0;
  bool first_ = true;  // nothing yet in the innermost object or array
  bool after_key_ = false;
};

}  // namespace rondeau::openapi
