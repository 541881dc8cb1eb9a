// Handle: a runtime as seen from anywhere.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/runtime/metrics.h>
#include <rondeau/task/spawn.h>

namespace rondeau::scheduler {
class Core;
class BlockOn;
}  // namespace rondeau::scheduler

namespace rondeau::runtime {

struct Dump;

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
  explicit Root(std::shared_ptr<scheduler::Core> core);
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
  static Handle current();
  static std::optional<Handle> try_current();

  EnterGuard enter() const noexcept { return EnterGuard(&scheduler()); }

  template <class T>
  JoinHandle<T> spawn(Task<T> task, std::source_location here = std::source_location::current()) const {
    return JoinHandle<T>(detail::spawn_cell(scheduler(), std::move(task), here));
  }
  template <class F>
    requires detail::Spawnable<F>
  auto spawn(F&& function, std::source_location here = std::source_location::current()) const {
    return detail::spawn_call(scheduler(), here, std::forward<F>(function));
  }
  template <class F, class... Args>
    requires(sizeof...(Args) > 0 && detail::Spawnable<F, Args...>)
  auto spawn(F&& function, Args&&... arguments) const {
    return detail::spawn_call(scheduler(), {}, std::forward<F>(function), std::forward<Args>(arguments)...);
  }

  /// Runs `task` on the calling thread until it ends; its exception passes on. Aborts inside a task or another block_on.
  template <class T>
  T block_on(Task<T> task) const {
    Root root(core_);
    auto* cell = detail::Cell<T, detail::Empty>::make(&root.scheduler());
    cell->begin(std::move(task));
    JoinHandle<T> handle(cell);
    root.drive(cell);
    auto result = typename JoinHandle<T>::Join(cell).await_resume();
    if (!result) {
      if (result.error().is_exception()) result.error().rethrow();
      base::fail("the runtime ended while block_on waited");
    }
    return *std::move(result);
  }

  RuntimeMetrics metrics() const noexcept { return RuntimeMetrics(core_); }

  /// Every live task, where it stands and what it waits for; see dump.h. Other tasks go first now and then.
  /// Cancellation: safe.
  Task<Dump> dump() const;
  /// The same at once, from any thread, also while every worker is stuck.
  Dump dump_now() const;

  /// For task::Builder::on().
  detail::Scheduler& scheduler() const noexcept;

 private:
  std::shared_ptr<scheduler::Core> core_;
};

}  // namespace rondeau::runtime
