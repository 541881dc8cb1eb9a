// TokenBucket: so many at once, so many a second.
#pragma once

#include <algorithm>
#include <chrono>

#include <rondeau/base/instant.h>

namespace rondeau::http2 {

class TokenBucket {
 public:
  TokenBucket(double burst, double per_second) noexcept : burst_(burst), per_second_(per_second), level_(burst) {}

  /// False: there is none left.
  bool take(Instant now) noexcept {
    // Before the first one it is full.
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    level_ = std::min(burst_, level_ + seconds * per_second_);
    filled_ = now;
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }
  /// As many more may be taken, now.
  void add(double tokens) noexcept { level_ = std::min(burst_, level_ + tokens); }

 private:
  double burst_;
  double per_second_;
  double level_;
  Instant filled_ = Instant();
};

}  // namespace rondeau::http2
