// The one source of chance of a world.
#pragma once

#include <cstdint>

#include <rondeau/base/instant.h>

#include "task/random.h"

namespace rondeau::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(detail::mix_seed(seed)) {}

  /// 48 bits.
  std::uint64_t next() noexcept { return detail::next_random(state_); }
  /// In [0, limit); limit is not 0.
  std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }
  /// What never happens draws nothing: a run is the same with or without the faults that are off.
  bool chance(double probability) noexcept {
    return probability > 0 && static_cast<double>(next()) < probability * static_cast<double>(std::uint64_t{1} << 48);
  }
  Duration between(Duration least, Duration most) noexcept {
    return most <= least ? least : least + Duration(below(static_cast<std::uint64_t>((most - least).count()) + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace rondeau::sim
