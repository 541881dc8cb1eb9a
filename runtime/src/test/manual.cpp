#include <rondeau/test/manual.h>

#include <rondeau/base/assert.h>
#include <rondeau/base/driver.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::test {

/// The scheduler of one task: keeps its queue entry until the test polls. All else comes from the runtime around it.
class ManualTask::Hand final : public detail::Scheduler {
 public:
  explicit Hand(std::source_location where) noexcept : around_(detail::current_scheduler()), where_(where) {}

  void submit(detail::Header* task, detail::Submit) noexcept override {
    // Under the lock: once it is released and the task polled, this may be gone.
    const std::lock_guard lock(lock_);
    queued_ = task;
    ++woken_;
    waiting_.wake();
  }
  bool adopt(detail::Header*) noexcept override { return true; }
  bool disown(detail::Header*) noexcept override { return false; }
  base::Driver& driver() noexcept override { return around_ != nullptr ? around_->driver() : base::kernel_driver(); }
  time::PausedClock* paused_clock() noexcept override { return around_ != nullptr ? around_->paused_clock() : nullptr; }
  timer::Wheel& wheel() noexcept override { return around().wheel(); }
  reactor::Reactor& reactor() noexcept override { return around().reactor(); }
  threads::Pool& blocking_pool(task::BuiltInPool which) noexcept override { return around().blocking_pool(which); }
  std::shared_ptr<void> keep_alive() override { return around_ != nullptr ? around_->keep_alive() : nullptr; }
  void forced_yield() noexcept override {
    if (around_ != nullptr) around_->forced_yield();
  }
  void unhandled(std::uint64_t, std::exception_ptr) noexcept override {}

  detail::Header* take() noexcept {
    const std::lock_guard lock(lock_);
    return std::exchange(queued_, nullptr);
  }
  bool queued() noexcept {
    const std::lock_guard lock(lock_);
    return queued_ != nullptr;
  }
  std::size_t woken() noexcept {
    const std::lock_guard lock(lock_);
    return woken_;
  }
  /// The test polls a task that nobody woke.
  void uncount() noexcept {
    const std::lock_guard lock(lock_);
    --woken_;
  }
  detail::WakeSlot& waiting() noexcept { return waiting_; }

 private:
  detail::Scheduler& around() const noexcept {
    if (around_ == nullptr) {
      base::fail("a Manual task that sleeps or does I/O needs a runtime; make it in block_on, or after Handle::enter()",
                 where_);
    }
    return *around_;
  }

  detail::Scheduler* const around_;
  const std::source_location where_;
  std::mutex lock_;  // guards queued_ and woken_
  detail::Header* queued_ = nullptr;
  std::size_t woken_ = 0;
  detail::WakeSlot waiting_;  // a task that waits in WokenAgain
};

ManualTask::ManualTask(std::source_location where) : hand_(std::make_unique<Hand>(where)), where_(where) {}
ManualTask::~ManualTask() = default;

detail::Scheduler& ManualTask::scheduler() noexcept {
  return *hand_;
}

void ManualTask::begin(detail::Header* task) noexcept {
  task_ = task;
  detail::drop_task_reference(task);  // the one for a list of live tasks, where it is not
  hand_->submit(task, detail::Submit::Spawned);
  hand_->uncount();
}

std::size_t ManualTask::woken() const noexcept {
  return hand_->woken();
}
bool ManualTask::is_woken() const noexcept {
  return hand_->queued();
}
bool ManualTask::is_finished() const noexcept {
  return task_->state.is_complete();
}
void ManualTask::abort() noexcept {
  if (is_finished()) return;
  const bool woken = is_woken();
  detail::abort_task(task_, CancelReason::Abort);
  if (!woken && is_woken()) hand_->uncount();
}

void ManualTask::run_once() {
  detail::Header* task = hand_->take();
  if (task == nullptr) {
    task_->root.wake().wake_by_reference();
    hand_->uncount();
    task = hand_->take();
  }
  detail::run_task(task);
}

void ManualTask::end() noexcept {
  abort();
  while (!is_finished()) {
    if (!is_woken()) {
      base::fail("a Manual task was destroyed while a scope in it waits for its children; abort() and poll() it first",
                 where_);
    }
    run_once();
  }
}

bool ManualTask::WokenAgain::enqueue() noexcept {
  task_.hand_->waiting().set(strand->wake());
  return !task_.is_woken();
}
void ManualTask::WokenAgain::disarm() noexcept {
  task_.hand_->waiting().clear();
}

}  // namespace rondeau::test
