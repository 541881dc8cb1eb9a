#include <rondeau/url/target.h>

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

#include "url/dots.h"

namespace rondeau::url {

namespace {

enum CharClass : std::uint8_t { kBad = 0, kInPath = 1, kInQuery = 2, kPercent = 4, kDot = 8 };

// What RFC 3986 allows, and what browsers send unencoded.
constexpr std::array<std::uint8_t, 256> kTargetChars = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0x21; c < 0x7F; ++c) table[c] = kInPath | kInQuery;
  for (char c : std::string_view("\"<>#")) table[static_cast<unsigned char>(c)] = kBad;
  table['\\'] = kInQuery;
  table['?'] = kInQuery;
  table['%'] = kPercent;
  table['.'] |= kDot;
  return table;
}();

/// The length of the run of characters of that class, each `%` followed by two digits and not `%00`;
/// npos for a bad `%`. `seen` collects the classes that occurred.
inline std::size_t run(std::string_view text, CharClass wanted, unsigned& seen) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint8_t kind = kTargetChars[static_cast<unsigned char>(text[i])];
    seen |= kind;
    if (kind & wanted) {
      ++i;
    } else if (kind == kPercent) {
      if (text.size() - i < 3) return std::string_view::npos;
      int high = text::hex_value(text[i + 1]);
      int low = text::hex_value(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return std::string_view::npos;
      i += 3;
    } else {
      break;
    }
  }
  return i;
}

Slice slice(std::size_t offset, std::size_t length) noexcept {
  return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)};
}

/// Path and query, from `offset` on, fill the rest of the target.
[[gnu::always_inline]] inline bool parse_path(std::string_view text, std::size_t offset, Target& target) noexcept {
  unsigned seen = 0;
  const std::size_t length = run(text.substr(offset), kInPath, seen);
  if (length == std::string_view::npos) return false;
  target.path = slice(offset, length);
  if ((seen & (kDot | kPercent)) && has_dot_segment(text.substr(offset, length))) return false;
  offset += length;
  if (offset == text.size()) return true;
  if (text[offset] != '?') return false;
  ++offset;
  target.has_query = true;
  target.query = slice(offset, text.size() - offset);
  return run(text.substr(offset), kInQuery, seen) == text.size() - offset;
}

bool parse_absolute(std::string_view text, Target& target) noexcept {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, colon);
  if (!text::equals_ignoring_case(scheme, "http") && !text::equals_ignoring_case(scheme, "https")) return false;
  const std::size_t start = colon + 3;
  const std::size_t end = std::min(text.find_first_of("/?#", start), text.size());
  if (!parse_authority(text.substr(start, end - start))) return false;
  target.form = TargetForm::Absolute;
  target.authority = slice(start, end - start);
  return parse_path(text, end, target);
}

}  // namespace

bool has_dot_segment(std::string_view path) noexcept {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (path[i] != '/' || (path[i + 1] != '.' && path[i + 1] != '%')) continue;
    std::string_view rest = path.substr(i + 1);
    if (dots_of(rest.substr(0, rest.find('/'))) != 0) return true;
  }
  return false;
}

bool parse_target(std::string_view text, Target& target) noexcept {
  target = Target{};
  if (text.starts_with('/')) return parse_path(text, 0, target);
  if (text == "*") {
    target.form = TargetForm::Asterisk;
    target.path = {0, 1};
    return true;
  }
  return parse_absolute(text, target);
}

}  // namespace rondeau::url
