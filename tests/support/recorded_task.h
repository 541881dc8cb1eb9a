// Tasks without coroutines: who was woken, in which order. For testing what wakes without a runtime.
#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include <rondeau/base/assert.h>
#include <rondeau/base/driver.h>
#include <rondeau/detail/scheduler.h>

namespace support {

/// Takes every woken task, notes it and lets it go idle again. Any thread.
class RecordingScheduler final : public rondeau::detail::Scheduler {
 public:
  void submit(rondeau::detail::Header* task, rondeau::detail::Submit) noexcept override {
    do {
      {
        const std::lock_guard lock(lock_);
        woken.push_back(task->id);
      }
      static_cast<void>(task->state.to_running());
    } while (task->state.to_idle() == rondeau::detail::TaskState::ToIdle::Resubmit);
  }
  bool adopt(rondeau::detail::Header*) noexcept override { return true; }
  bool disown(rondeau::detail::Header*) noexcept override { return false; }
  rondeau::base::Driver& driver() noexcept override { return rondeau::base::kernel_driver(); }
  rondeau::timer::Wheel& wheel() noexcept override { rondeau::base::fail("no wheel here"); }
  rondeau::reactor::Reactor& reactor() noexcept override { rondeau::base::fail("no reactor here"); }
  rondeau::threads::Pool& blocking_pool(rondeau::task::BuiltInPool) noexcept override { rondeau::base::fail("no pool here"); }
  void unhandled(std::uint64_t, std::exception_ptr) noexcept override {}
  std::shared_ptr<void> keep_alive() override { return nullptr; }

  std::vector<std::uint64_t> woken;  ///< ids, in order; read it when all wakers are done

 private:
  std::mutex lock_;
};

/// Idle, and alive until it is destroyed.
class RecordedTask final : public rondeau::detail::Header {
 public:
  RecordedTask(RecordingScheduler& home, std::uint64_t task_id) : Header(&kTable, &home, task_id) {
    static_cast<void>(state.to_running());
    static_cast<void>(state.to_idle());
  }
  rondeau::detail::Wake wake() noexcept { return rondeau::detail::Wake(this, 0); }

 private:
  static void freed(rondeau::detail::Header*) noexcept { rondeau::base::fail("a reference too many was dropped"); }
  static constexpr rondeau::detail::TaskVTable kTable{nullptr, nullptr, nullptr, nullptr, &freed, nullptr, nullptr};
};

}  // namespace support
