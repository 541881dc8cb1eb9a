#include <rondeau/detail/event.h>

namespace rondeau::detail {

void Event::happen() noexcept {
  WaitList told;
  for (bool first = true, done = false; !done; first = false) {
    WakeBatch batch;
    {
      const std::lock_guard lock(mutex_);
      if (first) {
        happened_.store(true, std::memory_order_release);  // pairs with happened()
        told.append(waiters_);
      }
      told.choose_into(batch);
      done = told.empty();
    }
    batch.wake_all();
  }
}

bool Event::enqueue(WaitNode& node, Wake wake) noexcept {
  const std::lock_guard lock(mutex_);
  if (happened_.load(std::memory_order_relaxed)) return false;
  node.wake = wake;
  if (node.idle()) waiters_.push_back(node);
  return true;
}

void Event::leave(WaitNode& node) noexcept {
  if (!node.chosen()) {
    const std::lock_guard lock(mutex_);
    if (node.linked()) WaitList::remove(node);
  }
  node.set(WaitNode::Idle);
}

}  // namespace rondeau::detail
