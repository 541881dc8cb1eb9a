#include "task/current.h"

#include <atomic>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>

namespace rondeau::detail {
namespace {

thread_local Scheduler* scheduler_of_thread = nullptr;

}  // namespace

constinit thread_local Header* task_of_thread = nullptr;
constinit thread_local Header* part_of_thread = nullptr;

// None of these may be inlined into a coroutine: its frame may go on on another thread, and a compiler may keep the
// address of a thread-local across the suspension.
[[gnu::noinline]] Scheduler* current_scheduler() noexcept { return scheduler_of_thread; }

[[gnu::noinline]] Scheduler& require_scheduler() {
  if (scheduler_of_thread == nullptr) {
    base::fail("there is no runtime on this thread; use rondeau::run(...), Runtime::block_on(...) or Handle::enter()");
  }
  return *scheduler_of_thread;
}

[[gnu::noinline]] Scheduler* set_current_scheduler(Scheduler* scheduler) noexcept {
  Scheduler* before = scheduler_of_thread;
  scheduler_of_thread = scheduler;
  base::set_current_driver(scheduler != nullptr ? &scheduler->driver() : nullptr);
  return before;
}

[[gnu::noinline]] Header* current_task() noexcept { return task_of_thread; }

[[gnu::noinline]] std::uint64_t next_task_id() noexcept {
  static constexpr std::uint64_t kBlock = 1024;
  // Relaxed: only uniqueness counts.
  static std::atomic<std::uint64_t> blocks{0};
  thread_local std::uint64_t next = 0;
  thread_local std::uint64_t left = 0;
  if (left == 0) {
    next = blocks.fetch_add(kBlock, std::memory_order_relaxed) + 1;
    left = kBlock;
  }
  --left;
  return next++;
}

}  // namespace rondeau::detail
