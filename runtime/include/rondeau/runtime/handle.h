// Handle: a runtime as seen from anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>

#include <rondeau/base/error.h>
#include <rondeau/base/result.h>
#include <rondeau/runtime/flavor.h>
#include <rondeau/runtime/metrics.h>
#include <rondeau/task/blocking.h>
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
  Root(std::shared_ptr<scheduler::Core> core, std::source_location where);
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root();
  detail::Scheduler& scheduler() noexcept;
  void drive(detail::Header* task);
  /// The task was ended from outside: throws the exception that did it, where UnhandledException::ShutdownRuntime is
  /// chosen; else aborts.
  [[noreturn]] void was_ended(std::source_location where) const;

 private:
  std::shared_ptr<scheduler::Core> core_;
  std::unique_ptr<scheduler::BlockOn> own_;
  detail::Scheduler* before_;
  bool blocking_before_;
  bool in_place_before_;
};

/// Why this thread has no runtime.
class [[nodiscard]] NoRuntime {
 public:
  enum class Kind : std::uint8_t { Missing, ThreadEnding };
  explicit NoRuntime(Kind kind) noexcept : kind_(kind) {}
  /// It is not a thread of a runtime, and in no enter() or block_on.
  bool is_missing() const noexcept { return kind_ == Kind::Missing; }
  /// It was one and runs the destructors of its thread-local objects.
  bool is_thread_ending() const noexcept { return kind_ == Kind::ThreadEnding; }
  std::string_view message() const noexcept;

 private:
  Kind kind_;
};

/// Copyable; keeps the runtime's memory but not its life: after shutdown, spawn gives handles that say Cancelled.
///
/// Thread safety: any thread.
class Handle {
 public:
  explicit Handle(std::shared_ptr<scheduler::Core> core) noexcept : core_(std::move(core)) {}

  /// The runtime of this thread; aborts where there is none.
  static Handle current(std::source_location where = std::source_location::current());
  static Result<Handle, NoRuntime> try_current();

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

  /// As task::spawn_blocking: `handle.spawn_blocking(f)`, `handle.spawn_blocking(BuiltInPool::Fs, f, argument)`.
  template <class... Args>
  auto spawn_blocking(Args&&... arguments) const {
    const EnterGuard here = enter();
    return task::spawn_blocking(std::forward<Args>(arguments)...);
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
      root.was_ended(where);
    }
    return *std::move(result);
  }

  RuntimeMetrics metrics() const noexcept { return RuntimeMetrics(core_); }
  Flavor flavor() const noexcept;
  /// Never reused within a process.
  std::uint64_t id() const noexcept;
  /// What Builder::name() said; empty where it did not. Lifetime: the handle's.
  std::string_view name() const noexcept;

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

/// The number of the worker that this thread is, for its runtime's metrics; empty on other threads, in a block_on of a
/// multi_thread runtime too. On a current_thread runtime who drives it is worker 0.
std::optional<std::size_t> worker_index() noexcept;

/// The error of I/O whose runtime has ended.
inline bool is_shutdown_error(const base::Error& error) noexcept { return error.code() == base::Errc::ShuttingDown; }

}  // namespace rondeau::runtime
