// A mutex of four bytes, for locks there are many of and that are held for a few instructions.
#pragma once

#include <atomic>
#include <cstdint>

namespace rondeau::base {

/// Uncontended: one exchange to lock, one to unlock. Contended: sleeps in the kernel.
template <template <class> class Atomic>
class BasicWordMutex {
 public:
  void lock() noexcept {
    if (try_lock()) return;
    contended_.fetch_add(1, std::memory_order_relaxed);
    // Acquire, as in try_lock(): pairs with the release in unlock().
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
      state_.wait(kContended, std::memory_order_relaxed);
    }
  }
  bool try_lock() noexcept {
    int expected = kFree;
    return state_.compare_exchange_strong(expected, kLocked, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() noexcept {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) [[unlikely]] wake_one();
  }
  /// How often lock() found one of them taken, in the whole process.
  static std::uint64_t contended() noexcept { return contended_.load(std::memory_order_relaxed); }

 private:
  /// Apart: what it needs is not computed where nobody waits.
  [[gnu::noinline]] void wake_one() noexcept { state_.notify_one(); }

  static constexpr int kFree = 0;
  static constexpr int kLocked = 1;
  static constexpr int kContended = 2;  ///< locked, and somebody may sleep
  static inline std::atomic<std::uint64_t> contended_{0};
  Atomic<int> state_{kFree};
};

using WordMutex = BasicWordMutex<std::atomic>;

}  // namespace rondeau::base
