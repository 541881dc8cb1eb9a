// ControlBudget: how many control frames a peer may send. A bucket that fills with time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <rondeau/base/instant.h>

namespace rondeau::websocket {

class ControlBudget {
 public:
  ControlBudget(std::size_t burst, std::size_t per_second) noexcept
      : burst_(static_cast<double>(burst)), per_second_(static_cast<double>(per_second)), left_(burst_) {}

  /// Takes one. False: none is left.
  bool take(Instant now) noexcept {
    if (counted_from_ < now) {
      const std::chrono::duration<double> passed = now - counted_from_;
      left_ = std::min(burst_, left_ + passed.count() * per_second_);
    }
    counted_from_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double burst_;
  double per_second_;
  double left_;
  Instant counted_from_;
};

}  // namespace rondeau::websocket
