#include <rondeau/detail/crowd.h>

namespace rondeau::detail {

void Crowd::leave(WaitNode& node) noexcept {
  if (!node.chosen()) {
    const std::lock_guard lock(mutex_);
    if (node.linked()) WaitList::remove(node);
  }
  node.set(WaitNode::Idle);
}

void Crowd::wake_everyone() noexcept {
  WaitList told;
  for (bool first = true, done = false; !done; first = false) {
    WakeBatch batch;
    {
      const std::lock_guard lock(mutex_);
      if (first) {
        told.append(waiters_);
        anyone_.store(false, std::memory_order_relaxed);  // who joins sets it again, under the lock
      }
      told.choose_into(batch);
      done = told.empty();
    }
    batch.wake_all();
  }
}

}  // namespace rondeau::detail
