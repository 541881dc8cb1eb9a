// Base64 and its URL-safe form (RFC 4648), and hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::text {

enum class Base64Form {
  Standard,  ///< `+` and `/`, padded
  Url,       ///< `-` and `_`, no padding
};

std::string base64_encode(std::string_view bytes, Base64Form form = Base64Form::Standard);
/// Decodes strictly: padding as the form has it, no other characters, unused bits zero.
///
/// Errors: InvalidData.
Result<std::string> base64_decode(std::string_view text, Base64Form form = Base64Form::Standard);

/// Lower-case digits, two a byte.
std::string hex_encode(std::string_view bytes);
/// Errors: InvalidData for an odd length or another character.
Result<std::string> hex_decode(std::string_view text);

}  // namespace rondeau::text
