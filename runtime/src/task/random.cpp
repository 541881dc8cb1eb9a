#include "task/random.h"

#include <utility>

#include <rondeau/base/driver.h>

namespace rondeau::detail {
namespace {

thread_local std::uint64_t state_of_thread = 0;

}  // namespace

[[gnu::noinline]] void seed_thread_random(std::uint64_t seed) noexcept { state_of_thread = mix_seed(seed); }

[[gnu::noinline]] std::uint64_t exchange_thread_random(std::uint64_t state) noexcept {
  return std::exchange(state_of_thread, state);
}

[[gnu::noinline]] std::size_t random_below(std::size_t limit) noexcept {
  if (state_of_thread == 0) {
    std::uint64_t seed = 0;
    base::kernel_driver().random(std::as_writable_bytes(std::span(&seed, 1)));
    state_of_thread = mix_seed(seed);
  }
  return next_random(state_of_thread) % limit;
}

}  // namespace rondeau::detail
