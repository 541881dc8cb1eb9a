#include <rondeau/detail/thread_waiter.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include <rondeau/base/assert.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::detail {
namespace {

struct ThreadTask final : Header {
  explicit ThreadTask(Scheduler& home) noexcept : Header(&kTable, &home, 0) {}

  static void free(Header* header) noexcept { delete static_cast<ThreadTask*>(header); }
  static constexpr TaskVTable kTable{nullptr, nullptr, nullptr, nullptr, &free, nullptr, nullptr};

  std::mutex mutex;
  std::condition_variable unparked;
  bool due = false;  // under the mutex: a wake was submitted
};

/// Submitting the stand-in unparks its thread; nothing else is ever asked of it.
class ThreadScheduler final : public Scheduler {
 public:
  void submit(Header* task, Submit) noexcept override {
    auto& waiting = static_cast<ThreadTask&>(*task);
    // The thread may go on and drop its references before notify_one returns.
    waiting.state.add_reference();
    {
      const std::lock_guard lock(waiting.mutex);
      waiting.due = true;
      waiting.unparked.notify_one();
    }
    drop_task_reference(task);
  }
  bool adopt(Header*) noexcept override { return false; }
  bool disown(Header*) noexcept override { return false; }
  std::shared_ptr<void> keep_alive() override { return nullptr; }  // lives as long as the process
  base::Driver& driver() noexcept override { no_runtime(); }
  timer::Wheel& wheel() noexcept override { no_runtime(); }
  reactor::Reactor& reactor() noexcept override { no_runtime(); }
  threads::Pool& blocking_pool(task::BuiltInPool) noexcept override { no_runtime(); }
  void unhandled(std::uint64_t, std::exception_ptr) noexcept override {}

 private:
  [[noreturn]] static void no_runtime() noexcept { base::fail("a thread that waits by itself has no runtime"); }
};

ThreadScheduler& thread_scheduler() noexcept {
  static ThreadScheduler scheduler;
  return scheduler;
}

}  // namespace

void refuse_to_block_a_worker(std::source_location where) {
  if (current_task() != nullptr) {
    base::fail(
        "a blocking_ function would stop the worker that runs this task; co_await the other one, or use "
        "spawn_blocking",
        where);
  }
}

ThreadWaiter::ThreadWaiter() : task_(new ThreadTask(thread_scheduler())) {
  static_cast<void>(task_->state.to_running());
  task_->root.budget = kBudget;
}

ThreadWaiter::~ThreadWaiter() {
  static_cast<void>(task_->state.complete());
  // The runner's, the list's and the handle's: all three are this thread's.
  if (task_->state.drop_references(3)) task_->vtable->free(task_);
}

void ThreadWaiter::park(Leaf& leaf) noexcept {
  auto& waiting = static_cast<ThreadTask&>(*task_);
  do {
    if (task_->state.to_idle(task_->root.take_yielded()) == TaskState::ToIdle::Idle) {
      std::unique_lock lock(waiting.mutex);
      waiting.unparked.wait(lock, [&] { return waiting.due; });
      waiting.due = false;
    }
    static_cast<void>(task_->state.to_running());
  } while (!leaf.ready());
}

}  // namespace rondeau::detail
