// Backoff: how long to wait before the next attempt.
#pragma once

#include <chrono>

#include <rondeau/base/instant.h>

namespace rondeau::connect {

/// Exponential, with full jitter: attempt n waits for a random time between zero and min(cap, base · 2ⁿ), so that many
/// who failed together do not come back together.
///
/// Random numbers are the current driver's, so a simulation repeats them. Thread safety: as for an int.
struct Backoff {
  Duration base = std::chrono::milliseconds(50);
  Duration cap = std::chrono::seconds(5);

  /// The longest wait before attempt `n`; the first retry is 0.
  Duration ceiling(unsigned n) const noexcept;
  /// The wait before attempt `n`.
  Duration delay(unsigned n) const noexcept;
};

}  // namespace rondeau::connect
