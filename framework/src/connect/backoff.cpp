#include <rondeau/connect/backoff.h>

#include <algorithm>

#include "connect/random.h"

namespace rondeau::connect {

Duration Backoff::ceiling(unsigned n) const noexcept {
  Duration longest = std::min(base, cap);
  for (; n > 0 && longest < cap && longest > Duration::zero(); --n) {
    longest = longest > cap / 2 ? cap : longest * 2;
  }
  return std::max(longest, Duration::zero());
}

Duration Backoff::delay(unsigned n) const noexcept {
  return Duration(static_cast<Duration::rep>(static_cast<double>(ceiling(n).count()) * random_fraction()));
}

}  // namespace rondeau::connect
