// Finds $1, $2 … in the text of a statement.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondeau::sql {

struct Placeholders {
  std::size_t highest = 0;
  bool gap = false;        ///< a number below the highest does not occur
  bool named = false;      ///< a dollar sign before something else, or a number above kMaxPlaceholders
  bool malformed = false;  ///< a quote, a comment or a dollar-quoted body that does not end, or a NUL
};

/// PostgreSQL's protocol counts parameters in 16 bits.
inline constexpr std::size_t kMaxPlaceholders = 65'535;

/// Reads the lexical structure that PostgreSQL and SQLite share, and each one's own: '…' with '' inside, E'…' with
/// backslashes, "…", $tag$…$tag$, -- and /* */.
class PlaceholderScanner {
 public:
  constexpr explicit PlaceholderScanner(std::string_view text) noexcept : text_(text) {}

  constexpr Placeholders scan() {
    while (at_ < text_.size() && !found_.malformed) step();
    for (std::size_t number = 1; number <= found_.highest && !found_.named; ++number) {
      if (!occurs(number)) found_.gap = true;
    }
    return found_;
  }

 private:
  static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static constexpr bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  constexpr char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  constexpr void step() {
    const char c = text_[at_];
    if (c == '\0') {
      found_.malformed = true;
    } else if (c == '\'' || c == '"') {
      quoted(c, false);
    } else if (c == '-' && peek(1) == '-') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == '/' && peek(1) == '*') {
      skip_to("*/", 2);
    } else if (c == '$') {
      dollar();
    } else if (is_word(c)) {
      word();
    } else {
      ++at_;
    }
  }
  constexpr void quoted(char quote, bool backslashes) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\0') break;
      if (backslashes && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        if (peek(1) != quote) {
          ++at_;
          return;
        }
        ++at_;
      }
    }
    found_.malformed = true;
  }
  /// A dollar sign inside of a word is part of it.
  constexpr void word() {
    if ((peek() == 'e' || peek() == 'E') && peek(1) == '\'') {
      ++at_;
      return quoted('\'', true);
    }
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '$')) ++at_;
  }
  constexpr void dollar() {
    if (is_digit(peek(1))) return number();
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word(text_[end])) ++end;
    if (end >= text_.size() || text_[end] != '$') {
      found_.named = true;
      ++at_;
      return;
    }
    skip_to(text_.substr(at_, end + 1 - at_), end + 1 - at_);
  }
  constexpr void number() {
    std::size_t value = 0;
    for (++at_; is_digit(peek()); ++at_) {
      if (value <= kMaxPlaceholders) value = value * 10 + static_cast<std::size_t>(peek() - '0');
    }
    if (value == 0 || value > kMaxPlaceholders || is_word(peek())) {
      found_.named = true;
      return;
    }
    if (value > found_.highest) found_.highest = value;
    seen_[value / 64] |= std::uint64_t{1} << value % 64;
  }
  constexpr void skip_to(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, at_ + from);
    if (found == std::string_view::npos) {
      found_.malformed = true;
    } else {
      at_ = found + end.size();
    }
  }
  constexpr bool occurs(std::size_t number) const { return (seen_[number / 64] >> number % 64 & 1) != 0; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::array<std::uint64_t, kMaxPlaceholders / 64 + 1> seen_{};
  Placeholders found_;
};

constexpr Placeholders count_placeholders(std::string_view text) {
  return PlaceholderScanner(text).scan();
}

}  // namespace rondeau::sql
