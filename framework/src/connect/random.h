// Random numbers of the current driver, so that a simulation repeats them.
#pragma once

#include <cstdint>
#include <span>

#include <rondeau/base/current_driver.h>

namespace rondeau::connect {

inline std::uint64_t random_word() noexcept {
  std::uint64_t word = 0;
  base::current_driver().random(std::as_writable_bytes(std::span(&word, 1)));
  return word;
}

/// In [0, 1).
inline double random_fraction() noexcept {
  return static_cast<double>(random_word() >> 11) * 0x1.0p-53;
}

}  // namespace rondeau::connect
