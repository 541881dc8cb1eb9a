// The user's side of a timer.
#include <rondeau/detail/timer_entry.h>

#include <rondeau/detail/scheduler.h>

#include "timer/wheel_inl.h"

namespace rondeau::detail {

template class BasicTimerEntry<StdAtomics>;

bool arm_timer(TimerEntry& entry, base::Instant deadline, Wake wake, Scheduler& scheduler) noexcept {
  return scheduler.wheel().arm(entry, deadline, wake);
}

void cancel_timer(TimerEntry& entry) noexcept { entry.cancel(); }

void move_timer(TimerEntry& entry, base::Instant deadline) noexcept { entry.move_to(deadline); }

}  // namespace rondeau::detail
