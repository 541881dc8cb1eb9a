// Percent-encoding (RFC 3986 §2.1) and its sibling of HTML forms, where `+` is a space.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::text {

/// What `+` means while decoding.
enum class Plus { Literal, Space };
/// What may stay unencoded.
enum class EncodeSet {
  Component,  ///< unreserved characters only: safe anywhere
  Path,       ///< also `/` and what RFC 3986 allows within a path
  Form,       ///< application/x-www-form-urlencoded: a space becomes `+`
};

/// True when percent_decode() would change `text`.
bool needs_decoding(std::string_view text, Plus plus = Plus::Literal) noexcept;

/// Decodes once. The result is bytes: it may hold NUL and be no UTF-8.
///
/// Errors: InvalidData for a `%` without two hexadecimal digits.
Result<std::string> percent_decode(std::string_view text, Plus plus = Plus::Literal);
/// The same, appended to `out`; false and `out` unchanged for a bad `%`.
bool percent_decode_to(std::string& out, std::string_view text, Plus plus = Plus::Literal);

std::string percent_encode(std::string_view text, EncodeSet set = EncodeSet::Component);
void percent_encode_to(std::string& out, std::string_view text, EncodeSet set = EncodeSet::Component);

}  // namespace rondeau::text
