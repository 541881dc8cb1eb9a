// Handle: a runtime as seen from anywhere.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/runtime/metrics.h>
#include <rondeau/task/spawn.h>

namespace rondeau::scheduler {
class Core;
class BlockOn;
}  // namespace rondeau::scheduler

namespace rondeau::runtime {

/// While it lives, this thread belongs to the runtime: spawn and timers work. Guards nest and end in reverse order.
class [[nodiscard]] EnterGuard {
 public:
  explicit EnterGuard(detail::Scheduler* scheduler) noexcept : mine_(scheduler), before_(detail::set_current_scheduler(scheduler)) {}
  EnterGuard(const EnterGuard&) = delete;
  EnterGuard& operator=(const EnterGuard&) = delete;
  ~EnterGuard();

 private:
  detail::Scheduler* mine_;
  detail::Scheduler* before_;
};

/// Runs one task on the calling thread. A part of block_on.
class Root {
 public:
  Root(std::shared_ptr<scheduler::Core> core, std::source_location where);
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root();
  detail::Scheduler& scheduler() noexcept;
  void drive(detail::Header* task);

 private:
  std::shared_ptr<scheduler::Core> core_;
  std::unique_ptr<scheduler::BlockOn> own_;
  detail::Scheduler* before_;
};

/// Copyable; keeps the runtime's memory but not its life: after shutdown, spawn gives handles that say Cancelled.
///
/// Thread safety: any thread.
class Handle {
 public:
  explicit Handle(std::shared_ptr<scheduler::Core> core) noexcept : core_(std::move(core)) {}

  /// The runtime of this thread; aborts where there is none.
  static Handle current(std::source_location where = std::source_location::current());
  static std::optional<Handle> try_current();

  EnterGuard enter() const noexcept { return EnterGuard(scheduler()); }

  template <class T>
  JoinHandle<T> spawn(Task<T> task) const {
    return JoinHandle<T>(detail::spawn_cell(*scheduler(), std::move(task)));
  }
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn(F&& function, Args&&... arguments) const {
    return detail::spawn_call(*scheduler(), std::forward<F>(function), std::forward<Args>(arguments)...);
  }

  /// Runs `task` on the calling thread until it ends; its exception passes on. Aborts inside a task or another block_on.
  template <class T>
  T block_on(Task<T> task, std::source_location where = std::source_location::current()) const {
    Root root(core_, where);
    auto* cell = detail::Cell<T, detail::Empty>::make(&root.scheduler());
    cell->begin(std::move(task));
    JoinHandle<T> handle(cell);
    root.drive(cell);
    auto result = typename JoinHandle<T>::Join(cell).await_resume();
    if (!result) {
      if (result.error().is_exception()) result.error().rethrow();
      base::fail("the runtime ended while block_on waited", where);
    }
    return *std::move(result);
  }

  RuntimeMetrics metrics() const noexcept { return RuntimeMetrics(core_); }

 private:
  detail::Scheduler* scheduler() const noexcept;
  std::shared_ptr<scheduler::Core> core_;
};

}  // namespace rondeau::runtime
