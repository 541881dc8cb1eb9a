// What a descriptor is ready for, and who waits for more.
//
// The word: 16 bits ready, 15 bits tick, shutdown bit. Turns set bits and move the tick on, callers clear bits, but
// only while the tick is the one they saw: an edge that came between a call and its clear is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/registration.h>
#include <rondeau/detail/waiter.h>

#include "base/word_mutex.h"

namespace rondeau::reactor {

inline constexpr std::uint32_t kReadyBits = 0xffff;

template <class Atomics, class Mutex = base::BasicWordMutex<Atomics::template Atomic>>
class BasicReadiness {
  using Waiter = detail::BasicWaiter<Atomics>;

 public:
  /// Before anybody knows the record.
  void begin(std::uint32_t ready) noexcept { word_.store(ready & kReadyBits, std::memory_order_relaxed); }
  /// Acquire: pairs with merge().
  std::uint32_t load() const noexcept { return word_.load(std::memory_order_acquire); }
  bool waited_for() const noexcept { return !waiters_.empty(); }

  /// The turn's half of the protocol: bits in, tick on.
  void merge(std::uint32_t bits) noexcept {
    std::uint32_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint32_t next = (now & ~kTickBits) | ((now + kTickOne) & kTickBits) | bits;
      // Release: pairs with the loads of callers. What the event tells is in the kernel, the order matters for
      // shutdown.
      if (word_.compare_exchange_weak(now, next, std::memory_order_acq_rel, std::memory_order_relaxed)) return;
    }
  }
  /// After merge().
  void wake_waiters(std::uint32_t ready) noexcept {
    for (bool more = true; more;) {
      // Mostly one waits, two where reading and writing are split.
      detail::BasicWakeBatch<Atomics, 4> batch;
      {
        const std::lock_guard lock(lock_);
        more = waiters_.take(ready, batch);
      }
      batch.wake_all();
    }
  }

  /// The caller met the end of `bits`, which it relied on when the tick was `tick`.
  void clear(std::uint32_t bits, std::uint32_t tick) noexcept {
    bits &= kReadyBits;
    std::uint32_t now = word_.load(std::memory_order_relaxed);
    while ((now & kTickBits) == tick << 16 && (now & bits) != 0) {
      if (word_.compare_exchange_weak(now, now & ~bits, std::memory_order_acq_rel, std::memory_order_relaxed)) return;
    }
  }

  /// False: ready for its interest already, or shutting down.
  bool start_wait(Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    // A turn merges before it takes the lock: what it brings is seen here, or it finds the waiter.
    const std::uint32_t now = word_.load(std::memory_order_acquire);
    if ((now & (waiter.interest | detail::kShutdownBit)) != 0) return false;
    waiters_.link(waiter);
    return true;
  }
  void end_wait(Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if (waiter.linked()) waiters_.unlink(waiter);
  }

 private:
  static constexpr std::uint32_t kTickOne = 1u << 16;
  static constexpr std::uint32_t kTickBits = 0x7fffu << 16;

  detail::AtomicOf<Atomics, std::uint32_t> word_{0};
  Mutex lock_;  ///< guards waiters_
  detail::BasicWaiterList<Atomics> waiters_;
};

}  // namespace rondeau::reactor
