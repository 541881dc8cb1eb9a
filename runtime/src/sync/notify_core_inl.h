// The inside of notify_core.h.
#pragma once

#include <rondeau/detail/notify_core.h>

#include <mutex>

namespace rondeau::detail {

template <class Atomics>
bool BasicNotifyCore<Atomics>::try_take(Node& node, std::size_t created) noexcept {
  std::size_t now = word_.load(std::memory_order_acquire);  // pairs with notify() and notify_waiters()
  for (;;) {
    if (now / kRound != created) {
      node.by = Node::By::All;
      break;
    }
    if ((now & kStates) != kPermit) return false;
    if (word_.compare_exchange_weak(now, now & ~kPermit, std::memory_order_acquire)) {
      node.by = Node::By::One;
      break;
    }
  }
  node.set(Node::Chosen);
  return true;
}

template <class Atomics>
bool BasicNotifyCore<Atomics>::enqueue(Node& node, std::size_t created, typename Atomics::Wake wake) noexcept {
  const std::lock_guard lock(mutex_);
  if (!node.idle()) {
    node.wake = wake;
    return node.linked();
  }
  for (;;) {
    if (try_take(node, created)) return false;
    // Neither notified nor a permit. A stored one may come until Waiting is set.
    std::size_t now = created * kRound;
    const bool first = waiters_.empty();
    if (!first || word_.compare_exchange_strong(now, now | kWaiting, std::memory_order_acq_rel)) {
      node.wake = wake;
      waiters_.push_back(node);
      return true;
    }
  }
}

template <class Atomics>
void BasicNotifyCore<Atomics>::notify(typename Node::By how) noexcept {
  std::size_t now = word_.load(std::memory_order_relaxed);
  while ((now & kWaiting) == 0) {
    // Same value where a permit is stored, but a write: what the notifier did before is seen by who takes the permit.
    if (word_.compare_exchange_weak(now, now | kPermit, std::memory_order_acq_rel)) return;
  }
  typename Atomics::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) {
      word_.fetch_or(kPermit, std::memory_order_acq_rel);
      return;
    }
    Node& node = static_cast<Node&>(how == Node::By::Last ? waiters_.back() : waiters_.front());
    BasicWaitList<Atomics>::remove(node);
    if (waiters_.empty()) word_.fetch_and(~kWaiting, std::memory_order_acq_rel);
    node.by = how;
    wake = node.choose();
  }
  if (wake) wake.wake_by_value();
}

template <class Atomics>
void BasicNotifyCore<Atomics>::notify_waiters() noexcept {
  BasicWaitList<Atomics> told;
  for (bool first = true, done = false; !done; first = false) {
    BasicWakeBatch<Atomics> batch;
    {
      const std::lock_guard lock(mutex_);
      if (first) {
        // A stored permit stays; from here on those created before count as notified.
        const std::size_t before = word_.fetch_add(kRound, std::memory_order_acq_rel);
        if ((before & kWaiting) != 0) word_.fetch_and(~kWaiting, std::memory_order_acq_rel);
        told.append(waiters_);
      }
      while (!told.empty() && !batch.full()) {
        Node& node = static_cast<Node&>(told.front());
        BasicWaitList<Atomics>::remove(node);
        node.by = Node::By::All;
        if (const auto wake = node.choose(); wake) batch.add(wake);
      }
      done = told.empty();
    }
    batch.wake_all();
  }
}

template <class Atomics>
void BasicNotifyCore<Atomics>::leave(Node& node) noexcept {
  bool passes_on = node.chosen();
  if (!passes_on) {
    const std::lock_guard lock(mutex_);
    if (node.linked()) {
      BasicWaitList<Atomics>::remove(node);
      if (waiters_.empty()) word_.fetch_and(~kWaiting, std::memory_order_acq_rel);
    } else {
      passes_on = true;
    }
  }
  node.set(Node::Idle);
  if (passes_on && node.by != Node::By::All) notify(node.by);
}

}  // namespace rondeau::detail
