// How a plain thread waits at an awaiter: the blocking_* variants.
#pragma once

#include <source_location>
#include <type_traits>

#include <rondeau/detail/leaf.h>

namespace rondeau::detail {

/// Aborts where a task runs: waiting there would stop its worker.
void refuse_to_block_a_worker(std::source_location where);

/// Stands in for a task: who wakes it unparks this thread.
class ThreadWaiter {
 public:
  ThreadWaiter();
  ThreadWaiter(const ThreadWaiter&) = delete;
  ThreadWaiter& operator=(const ThreadWaiter&) = delete;
  ~ThreadWaiter();

  Strand& strand() noexcept { return task_->root; }
  /// Returns when the leaf is ready.
  void park(Leaf& leaf) noexcept;

 private:
  Header* task_;  // counted, since wakes may come late
};

/// Waits on this thread until the awaiter has its result.
template <class A>
decltype(auto) wait_on_thread(A&& awaiter, std::source_location where) {
  refuse_to_block_a_worker(where);
  if (!awaiter.try_now()) {
    ThreadWaiter waiter;
    awaiter.strand = &waiter.strand();
    if (awaiter.enqueue()) waiter.park(awaiter);
    // A wake may still be on its way to this thread; the waiter's count covers it.
    awaiter.strand = nullptr;  // which goes here
  }
  return awaiter.await_resume();
}

}  // namespace rondeau::detail
