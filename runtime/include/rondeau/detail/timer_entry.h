// A timer as its wheel sees it: linked into the wheel while armed. Lives in the awaiter that waits, or in a Sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <rondeau/base/instant.h>
#include <rondeau/detail/header.h>

namespace rondeau::timer {
class Wheel;
}

namespace rondeau::detail {

/// A place in a circular list of timers.
struct TimerLink {
  TimerLink* previous = nullptr;
  TimerLink* next = nullptr;
};

/// One user at a time, who alone arms, extends and cancels; the wheel fires it, under its lock.
class TimerEntry : private TimerLink {
 public:
  TimerEntry() noexcept = default;
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;

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

 private:
  friend class timer::Wheel;
  friend void cancel_timer(TimerEntry& entry) noexcept;
  friend void move_timer(TimerEntry& entry, base::Instant deadline) noexcept;

  // The state is the due tick while armed, or one of these.
  static constexpr std::uint64_t kFired = std::numeric_limits<std::uint64_t>::max() - 1;
  static constexpr std::uint64_t kIdle = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t kFiring = kFired - 1;

  // What the wheel touches stands together, next to the links.
  std::atomic<std::uint64_t> state_{kIdle};  ///< written by the user and, when it is due, by the wheel
  std::uint16_t place_ = 0;                  ///< in which of the wheel's lists; under the wheel's lock
  std::atomic<Wake> wake_{};                 ///< written by the user, read by the wheel; null: nobody waits
  timer::Wheel* wheel_ = nullptr;            ///< the last home; the user's
};

/// Arms an idle or fired entry on the wheel of the current thread. False: it is due already, and counts as fired.
bool arm_timer(TimerEntry& entry, base::Instant deadline, Wake wake, Scheduler& scheduler) noexcept;
/// Takes it out of its wheel and makes it idle; afterwards it does not fire and nobody waits for it.
void cancel_timer(TimerEntry& entry) noexcept;
/// Gives an awaited timer, armed or fired, another deadline; whoever waits for it goes on waiting.
void move_timer(TimerEntry& entry, base::Instant deadline) noexcept;

}  // namespace rondeau::detail
