// Bell: says that something has changed, to those who would otherwise only see it at their next look.
#pragma once

#include <rondeau/sync/notify.h>

namespace jobs {

/// One task waits for each. A ring that comes while it is busy is not lost; several are one. Thread safety: any thread.
class Bell {
 public:
  /// A job may be taken, or will be at another time than before.
  void ring_work() noexcept { work_.notify_one(); }
  void ring_events() noexcept { events_.notify_one(); }
  void ring_crons() noexcept { crons_.notify_one(); }

  rondeau::sync::Notify::Notified work() noexcept { return work_.notified(); }
  rondeau::sync::Notify::Notified events() noexcept { return events_.notified(); }
  rondeau::sync::Notify::Notified crons() noexcept { return crons_.notified(); }

 private:
  rondeau::sync::Notify work_;
  rondeau::sync::Notify events_;
  rondeau::sync::Notify crons_;
};

}  // namespace jobs
