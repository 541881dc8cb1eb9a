// A task that runs on the thread that waits for it, outside the workers.
#pragma once

#include <condition_variable>
#include <mutex>

#include "scheduler/core.h"

namespace rondeau::scheduler {

/// The scheduler of one root task; lives on the stack of block_on. What the root asks for comes from `core`.
class BlockOn final : public detail::Scheduler {
 public:
  explicit BlockOn(Core& core) noexcept : core_(core) {}

  /// Runs `root` here until it is complete.
  void drive(detail::Header* root);

  void submit(detail::Header* task, detail::Submit how) noexcept override;
  bool adopt(detail::Header*) noexcept override { return true; }
  bool disown(detail::Header*) noexcept override { return false; }
  base::Driver& driver() noexcept override { return core_.driver(); }
  timer::Wheel& wheel() noexcept override { return core_.wheel(); }
  reactor::Reactor& reactor() noexcept override { return core_.reactor(); }
  threads::Pool& blocking_pool(task::BuiltInPool which) noexcept override { return core_.blocking_pool(which); }
  std::shared_ptr<void> keep_alive() override { return core_.keep_alive(); }
  bool breaks_shields() const noexcept override { return core_.breaks_shields(); }
  void forced_yield() noexcept override { core_.forced_yield(); }
  void unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept override {
    core_.unhandled(task_id, std::move(exception));
  }

 private:
  Core& core_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool notified_ = false;  // guarded by mutex_
};

}  // namespace rondeau::scheduler
