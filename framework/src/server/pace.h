// Pace: how long a peer may keep us waiting.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/http/limits.h>

namespace rondeau::server {

/// Bounds every single wait, and the speed over all of them. Only time spent waiting counts.
class Pace {
 public:
  Pace(std::chrono::milliseconds stall, const std::optional<http::MinimumRate>& rate) noexcept
      : stall_(stall), rate_(rate) {}

  void waited(Duration time) noexcept { waited_ += time; }
  void moved(std::size_t bytes) noexcept { moved_ += bytes; }

  /// How long the next wait may take; not positive: the peer is too slow.
  Duration patience() const noexcept {
    if (!rate_ || rate_->bytes_per_second == 0) return stall_;
    const Duration earned = std::chrono::milliseconds(moved_ * 1000 / rate_->bytes_per_second);
    return std::min<Duration>(stall_, std::max<Duration>(rate_->grace, earned) - waited_);
  }

 private:
  Duration stall_;
  std::optional<http::MinimumRate> rate_;
  Duration waited_{};
  std::size_t moved_ = 0;
};

}  // namespace rondeau::server
