// Alarm: one timer for the many deadlines of a task, one after another.
#pragma once

#include <rondeau/base/instant.h>
#include <rondeau/detail/header.h>
#include <rondeau/detail/timer_entry.h>

namespace rondeau::time {

/// For deadlines that move all the time and are hardly ever reached, such as those of a connection.
///
/// The timer stays armed between waits, for an earlier deadline than the present one; where it goes off too early it is
/// armed anew. So a later deadline costs no timer call, and a task that waits often is woken early now and then.
/// One task at a time. Lifetime: ends before its task, or leave() does.
class Alarm {
 public:
  Alarm() noexcept = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() {
    if (entry_.armed()) detail::cancel_timer(entry_);
  }

  /// For awaiters: has the deadline passed? Where not, the strand will be woken by then at the latest.
  bool passed(base::Instant deadline, const detail::Strand& strand) noexcept {
    if (entry_.armed() && armed_for_ <= deadline) {
      const detail::Wake wake = strand.wake();
      if (entry_.wakes(wake) || (!entry_.awaited() && entry_.attach(wake))) return false;
    }
    return look(deadline, strand);
  }
  /// The task that waited will wait no more; another one may. The timer stays armed.
  void leave() noexcept {
    if (entry_.awaited()) entry_.detach();
  }

 private:
  bool look(base::Instant deadline, const detail::Strand& strand) noexcept;

  detail::TimerEntry entry_;
  base::Instant armed_for_;  ///< meaningful while armed
};

}  // namespace rondeau::time
