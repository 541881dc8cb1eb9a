// What a limit remembers of one client, and what it says to the next request.
#pragma once

#include <algorithm>
#include <cstdint>

#include <rondeau/base/instant.h>

namespace rondeau::middleware {

__extension__ using Wide = __int128;  // requests times nanoseconds

struct RateVerdict {
  bool allowed = false;
  std::uint64_t remaining = 0;   ///< requests that would pass right now
  base::Duration reset{};        ///< until nothing counts any more
  base::Duration retry_after{};  ///< of a refused one: until the next would pass
};

struct Rate {
  std::int64_t quota;   ///< 1 to `window`
  std::int64_t window;  ///< ns
  std::int64_t burst;   ///< quota of a window at most 1,000 times, and window at most 31 days: products fit
};

/// The generic cell rate algorithm: a bucket is the time at which it will be full again.
struct TokenBucket {
  std::int64_t full_at = 0;  ///< ns on the clock

  RateVerdict ask(const Rate& rate, std::int64_t now) noexcept {
    const std::int64_t per_token = rate.window / rate.quota;
    const std::int64_t whole = per_token * rate.burst;
    const std::int64_t missing = std::max<std::int64_t>(full_at - now, 0);
    RateVerdict verdict;
    verdict.allowed = missing + per_token <= whole;
    const std::int64_t left_out = verdict.allowed ? missing + per_token : missing;
    if (verdict.allowed) full_at = now + left_out;
    verdict.remaining = static_cast<std::uint64_t>((whole - left_out) / per_token);
    verdict.reset = base::Duration(left_out);
    if (!verdict.allowed) verdict.retry_after = base::Duration(missing + per_token - whole);
    return verdict;
  }
};

/// Counts of this window and the one before; windows of all clients begin at the same time.
struct SlidingWindow {
  std::int64_t number = 0;  ///< of the window that `current` is of
  std::int64_t previous = 0;
  std::int64_t current = 0;

  RateVerdict ask(const Rate& rate, std::int64_t now) noexcept {
    move_to(now / rate.window);
    const std::int64_t left = rate.window - now % rate.window;  // of this window
    // What of the window before still counts, rounded up.
    const std::int64_t counted = scaled(previous, rate.window, left);
    RateVerdict verdict;
    verdict.allowed = counted + current < rate.quota;
    if (verdict.allowed) ++current;
    verdict.remaining = static_cast<std::uint64_t>(std::max<std::int64_t>(rate.quota - counted - current, 0));
    verdict.reset = base::Duration(current > 0 ? left + rate.window : left);
    if (!verdict.allowed) verdict.retry_after = base::Duration(wait(rate, left));
    return verdict;
  }

 private:
  void move_to(std::int64_t window) noexcept {
    if (window == number) return;
    previous = window == number + 1 ? current : 0;
    current = 0;
    number = window;
  }
  static std::int64_t scaled(std::int64_t count, std::int64_t window, std::int64_t left) noexcept {
    return static_cast<std::int64_t>((static_cast<Wide>(count) * left + window - 1) / window);
  }
  /// Until so little of the older window counts that one more passes: of the one before, or of this one once it is
  /// that.
  std::int64_t wait(const Rate& rate, std::int64_t left) const noexcept {
    const auto part = [&](std::int64_t room, std::int64_t of) {
      return static_cast<std::int64_t>(static_cast<Wide>(room) * rate.window / of);
    };
    if (current < rate.quota) return left - part(rate.quota - 1 - current, previous);
    return left + rate.window - part(rate.quota - 1, current);
  }
};

}  // namespace rondeau::middleware
