// The request target (RFC 9112 §3.2): cut into path, query and authority, and refused where parsers could differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace rondeau::url {

/// A piece of a text by position, so that it survives the text being moved in memory.
struct Slice {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  std::string_view in(std::string_view text) const noexcept { return {text.data() + offset, length}; }
};

enum class TargetForm : std::uint8_t {
  Origin,    ///< /path?query
  Absolute,  ///< http://host/path?query
  Asterisk,  ///< *
};

/// A checked target. The slices count from the target's first byte.
struct Target {
  TargetForm form = TargetForm::Origin;
  Slice path;       ///< as sent, not decoded; empty only in the absolute form, where it means `/`
  Slice query;      ///< without the `?`
  Slice authority;  ///< of the absolute form, checked as parse_authority() does
  bool has_query = false;
};

/// Cuts and checks a target of the origin, absolute (http, https) or asterisk form.
///
/// Refused (nullopt): controls, spaces, `#`, `"`, `<`, `>`, bytes from 0x80, a bad `%`, `%00`, a backslash in the path,
/// a `.` or `..` segment raw or encoded, user info, another scheme. Raw `{}|^` and backquote pass, since browsers send
/// them, and so does a backslash in the query.
inline std::optional<Target> parse_target(std::string_view text) noexcept;
/// The same in place; what stands in `target` after a refusal means nothing.
bool parse_target(std::string_view text, Target& target) noexcept;

/// True when a segment of the path is `.` or `..`, raw or as `%2e`.
bool has_dot_segment(std::string_view path) noexcept;

inline std::optional<Target> parse_target(std::string_view text) noexcept {
  std::optional<Target> target(std::in_place);
  if (!parse_target(text, *target)) target.reset();
  return target;
}

}  // namespace rondeau::url
