// Durations, time points and bytes as the text they have in JSON and in configuration.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondeau::reflect {

/// Seconds and 0…999,999,999 nanoseconds after them; negative times have negative seconds.
struct Moment {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
};

enum class Rounding : std::uint8_t { Refuse, Down };

/// "1.5s". Reading also takes ns, us, ms, m and h: "250ms", "5m".
void write_duration(Moment duration, std::string& out);
bool read_duration(std::string_view text, Moment& duration);

/// RFC 3339: "2024-05-01T12:00:00.25Z"; reading takes any offset and up to nine digits. Years 0 to 9999, else false.
bool write_time(Moment since_epoch, std::string& out);
bool read_time(std::string_view text, Moment& since_epoch);

/// Base64 with padding (RFC 4648 §4).
void write_base64(const std::vector<std::byte>& bytes, std::string& out);
bool read_base64(std::string_view text, std::vector<std::byte>& bytes);

/// A count of numerator/denominator seconds, and back. False when it does not fit; Refuse also when it is not exact.
bool to_moment(std::int64_t count, std::int64_t numerator, std::int64_t denominator, Moment& moment);
bool to_count(Moment moment, std::int64_t numerator, std::int64_t denominator, Rounding rounding, std::int64_t& count);
/// The nearest moment; false outside of its range.
bool to_moment(double seconds, Moment& moment);

template <class Rep, class Period>
bool to_moment(std::chrono::duration<Rep, Period> duration, Moment& moment) {
  if constexpr (std::floating_point<Rep>) {
    return to_moment(std::chrono::duration<double>(duration).count(), moment);
  } else {
    return std::in_range<std::int64_t>(duration.count()) &&
           to_moment(static_cast<std::int64_t>(duration.count()), Period::num, Period::den, moment);
  }
}

template <class Rep, class Period>
bool from_moment(Moment moment, Rounding rounding, std::chrono::duration<Rep, Period>& duration) {
  if constexpr (std::floating_point<Rep>) {
    const double seconds = static_cast<double>(moment.seconds) + static_cast<double>(moment.nanoseconds) * 1e-9;
    duration = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(std::chrono::duration<double>(seconds));
    return true;
  } else {
    std::int64_t count = 0;
    if (!to_count(moment, Period::num, Period::den, rounding, count) || !std::in_range<Rep>(count)) return false;
    duration = std::chrono::duration<Rep, Period>(static_cast<Rep>(count));
    return true;
  }
}

}  // namespace rondeau::reflect
