// Points and spans of monotonic time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace rondeau::base {

/// Nanoseconds; any std::chrono duration converts to it.
using Duration = std::chrono::nanoseconds;

/// A point on the driver's monotonic clock. Arithmetic saturates, never wraps.
class Instant {
 public:
  constexpr Instant() noexcept = default;
  static constexpr Instant from_nanoseconds(std::int64_t since_start) noexcept { return Instant(since_start); }
  static constexpr Instant far_future() noexcept { return Instant(std::numeric_limits<std::int64_t>::max()); }
  /// Of the current runtime's clock (virtual while paused), or the system's outside a runtime.
  static Instant now() noexcept;

  constexpr std::int64_t nanoseconds() const noexcept { return nanoseconds_; }
  /// now() − this; zero if this is in the future.
  Duration elapsed() const noexcept { return now().saturating_since(*this); }
  constexpr Duration saturating_since(Instant earlier) const noexcept {
    return nanoseconds_ <= earlier.nanoseconds_ ? Duration::zero() : *this - earlier;
  }
  /// Empty where the sum would not fit.
  constexpr std::optional<Instant> checked_add(Duration span) const noexcept {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(nanoseconds_, span.count(), &sum)) return std::nullopt;
    return Instant(sum);
  }

  friend constexpr Instant operator+(Instant at, Duration span) noexcept {
    return at.checked_add(span).value_or(span.count() > 0 ? far_future()
                                                          : Instant(std::numeric_limits<std::int64_t>::min()));
  }
  friend constexpr Instant operator-(Instant at, Duration span) noexcept {
    return span.count() == std::numeric_limits<std::int64_t>::min() ? far_future() : at + Duration(-span.count());
  }
  friend constexpr Duration operator-(Instant later, Instant earlier) noexcept {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(later.nanoseconds_, earlier.nanoseconds_, &difference)) {
      return later.nanoseconds_ > earlier.nanoseconds_ ? Duration::max() : Duration::min();
    }
    return Duration(difference);
  }
  friend constexpr auto operator<=>(Instant, Instant) noexcept = default;

 private:
  constexpr explicit Instant(std::int64_t nanoseconds) noexcept : nanoseconds_(nanoseconds) {}
  std::int64_t nanoseconds_ = 0;
};

}  // namespace rondeau::base

namespace rondeau {
using base::Duration;
using base::Instant;
}  // namespace rondeau
