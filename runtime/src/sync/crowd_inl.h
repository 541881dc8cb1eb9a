// The inside of crowd.h.
#pragma once

#include <rondeau/detail/crowd.h>

#include <mutex>

namespace rondeau::detail {

template <class Atomics>
void BasicCrowd<Atomics>::leave(Node& node) noexcept {
  if (!node.chosen()) {
    const std::lock_guard lock(mutex_);
    if (node.linked()) BasicWaitList<Atomics>::remove(node);
  }
  node.set(Node::Idle);
}

template <class Atomics>
void BasicCrowd<Atomics>::wake_everyone() noexcept {
  BasicWaitList<Atomics> told;
  for (bool first = true, done = false; !done; first = false) {
    BasicWakeBatch<Atomics> batch;
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
