// Letters, digits and tokens of ASCII: what protocols compare without regard to case or locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rondeau::text {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Optional whitespace, OWS (RFC 9110 §5.6.3).
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The characters of an RFC 9110 token (§5.6.2), by their byte.
inline constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> table{};
  for (char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();
constexpr bool is_token_char(char c) noexcept {
  return kTokenChars[static_cast<unsigned char>(c)];
}
/// True when `text` is one or more token characters.
bool is_token(std::string_view text) noexcept;

/// Compares without regard to the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;
std::string to_lower(std::string_view text);

/// Cuts spaces and tabs off both ends (OWS, RFC 9110 §5.6.3).
std::string_view trim(std::string_view text) noexcept;

/// Walks a comma-separated list (RFC 9110 §5.6.1): elements trimmed, empty ones skipped, quoted strings kept whole.
///
///     ListItems items(value);
///     for (std::string_view item; items.next(item);) { … }
class ListItems {
 public:
  explicit ListItems(std::string_view list) noexcept : rest_(list) {}
  /// Gives the next element, or false at the end.
  bool next(std::string_view& item) noexcept;

 private:
  std::string_view rest_;
};

/// True when the comma-separated list holds `token`, without regard to case.
bool list_contains(std::string_view list, std::string_view token) noexcept;

}  // namespace rondeau::text
