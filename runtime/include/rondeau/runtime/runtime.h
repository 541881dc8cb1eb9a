// Runtime: workers, reactor, timers and blocking threads, from build() to shutdown.
#pragma once

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/runtime/shutdown_report.h>

namespace rondeau::runtime {

/// Owns a runtime. Made by Builder::build().
///
/// Destroying it ends all tasks (their destructors run) and waits for running blocking calls without limit; inside one
/// of its own tasks that aborts. Thread safety: one owner; handles may be used anywhere.
class Runtime {
 public:
  explicit Runtime(std::shared_ptr<scheduler::Core> core) noexcept : core_(std::move(core)) {}
  Runtime(Runtime&&) noexcept = default;
  Runtime& operator=(Runtime&&) = delete;
  ~Runtime();

  Handle handle() const noexcept { return Handle(core_); }
  EnterGuard enter() const noexcept { return handle().enter(); }
  RuntimeMetrics metrics() const noexcept { return handle().metrics(); }

  template <class T>
  T block_on(Task<T> task, std::source_location where = std::source_location::current()) const {
    return handle().block_on(std::move(task), where);
  }
  /// Calls `function` on this thread and runs the Task it returns; the callable lives as long.
  template <class F>
    requires detail::Spawnable<F>
  auto block_on(F&& function, std::source_location where = std::source_location::current()) const {
    std::decay_t<F> owned(std::forward<F>(function));
    return handle().block_on(owned(), where);
  }
  template <class... Args>
  auto spawn(Args&&... arguments) const {
    return handle().spawn(std::forward<Args>(arguments)...);
  }

  template <class... Args>
  auto spawn_blocking(Args&&... arguments) const {
    return handle().spawn_blocking(std::forward<Args>(arguments)...);
  }

  /// Ends all tasks; waits at most `limit` for them and for running blocking calls, which includes `limit` zero: what
  /// can end at once has ended. What a running call or a worker that does not come back holds is left behind with its
  /// thread, and told.
  ShutdownReport shutdown_timeout(Duration limit) &&;
  /// Ends all tasks without waiting for anything: workers end theirs in their own time; without workers they have ended
  /// when this returns, but for what a running call holds.
  void shutdown_background() &&;

 private:
  std::shared_ptr<scheduler::Core> core_;
};

}  // namespace rondeau::runtime

namespace rondeau {

/// Builds a runtime, runs the task and shuts down: `int main() { return rondeau::run(serve()); }`. The exit code is the
/// task's int, or 0 or 1 from its Result<void>, whose error is printed.
int run(Task<int> main_task, runtime::Builder builder = runtime::Builder::multi_thread(),
        std::source_location where = std::source_location::current());
int run(Task<Result<void>> main_task, runtime::Builder builder = runtime::Builder::multi_thread(),
        std::source_location where = std::source_location::current());
int run(Task<void> main_task, runtime::Builder builder = runtime::Builder::multi_thread(),
        std::source_location where = std::source_location::current());

}  // namespace rondeau
