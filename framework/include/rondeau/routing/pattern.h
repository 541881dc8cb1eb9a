// Route patterns: "/orgs/{org}/users/{id}.json", "/files/{*rest}". Parsed by the compiler, or at run time by build().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rondeau/http/request.h>
#include <rondeau/reflect/fixed_string.h>

namespace rondeau::routing {

enum class PatternError : std::uint8_t {
  None,
  NoLeadingSlash,
  NoClosingBrace,
  NoName,
  OtherSpelling,
  RepeatedName,
  WildcardNotLast,
  WildcardNotAlone,
  TwoInSegment,
  IllegalCharacter,
  DotSegment,
  EmptySegment,
  SegmentTooLong,
  TooManyParameters,
  TooManySegments,
};

/// The sentence the compiler says, too.
constexpr std::string_view to_string(PatternError error) noexcept {
  switch (error) {
    case PatternError::None:
      return "";
    case PatternError::NoLeadingSlash:
      return "a route pattern starts with '/'";
    case PatternError::NoClosingBrace:
      return "a '{' in a route pattern has no '}'";
    case PatternError::NoName:
      return "a route parameter needs a name, as in {id}";
    case PatternError::OtherSpelling:
      return "a route parameter is written {id} or {*rest}, not :id or *rest";
    case PatternError::RepeatedName:
      return "a route pattern names the same parameter twice";
    case PatternError::WildcardNotLast:
      return "{*rest} must be the last segment";
    case PatternError::WildcardNotAlone:
      return "{*rest} must be a whole segment";
    case PatternError::TwoInSegment:
      return "at most one parameter per path segment";
    case PatternError::IllegalCharacter:
      return "a route pattern holds a character no path can contain";
    case PatternError::DotSegment:
      return "a route pattern has no '.' or '..' segment";
    case PatternError::EmptySegment:
      return "a route pattern has no empty segment but a last one";
    case PatternError::SegmentTooLong:
      return "a segment of a route pattern has at most 255 bytes";
    case PatternError::TooManyParameters:
      return "a route pattern has at most 16 parameters";
    case PatternError::TooManySegments:
      return "a route pattern has at most 64 segments";
  }
  return "";
}

/// Segments of a pattern. A pattern's text is compared with the decoded path, so it is written as people read it.
struct PatternSegment {
  enum class Kind : std::uint8_t { Static, Affixed, Parameter, Wildcard };

  Kind kind = Kind::Static;
  std::string_view prefix;  ///< all of it, when static
  std::string_view name;
  std::string_view suffix;
};

inline constexpr std::size_t kMaxSegments = 64;
inline constexpr std::size_t kMaxSegmentText = 255;

namespace pattern_detail {

constexpr bool is_illegal(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f || std::string_view("?#%\"<>\\{}").find(c) != std::string_view::npos;
}
constexpr bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
constexpr bool is_legal(std::string_view text) noexcept {
  for (char c : text) {
    if (is_illegal(c)) return false;
  }
  return true;
}

/// Reads one segment, without its slash.
constexpr PatternError parse_segment(std::string_view text, PatternSegment& segment) noexcept {
  segment = {};
  const std::size_t open = text.find('{');
  segment.prefix = text.substr(0, open);
  if (!is_legal(segment.prefix)) return PatternError::IllegalCharacter;
  if (open == std::string_view::npos) {
    const bool other = text.size() > 1 && (text[0] == ':' || text[0] == '*') && is_name_character(text[1]);
    if (other) return PatternError::OtherSpelling;
    return text == "." || text == ".." ? PatternError::DotSegment : PatternError::None;
  }
  const std::size_t close = text.find('}', open);
  if (close == std::string_view::npos) return PatternError::NoClosingBrace;
  segment.name = text.substr(open + 1, close - open - 1);
  segment.suffix = text.substr(close + 1);
  const bool wildcard = segment.name.starts_with('*');
  if (wildcard) segment.name.remove_prefix(1);
  if (segment.name.empty()) return PatternError::NoName;
  for (char c : segment.name) {
    if (c == '{') return PatternError::NoClosingBrace;
    if (!is_name_character(c)) return PatternError::IllegalCharacter;
  }
  if (segment.suffix.find('{') != std::string_view::npos) return PatternError::TwoInSegment;
  if (!is_legal(segment.suffix)) return PatternError::IllegalCharacter;
  const bool alone = segment.prefix.empty() && segment.suffix.empty();
  if (wildcard && !alone) return PatternError::WildcardNotAlone;
  segment.kind = wildcard ? PatternSegment::Kind::Wildcard
                 : alone  ? PatternSegment::Kind::Parameter
                          : PatternSegment::Kind::Affixed;
  return PatternError::None;
}

}  // namespace pattern_detail

/// Walks the segments of a pattern; `rest` begins with '/' or is empty. False at the end, or at a mistake in `error`.
constexpr bool next_segment(std::string_view& rest, PatternSegment& segment, PatternError& error) noexcept {
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  const std::size_t end = rest.find('/');
  error = pattern_detail::parse_segment(rest.substr(0, end), segment);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  return error == PatternError::None;
}

/// Everything that can be wrong with a pattern.
constexpr PatternError check_pattern(std::string_view pattern) noexcept {
  if (!pattern.starts_with('/')) return PatternError::NoLeadingSlash;
  std::string_view names[http::RouteMatch::kMaxParameters];
  std::size_t count = 0;
  std::size_t segments = 0;
  PatternSegment segment;
  PatternError error = PatternError::None;
  for (std::string_view rest = pattern; next_segment(rest, segment, error);) {
    if (++segments > kMaxSegments) return PatternError::TooManySegments;
    if (segment.prefix.size() + segment.suffix.size() > kMaxSegmentText) return PatternError::SegmentTooLong;
    if (segment.kind == PatternSegment::Kind::Static) {
      if (segment.prefix.empty() && !rest.empty()) return PatternError::EmptySegment;
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (names[i] == segment.name) return PatternError::RepeatedName;
    }
    if (count == http::RouteMatch::kMaxParameters) return PatternError::TooManyParameters;
    names[count++] = segment.name;
    if (segment.kind == PatternSegment::Kind::Wildcard && !rest.empty()) return PatternError::WildcardNotLast;
  }
  return error;
}

constexpr bool pattern_has_parameter(std::string_view pattern, std::string_view name) noexcept {
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(pattern, segment, error)) {
    if (segment.kind != PatternSegment::Kind::Static && segment.name == name) return true;
  }
  return false;
}

/// A pattern known to the compiler.
template <reflect::FixedString Text>
struct StaticPattern {
  static consteval bool has_parameter(std::string_view name) { return pattern_has_parameter(Text, name); }
};

template <PatternError E>
consteval bool explain_pattern() {
  static_assert(E != PatternError::NoLeadingSlash, "rondeau: a route pattern starts with '/'");
  static_assert(E != PatternError::NoClosingBrace, "rondeau: a '{' in a route pattern has no '}'");
  static_assert(E != PatternError::NoName, "rondeau: a route parameter needs a name, as in {id}");
  static_assert(E != PatternError::OtherSpelling,
                "rondeau: a route parameter is written {id} or {*rest}, not :id or *rest");
  static_assert(E != PatternError::RepeatedName, "rondeau: a route pattern names the same parameter twice");
  static_assert(E != PatternError::WildcardNotLast, "rondeau: {*rest} must be the last segment");
  static_assert(E != PatternError::WildcardNotAlone, "rondeau: {*rest} must be a whole segment");
  static_assert(E != PatternError::TwoInSegment, "rondeau: at most one parameter per path segment");
  static_assert(E != PatternError::IllegalCharacter, "rondeau: a route pattern holds a character no path can contain");
  static_assert(E != PatternError::DotSegment, "rondeau: a route pattern has no '.' or '..' segment");
  static_assert(E != PatternError::EmptySegment, "rondeau: a route pattern has no empty segment but a last one");
  static_assert(E != PatternError::SegmentTooLong, "rondeau: a segment of a route pattern has at most 255 bytes");
  static_assert(E != PatternError::TooManyParameters, "rondeau: a route pattern has at most 16 parameters");
  static_assert(E != PatternError::TooManySegments, "rondeau: a route pattern has at most 64 segments");
  return E == PatternError::None;
}

}  // namespace rondeau::routing
