// Chance: how an unkind network cuts bytes into pieces, the same for the same seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rondeau::testing {

/// Thread safety: one thread.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) noexcept : state_(seed) {}

  /// How many of `size` bytes pass at once: often all, often a few; at least 1, and none only of none.
  std::size_t piece(std::size_t size) noexcept {
    if (size < 2 || next() % 2 == 0) return size;
    // As many short ones as long ones, by magnitude.
    const std::size_t most = size >> (next() % 16);
    return 1 + next() % std::max<std::size_t>(most, 1);
  }
  /// Nothing passes for now. Never twice in a row, so that all comes to an end.
  bool puts_off() noexcept { return put_off_ = !put_off_ && next() % 8 == 0; }

 private:
  // splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t next() noexcept {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  std::uint64_t state_;
  bool put_off_ = false;
};

}  // namespace rondeau::testing
