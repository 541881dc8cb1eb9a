// Dot segments of a path (RFC 3986 §5.2.4), raw or encoded.
#pragma once

#include <string_view>

namespace rondeau::url {

/// Takes a `.`, raw or as `%2e`, off the front.
inline bool take_dot(std::string_view& segment) noexcept {
  if (segment.starts_with('.')) return segment.remove_prefix(1), true;
  if (segment.starts_with("%2e") || segment.starts_with("%2E")) return segment.remove_prefix(3), true;
  return false;
}

/// 1 for `.`, 2 for `..`, 0 for what is neither.
inline int dots_of(std::string_view segment) noexcept {
  if (!take_dot(segment)) return 0;
  if (segment.empty()) return 1;
  return take_dot(segment) && segment.empty() ? 2 : 0;
}

}  // namespace rondeau::url
