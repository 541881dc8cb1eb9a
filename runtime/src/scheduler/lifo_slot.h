// Room for the task that a worker runs next. The owner puts and takes; a search's last pass takes too.
#pragma once

#include <atomic>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

namespace rondeau::scheduler {

template <class Atomics, class Task = detail::Header>
class BasicLifoSlot {
 public:
  /// Owner only. Returns the task that was there, for the queue's back.
  Task* put(Task* task) noexcept {
    // Only the owner fills the slot, so an empty one stays empty. Release: the thief that takes the task sees it.
    if (task_.load(std::memory_order_relaxed) == nullptr) return task_.store(task, std::memory_order_release), nullptr;
    // Acquire: pairs with the thief's exchange.
    return task_.exchange(task, std::memory_order_acq_rel);
  }
  /// Any thread.
  Task* take() noexcept {
    if (task_.load(std::memory_order_relaxed) == nullptr) return nullptr;  // a thief may only empty it
    return task_.exchange(nullptr, std::memory_order_acq_rel);
  }
  bool empty() const noexcept { return task_.load(std::memory_order_acquire) == nullptr; }

 private:
  detail::AtomicOf<Atomics, Task*> task_{nullptr};
};

using LifoSlot = BasicLifoSlot<detail::StdAtomics>;

}  // namespace rondeau::scheduler
