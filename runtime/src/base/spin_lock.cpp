#include "base/spin_lock.h"

#include <chrono>
#include <thread>

namespace rondeau::base {
namespace {

constexpr int kSpins = 64;
constexpr int kYields = 64;

}  // namespace

void SpinLock::lock_slowly() noexcept {
  for (int tries = 0;; ++tries) {
    if (tries >= kSpins + kYields) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    } else if (tries >= kSpins) {
      std::this_thread::yield();
    }
    // Acquire: as in lock().
    if (!taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire)) return;
  }
}

}  // namespace rondeau::base
