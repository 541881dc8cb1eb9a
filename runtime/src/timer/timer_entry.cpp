// The user's side of a timer.
#include <rondeau/detail/timer_entry.h>

#include <rondeau/detail/scheduler.h>

#include "timer/wheel.h"

namespace rondeau::detail {

bool TimerEntry::extend(base::Instant deadline) noexcept {
  const std::uint64_t tick = timer::Wheel::ceil_tick(deadline);
  std::uint64_t due = state_.load(std::memory_order_relaxed);
  // Relaxed: the word says it all.
  while (due < kFiring && tick >= due) {
    if (state_.compare_exchange_weak(due, tick, std::memory_order_relaxed)) return true;
  }
  return false;
}

bool TimerEntry::attach(Wake wake) noexcept {
  // seq_cst on both: see Wheel::fire().
  wake_.store(wake, std::memory_order_seq_cst);
  return state_.load(std::memory_order_seq_cst) < kFiring;
}

void TimerEntry::detach() noexcept {
  wake_.store(Wake(), std::memory_order_seq_cst);
  if (state_.load(std::memory_order_seq_cst) == kFiring) wheel_->settle();
}

bool arm_timer(TimerEntry& entry, base::Instant deadline, Wake wake, Scheduler& scheduler) noexcept {
  return scheduler.wheel().arm(entry, deadline, wake);
}

void cancel_timer(TimerEntry& entry) noexcept {
  if (entry.armed()) {
    entry.wheel_->cancel(entry);
  } else {
    entry.state_.store(TimerEntry::kIdle, std::memory_order_relaxed);
  }
  entry.wake_.store(Wake(), std::memory_order_relaxed);
}

void move_timer(TimerEntry& entry, base::Instant deadline) noexcept {
  const Wake wake = entry.wake_.load(std::memory_order_relaxed);
  timer::Wheel& home = *entry.wheel_;
  cancel_timer(entry);
  if (!home.arm(entry, deadline, wake)) wake.wake_by_reference();
}

}  // namespace rondeau::detail
