#include <rondeau/time/alarm.h>

#include <rondeau/detail/scheduler.h>

namespace rondeau::time {

bool Alarm::look(base::Instant deadline, const detail::Strand& strand) noexcept {
  if (base::Instant::now() >= deadline) return true;
  detail::cancel_timer(entry_);
  armed_for_ = deadline;
  return !detail::arm_timer(entry_, deadline, strand.wake(), *strand.task->scheduler);
}

}  // namespace rondeau::time
