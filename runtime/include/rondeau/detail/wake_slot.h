// WakeSlot: room for one waiter, who may be woken from many threads at once, without a lock.
//
// The waiter stores its wake, then looks at what it waits for; the waker changes that, then looks here. Both are
// sequentially consistent on both sides, so at least one sees the other.
#pragma once

#include <atomic>
#include <cstdint>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

namespace rondeau::detail {

template <class Atomics>
class BasicWakeSlot {
  using Wake = typename Atomics::Wake;

 public:
  constexpr BasicWakeSlot() noexcept = default;
  BasicWakeSlot(const BasicWakeSlot&) = delete;
  BasicWakeSlot& operator=(const BasicWakeSlot&) = delete;
  ~BasicWakeSlot() { clear(); }

  /// By the waiter: leaves a wake. What it waits for must be looked at again afterwards, with seq_cst.
  void set(Wake wake) noexcept { drop(word_.exchange(pack(wake.counted()), std::memory_order_seq_cst)); }

  /// By the waiter: takes its wake back, if it is still there.
  void clear() noexcept {
    // Relaxed: who set it reads its own store, or that of the waker who took it.
    if (word_.load(std::memory_order_relaxed) > kGone) drop(word_.exchange(0, std::memory_order_acq_rel));
  }

  /// By a waker, after it changed what is waited for with seq_cst. False: the waiter is gone for good.
  bool wake() noexcept {
    std::uintptr_t word = word_.load(std::memory_order_seq_cst);
    while (word > kGone) {
      if (word_.compare_exchange_weak(word, 0, std::memory_order_seq_cst)) {
        unpack(word).wake_by_value();
        return true;
      }
    }
    return word != kGone;
  }

  /// By the waiter: nobody will ever wait here again.
  void leave() noexcept { drop(word_.exchange(kGone, std::memory_order_seq_cst)); }

 private:
  static constexpr std::uintptr_t kGone = 1;  // no task has an address below 64

  static std::uintptr_t pack(Wake wake) noexcept { return reinterpret_cast<std::uintptr_t>(wake.task()) | wake.slot(); }
  static Wake unpack(std::uintptr_t word) noexcept {
    return Wake(reinterpret_cast<decltype(Wake().task())>(word & ~std::uintptr_t{63}),
                static_cast<std::uint8_t>(word & 63));
  }
  static void drop(std::uintptr_t word) noexcept {
    if (word > kGone) unpack(word).drop();
  }

  // 0, kGone, or a counted wake. Written by the waiter; taken by whoever exchanges it.
  AtomicOf<Atomics, std::uintptr_t> word_{0};
};

using WakeSlot = BasicWakeSlot<StdAtomics>;

}  // namespace rondeau::detail
