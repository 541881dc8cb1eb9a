// Lets a thread sleep until somebody unparks it; an unpark before the sleep is remembered.
#pragma once

#include <atomic>

#include <rondeau/detail/atomics.h>

namespace rondeau::scheduler {

/// The state; how the thread sleeps (a reactor turn) is the caller's.
template <class Atomics>
class BasicParker {
 public:
  /// Before sleeping. False: a notification was waiting, do not sleep.
  bool prepare() noexcept {
    int expected = kEmpty;
    if (state_.compare_exchange_strong(expected, kParked, std::memory_order_acq_rel)) return true;
    state_.exchange(kEmpty, std::memory_order_acq_rel);  // pairs with unpark: its writes are seen
    return false;
  }
  /// After sleeping, whatever ended it.
  void finish() noexcept { state_.exchange(kEmpty, std::memory_order_acq_rel); }  // pairs with unpark
  /// Between prepare() and finish(): somebody has unparked it since. Acquire: pairs with unpark.
  bool is_notified() const noexcept { return state_.load(std::memory_order_acquire) == kNotified; }
  /// True: the thread sleeps and must be woken.
  bool unpark() noexcept { return state_.exchange(kNotified, std::memory_order_acq_rel) == kParked; }

 private:
  static constexpr int kEmpty = 0, kParked = 1, kNotified = 2;
  detail::AtomicOf<Atomics, int> state_{kEmpty};
};

using Parker = BasicParker<detail::StdAtomics>;

}  // namespace rondeau::scheduler
