// The dates of HTTP (RFC 9110 §5.6.7): seconds since 1970 in UTC, to and from text.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rondeau::text {

using UnixSeconds = std::chrono::sys_seconds;

/// The length of "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t kHttpDateLength = 29;

/// Writes the IMF-fixdate form. Years 0 to 9999; others are clamped.
void format_http_date(UnixSeconds time, std::array<char, kHttpDateLength>& out) noexcept;
std::string format_http_date(UnixSeconds time);

/// Reads the IMF-fixdate form and the two obsolete ones a recipient must accept (RFC 850, asctime).
/// A two-digit year more than 50 years after `now` means the past century.
std::optional<UnixSeconds> parse_http_date(
    std::string_view text,
    UnixSeconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) noexcept;

}  // namespace rondeau::text
