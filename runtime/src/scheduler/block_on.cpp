#include "scheduler/block_on.h"

namespace rondeau::scheduler {

void BlockOn::drive(detail::Header* root) {
  for (;;) {
    detail::run_task(root);
    if (root->state.is_complete()) return;
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return notified_; });
    notified_ = false;
  }
}

void BlockOn::submit(detail::Header*, detail::Submit) noexcept {
  // Notified under the lock: once it is released this object may be gone.
  const std::lock_guard lock(mutex_);
  notified_ = true;
  woken_.notify_one();
}

}  // namespace rondeau::scheduler
