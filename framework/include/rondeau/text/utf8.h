// UTF-8 (RFC 3629): is it, and where does it stop being so.
#pragma once

#include <cstddef>
#include <string_view>

namespace rondeau::text {

/// The length of the longest valid prefix; text.size() when all of it is UTF-8.
/// Overlong forms, surrogates and code points above U+10FFFF are invalid.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept {
  return valid_utf8_prefix(text) == text.size();
}

}  // namespace rondeau::text
