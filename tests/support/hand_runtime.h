// A runtime of one thread that the test turns by hand: real tasks, a real reactor, no surprise.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>
#include <rondeau/base/driver.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/task/spawn.h>

#include "reactor/reactor.h"

namespace support {

class HandRuntime final : public rondeau::detail::Scheduler {
 public:
  explicit HandRuntime(rondeau::base::Driver& driver = rondeau::base::kernel_driver())
      : driver_(driver),
        reactor_(rondeau::reactor::Reactor::make(driver).value()),
        before_(rondeau::detail::set_current_scheduler(this)) {}
  HandRuntime(const HandRuntime&) = delete;
  HandRuntime& operator=(const HandRuntime&) = delete;
  ~HandRuntime() {
    end_tasks();
    rondeau::detail::set_current_scheduler(before_);
  }

  template <class F, class... Args>
  auto spawn(F&& function, Args&&... arguments) {
    return rondeau::detail::spawn_call(*this, {}, std::forward<F>(function), std::forward<Args>(arguments)...);
  }

  /// Runs the task that is next; false: none is ready.
  bool run_one() {
    rondeau::detail::Header* task = nullptr;
    {
      const std::lock_guard lock(lock_);
      if (ready_.empty()) return false;
      task = ready_.front();
      ready_.pop_front();
    }
    rondeau::detail::run_task(task);
    return true;
  }
  /// Runs ready tasks until none is left.
  void run_ready() {
    while (run_one()) {
    }
  }
  /// Runs tasks and turns the reactor until the condition holds; false where that took five seconds.
  template <class Condition>
  bool run_until(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (run_ready(); !holds(); run_ready()) {
      if (std::chrono::steady_clock::now() > end) return false;
      reactor_->turn(std::chrono::milliseconds(100));
    }
    return true;
  }
  /// Runs the coroutine to its end and returns its result.
  template <class F, class... Args>
  auto block_on(F&& function, Args&&... arguments) {
    auto handle = spawn(std::forward<F>(function), std::forward<Args>(arguments)...);
    if (!run_until([&] { return handle.is_finished(); })) rondeau::base::fail("the task did not end in five seconds");
    using Joined = decltype(handle.operator co_await().await_resume());
    return join<Joined>(std::move(handle));
  }

  void end_tasks() {
    while (!live_.empty()) {
      for (rondeau::detail::Header* task : std::vector(live_)) rondeau::detail::abort_task(task, rondeau::CancelReason::Abort);
      run_ready();
    }
  }
  std::size_t live_tasks() const { return live_.size(); }
  /// The owner lets go of the reactor, as at the end of a runtime.
  void drop_reactor() { reactor_.reset(); }

  void submit(rondeau::detail::Header* task, rondeau::detail::Submit) noexcept override {
    const std::lock_guard lock(lock_);
    ready_.push_back(task);
  }
  bool adopt(rondeau::detail::Header* task) noexcept override { return live_.push_back(task), true; }
  bool disown(rondeau::detail::Header* task) noexcept override { return std::erase(live_, task) == 1; }
  rondeau::base::Driver& driver() noexcept override { return driver_; }
  rondeau::timer::Wheel& wheel() noexcept override { rondeau::base::fail("no wheel here"); }
  rondeau::reactor::Reactor& reactor() noexcept override { return *reactor_; }
  rondeau::threads::Pool& blocking_pool(rondeau::task::BuiltInPool) noexcept override { rondeau::base::fail("no pool here"); }
  std::shared_ptr<void> keep_alive() override { return nullptr; }
  void unhandled(std::uint64_t, std::exception_ptr) noexcept override { rondeau::base::fail("an exception got away"); }

 private:
  template <class Joined, class Handle>
  static auto join(Handle handle) {
    auto awaiter = handle.operator co_await();
    if (!awaiter.try_now()) rondeau::base::fail("a finished task has no result");
    Joined joined = awaiter.await_resume();
    return *std::move(joined);
  }

  rondeau::base::Driver& driver_;
  std::unique_ptr<rondeau::reactor::Reactor> reactor_;
  rondeau::detail::Scheduler* before_;
  std::mutex lock_;  ///< guards ready_: wakes may come from other threads
  std::deque<rondeau::detail::Header*> ready_;
  std::vector<rondeau::detail::Header*> live_;
};

}  // namespace support
