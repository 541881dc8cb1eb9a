#include <rondeau/time/sleep.h>

namespace rondeau::time {

bool Sleep::wait(detail::Wake wake, detail::Scheduler& scheduler) noexcept {
  if (entry_.armed()) return entry_.attach(wake);
  return detail::arm_timer(entry_, deadline_, wake, scheduler);
}

void Sleep::unwait(bool kept) noexcept {
  if (kept) {
    entry_.detach();
  } else {
    detail::cancel_timer(entry_);
  }
}

void Sleep::reset(base::Instant deadline) noexcept {
  deadline_ = deadline;
  due_ = false;
  if (entry_.extend(deadline)) return;
  if (entry_.awaited()) {
    detail::move_timer(entry_, deadline);
  } else {
    detail::cancel_timer(entry_);  // armed at the next await
  }
}

}  // namespace rondeau::time
