// Fast random numbers for fair orders; not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondeau::detail {

/// Spreads the bits of a seed; never 0.
constexpr std::uint64_t mix_seed(std::uint64_t seed) noexcept {
  seed += 0x9e3779b97f4a7c15;
  seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9;
  seed = (seed ^ seed >> 27) * 0x94d049bb133111eb;
  seed ^= seed >> 31;
  return seed == 0 ? 1 : seed;
}

/// xorshift64*; `state` is not 0.
constexpr std::uint64_t next_random(std::uint64_t& state) noexcept {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1d >> 16;
}

/// The generator behind random_below() on this thread.
void seed_thread_random(std::uint64_t seed) noexcept;
/// Returns the state before; 0: begins with a seed of the kernel's.
std::uint64_t exchange_thread_random(std::uint64_t state) noexcept;

/// In [0, limit); by this thread's generator, which outside a runtime begins with a seed of the kernel's.
std::size_t random_below(std::size_t limit) noexcept;

}  // namespace rondeau::detail
