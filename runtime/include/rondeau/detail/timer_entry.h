// A timer as its wheel sees it: linked into the wheel while armed. Lives in the awaiter that waits, or in a Sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <rondeau/base/instant.h>
#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

namespace rondeau::timer {
template <class Atomics>
class BasicWheel;
}

namespace rondeau::detail {

/// A place in a circular list of timers.
template <class Atomics>
struct BasicTimerLink {
  PlainOf<Atomics, BasicTimerLink*> previous{nullptr};
  PlainOf<Atomics, BasicTimerLink*> next{nullptr};
};

/// One user at a time, who alone arms, extends and cancels; the wheel fires it, under its lock.
template <class Atomics>
class BasicTimerEntry : private BasicTimerLink<Atomics> {
  using Wake = typename Atomics::Wake;
  using Wheel = timer::BasicWheel<Atomics>;

 public:
  BasicTimerEntry() noexcept = default;
  BasicTimerEntry(const BasicTimerEntry&) = delete;
  BasicTimerEntry& operator=(const BasicTimerEntry&) = delete;

  /// Acquire: pairs with the wheel's firing; afterwards the wheel does not touch the entry.
  bool fired() const noexcept { return state_.load(std::memory_order_acquire) == kFired; }
  /// In a wheel, or about to fire there.
  bool armed() const noexcept { return state_.load(std::memory_order_acquire) < kFired; }
  /// Somebody waits for it.
  bool awaited() const noexcept { return static_cast<bool>(wake_.load(std::memory_order_relaxed)); }

  bool wakes(Wake wake) const noexcept { return wake_.load(std::memory_order_relaxed) == wake; }

  /// Moves an armed timer to a later deadline without its wheel, which finds out when it gets there. False: it is not
  /// armed, or the new deadline is earlier.
  bool extend(base::Instant deadline) noexcept;

  /// Whom to wake from now on. False: fired meanwhile, nobody will be woken.
  bool attach(Wake wake) noexcept;
  /// Nobody is woken from now on; the timer stays in its wheel.
  void detach() noexcept;

  /// Takes it out of its wheel and makes it idle; afterwards it does not fire and nobody waits for it.
  void cancel() noexcept;
  /// Another deadline, armed or fired; whoever waits for it goes on waiting.
  void move_to(base::Instant deadline) noexcept;

 private:
  friend class timer::BasicWheel<Atomics>;

  // The state is the due tick while armed, or one of these.
  static constexpr std::uint64_t kFired = std::numeric_limits<std::uint64_t>::max() - 1;
  static constexpr std::uint64_t kIdle = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t kFiring = kFired - 1;

  // What the wheel touches stands together, next to the links.
  AtomicOf<Atomics, std::uint64_t> state_{kIdle};  ///< written by the user and, when it is due, by the wheel
  AtomicOf<Atomics, Wake> wake_{};                 ///< written by the user, read by the wheel; null: nobody waits
  Wheel* wheel_ = nullptr;                         ///< the last home; the user's
  PlainOf<Atomics, std::uint16_t> place_{0};       ///< in which of the wheel's lists; under the wheel's lock
};

using TimerEntry = BasicTimerEntry<StdAtomics>;
extern template class BasicTimerEntry<StdAtomics>;

/// Arms an idle or fired entry on the wheel of the current thread. False: it is due already, and counts as fired.
bool arm_timer(TimerEntry& entry, base::Instant deadline, Wake wake, Scheduler& scheduler) noexcept;
/// Takes it out of its wheel and makes it idle; afterwards it does not fire and nobody waits for it.
void cancel_timer(TimerEntry& entry) noexcept;
/// Gives an awaited timer, armed or fired, another deadline; whoever waits for it goes on waiting.
void move_timer(TimerEntry& entry, base::Instant deadline) noexcept;

}  // namespace rondeau::detail
