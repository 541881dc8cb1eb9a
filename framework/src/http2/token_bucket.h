// TokenBucket: so many at once, so many a second.
#pragma once

#include <algorithm>
#include <chrono>

#include <rondeau/base/instant.h>

namespace rondeau::http2 {

class TokenBucket {
 public:
  TokenBucket(double burst, double per_second) noexcept : burst_(burst), per_second_(per_second), level_(burst) {}

  /// False: there are not so many left; none is taken.
  bool take(Instant now, double tokens = 1) noexcept {
    // Before the first one it is full.
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    level_ = std::min(burst_, level_ + seconds * per_second_);
    filled_ = now;
    if (level_ < tokens) return false;
    level_ -= tokens;
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
