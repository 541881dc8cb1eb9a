// A lock of one byte, for a few instructions of which nearly always the same thread does them.
#pragma once

#include <atomic>

namespace rondeau::base {

/// Uncontended: one exchange to lock, a plain store to unlock; half of what a mutex costs that must know its sleepers.
/// Contended: spins for a moment, then lets others run, then sleeps for a moment at a time, since whoever has it may have
/// been put off its core.
class SpinLock {
 public:
  void lock() noexcept {
    // Acquire: pairs with the release in unlock().
    if (!taken_.exchange(true, std::memory_order_acquire)) [[likely]] return;
    lock_slowly();
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  void lock_slowly() noexcept;

  std::atomic<bool> taken_{false};
};

}  // namespace rondeau::base
