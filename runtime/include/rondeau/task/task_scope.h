// TaskScope: children that end before it does.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

namespace rondeau::task {

/// What a child's normal end does to the others.
enum class EndAll : std::uint8_t { Never, OnFirst };

/// The ordinary way to start tasks: run() returns only when every child has ended, destructors included, however it is
/// left: by value, error, exception or cancel. So children may borrow what lives in the caller's frame, and what lives in
/// the body's as far as the body awaits join() before it returns.
///
/// The first error (of a child that returns Result) or exception ends the other children and the body, and is the
/// result of run(); later ones are counted. Cancellation: the children are ended first, then the frame; whoever cancels
/// waits for that (ending in order beats promptness).
/// Thread safety: spawn and cancel from any task inside the scope. Lifetime: the body's reference, and no longer.
class TaskScope final : detail::Hold {
 public:
  /// `co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> { scope.spawn(…); … co_return 1; })`
  template <class Body>
  static auto run(Body body, EndAll end_all = EndAll::Never) -> std::invoke_result_t<Body&, TaskScope&>;

  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// Starts a child. In a scope that was cancelled it never runs, and its handle gives JoinError::Cancelled.
  template <class F>
    requires detail::Spawnable<F>
  auto spawn(F&& function, std::source_location here = std::source_location::current()) {
    return spawn_at(here, std::forward<F>(function));
  }
  template <class F, class A>
    requires detail::Spawnable<F, A>
  auto spawn(F&& function, A&& argument, std::source_location here = std::source_location::current()) {
    return spawn_at(here, std::forward<F>(function), std::forward<A>(argument));
  }
  template <class F, class... Args>
    requires(sizeof...(Args) > 1 && detail::Spawnable<F, Args...>)
  auto spawn(F&& function, Args&&... arguments) {
    return spawn_at({}, std::forward<F>(function), std::forward<Args>(arguments)...);
  }
  template <class T>
  JoinHandle<T> spawn(Task<T> task, std::source_location here = std::source_location::current()) {
    return spawn_at(here, [](Task<T>&& owned) { return std::move(owned); }, std::move(task));
  }
  /// A blocking child. It can't be cancelled once it runs, so the scope waits for it.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  auto spawn_blocking(F&& function, Args&&... arguments);

  /// Waits until no child lives. Cancellation: safe.
  auto join() noexcept;
  /// Ends all children; the body goes on. Idempotent, and the first reason stays: it is for those inside who ask, a
  /// child's destructors or the body; handles and Context::cancel_reason() say CancelReason::Scope.
  void cancel(std::string_view reason = {}) noexcept;
  /// What cancel() was told; empty before, and where a failure or whoever ended the caller cancelled it. Valid as long as
  /// the scope lives.
  std::string_view reason() const noexcept;
  std::size_t living_children() const noexcept;
  /// Errors and exceptions after the first.
  std::size_t further_failures() const noexcept;

 private:
  class Ticket;
  class Failure;
  class Join;
  class InBody;
  template <class F, class... Args>
  struct ChildCall;
  template <class F>
  struct BlockingChild;

  TaskScope(detail::Strand& strand, EndAll end_all) noexcept;
  ~TaskScope();

  bool drained() noexcept override;
  void end() noexcept override { cancel(); }
  void for_each_child(detail::ChildVisitor& visitor) const noexcept override;
  void move_to(detail::Wake wake) noexcept override;

  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn_at(std::source_location here, F&& function, Args&&... arguments);

  /// True: counted and listed. False: the scope is over, the child must not run.
  bool admit(Ticket& ticket, detail::Header* child) noexcept;
  void leave(Ticket& ticket) noexcept;
  void fail(base::Error error, std::exception_ptr exception) noexcept;
  void child_ended() noexcept {
    if (end_all_ == EndAll::OnFirst) cancel();
  }
  template <class R>
  static Task<R> watch(TaskScope* scope, Task<R> child);
  template <class Body>
  static auto enclosed(TaskScope& scope, Body& body) -> std::invoke_result_t<Body&, TaskScope&>;
  /// Which strand's frames must not go before the children: run()'s, and while the body runs, the body's.
  void hold(detail::Strand& strand) noexcept;

  const EndAll end_all_;
  mutable std::mutex mutex_;  // guards all below
  detail::Strand* strand_;  ///< not for other threads than its own
  detail::Wake waits_until_drained_;
  detail::Wake waits_for_join_;
  detail::Wake waits_for_failure_;
  Ticket* children_ = nullptr;
  std::size_t living_ = 0;
  std::size_t further_failures_ = 0;
  std::unique_ptr<const std::string> reason_;  // null: none was told
  bool cancelled_ = false;
  bool failed_ = false;
  base::Error error_;
  std::exception_ptr exception_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::EndAll;
using task::TaskScope;
}  // namespace rondeau

#include <rondeau/task/task_scope_inl.h>
