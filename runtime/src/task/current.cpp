#include "task/current.h"

#include <atomic>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>
#include <rondeau/detail/leaf.h>

namespace rondeau::detail {
namespace {

thread_local Scheduler* scheduler_of_thread = nullptr;

constinit thread_local bool ending = false;
constinit thread_local TaskIds ids_of_thread;

/// Made with a thread's first runtime; destroyed before what the thread made earlier.
struct EndOfThread {
  ~EndOfThread() { ending = true; }
  void begin() const noexcept {}
};
thread_local const EndOfThread end_of_thread;

}  // namespace

constinit thread_local Header* task_of_thread = nullptr;
constinit thread_local std::uint8_t budget_of_thread = kBudget;
constinit thread_local const ContextNode* context_of_thread = nullptr;
constinit thread_local Header* part_of_thread = nullptr;

// None of these may be inlined into a coroutine: its frame may go on on another thread, and a compiler may keep the
// address of a thread-local across the suspension.
[[gnu::noinline]] Scheduler* current_scheduler() noexcept { return scheduler_of_thread; }

[[gnu::noinline]] Scheduler& require_scheduler(std::source_location where) {
  if (scheduler_of_thread == nullptr) {
    base::fail("there is no runtime on this thread; use rondeau::run(...), Runtime::block_on(...) or Handle::enter()",
               where);
  }
  return *scheduler_of_thread;
}

[[gnu::noinline]] Scheduler* set_current_scheduler(Scheduler* scheduler) noexcept {
  Scheduler* before = scheduler_of_thread;
  scheduler_of_thread = scheduler;
  if (before == nullptr && scheduler != nullptr && !ending) end_of_thread.begin();
  base::set_current_driver(scheduler != nullptr ? &scheduler->driver() : nullptr);
  return before;
}

[[gnu::noinline]] bool thread_is_ending() noexcept { return ending; }

[[gnu::noinline]] Header* current_task() noexcept { return task_of_thread; }

[[gnu::noinline]] const ContextNode* current_context() noexcept { return context_of_thread; }

[[gnu::noinline]] const ContextNode* install_context(const ContextNode* node) noexcept {
  return std::exchange(context_of_thread, node);
}

[[gnu::noinline]] std::uint64_t next_task_id() noexcept {
  // Relaxed: only uniqueness counts.
  static std::atomic<std::uint64_t> blocks{0};
  if (ids_of_thread.left == 0) [[unlikely]] {
    ids_of_thread = {.next = blocks.fetch_add(kTaskIdBlock, std::memory_order_relaxed) + 1, .left = kTaskIdBlock};
  }
  --ids_of_thread.left;
  return ids_of_thread.next++;
}

[[gnu::noinline]] TaskIds exchange_task_ids(TaskIds ids) noexcept { return std::exchange(ids_of_thread, ids); }

}  // namespace rondeau::detail
