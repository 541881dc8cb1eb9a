// UTF-8 (RFC 3629): is it, where does it stop being so, and what stands there instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rondeau::text {

/// The length of the longest valid prefix; text.size() when all of it is UTF-8.
/// Overlong forms, surrogates and code points above U+10FFFF are invalid.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept {
  return valid_utf8_prefix(text) == text.size();
}

/// What one U+FFFD stands for at the front of a text that does not begin with valid UTF-8: the longest beginning of a
/// character that could still have become valid, as WHATWG Encoding has it. `text` is not empty.
std::size_t invalid_utf8_prefix(std::string_view text) noexcept;

/// Appends `text`, U+FFFD in the place of what is no UTF-8.
void append_utf8_lossy(std::string& out, std::string_view text);

}  // namespace rondeau::text
