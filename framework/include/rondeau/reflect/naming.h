// How members and enumerators are called outside of C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondeau::reflect {

/// `static constexpr auto naming = Naming::CamelCase;` inside a struct; `enum_naming<E>` for enumerators.
enum class Naming : std::uint8_t {
  AsWritten,           ///< a trailing underscore is dropped: class_ is "class"
  SnakeCase,           ///< new_user
  CamelCase,           ///< newUser
  PascalCase,          ///< NewUser
  KebabCase,           ///< new-user
  ScreamingSnakeCase,  ///< NEW_USER
};

/// One exception from the rule: `static constexpr std::array rename{Rename{"id", "_id"}};` inside the struct.
struct Rename {
  std::string_view member;
  std::string_view name;
};

/// What documents say of a member, or of the struct itself where `member` is empty:
/// `static constexpr std::array doc{Doc{"url", "where it leads", "https://example.org"}};` inside the struct.
struct Doc {
  std::string_view member;       ///< as it is written in C++
  std::string_view description;
  std::string_view example = {};  ///< a text as it is, anything else as JSON
};

/// Specialise to change how the enumerators of E are called: `template <> inline constexpr Naming enum_naming<E> = …;`
template <class E>
inline constexpr Naming enum_naming = Naming::AsWritten;

/// The values among which enumerators of E are looked for; specialise to widen (at most 1,024 values).
template <class E>
struct enum_range {
  using NotSpecialised = void;
  static constexpr int min = 0;
  static constexpr int max = 127;
};

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Writes the outside name of `name` to `out`, or only counts when `out` is null. Gives its length, which is at most
/// twice that of `name`.
constexpr std::size_t rename_by(Naming naming, std::string_view name, char* out) {
  while (name.size() > 1 && name.back() == '_') name.remove_suffix(1);
  std::size_t length = 0;
  auto put = [&](char c) {
    if (out != nullptr) out[length] = c;
    ++length;
  };
  if (naming == Naming::AsWritten) {
    for (char c : name) put(c);
    return length;
  }
  const bool separated =
      naming == Naming::SnakeCase || naming == Naming::KebabCase || naming == Naming::ScreamingSnakeCase;
  bool word_starts = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_') {
      word_starts = length > 0;
      continue;
    }
    // fooBar: a word starts at B. HTTPServer: it starts at S.
    if (length > 0 && is_upper(c) && (!is_upper(name[i - 1]) || (i + 1 < name.size() && is_lower(name[i + 1])))) {
      word_starts = true;
    }
    if (word_starts && separated) put(naming == Naming::KebabCase ? '-' : '_');
    const bool upper = naming == Naming::ScreamingSnakeCase || (!separated && word_starts) ||
                       (naming == Naming::PascalCase && length == 0);
    put(upper ? to_upper(c) : to_lower(c));
    word_starts = false;
  }
  return length;
}

}  // namespace rondeau::reflect

namespace rondeau {
using reflect::Doc;
using reflect::Naming;
using reflect::Rename;
}  // namespace rondeau

/// Inside a class that is no aggregate, in its public part: names the members that are its outside form.
/// `T` is the class; it must be default-constructible. Private members may be listed.
#define RONDEAU_FIELDS(T, ...)                                \
  using RondeauFieldsOf = T;                                  \
  static constexpr ::std::string_view rondeau_field_names() { \
    return #__VA_ARGS__;                                      \
  }                                                           \
  template <class RondeauUse>                                 \
  constexpr auto rondeau_bind(RondeauUse rondeau_use) const { \
    return rondeau_use(__VA_ARGS__);                          \
  }                                                           \
  static_assert(true, "needs a semicolon")
