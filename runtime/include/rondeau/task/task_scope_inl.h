// The templates of TaskScope. Included by task_scope.h.
#pragma once

#include <rondeau/task/task_scope.h>

namespace rondeau::task {

/// A child's place in the scope: the last thing of the child that is destroyed. Linked once it stands in its cell.
class TaskScope::Ticket {
 public:
  explicit Ticket(TaskScope& scope) noexcept : scope_(&scope) {}
  Ticket(Ticket&& unlinked) noexcept : scope_(unlinked.scope_) {}
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (linked_) scope_->leave(*this);
  }

 private:
  friend TaskScope;
  TaskScope* scope_;
  detail::Header* child_ = nullptr;
  Ticket* previous_ = nullptr;
  Ticket* next_ = nullptr;
  bool linked_ = false;
};

/// The ticket leaves when the task has ended altogether, so that a result nobody takes is gone before, too.
template <class F, class... Args>
struct TaskScope::ChildCall {
  static constexpr bool kReportsExceptions = true;  // to the scope: see watch()
  Ticket ticket;
  std::optional<detail::Call<F, Args...>> call;
  auto operator()() { return watch(ticket_scope(), (*call)()); }
  void end_call() noexcept { call.reset(); }
  TaskScope* ticket_scope() noexcept { return ticket.scope_; }
};

template <class F>
struct TaskScope::BlockingChild {
  Ticket ticket;
  std::optional<F> call;
  auto operator()() { return (*std::move(call))(); }
  void end_call() noexcept { call.reset(); }
};

/// Resolves when a child failed.
class TaskScope::Failure final : public detail::Awaiter<Failure> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  explicit Failure(TaskScope& scope) noexcept : scope_(scope) {}
  ~Failure() { disarm(); }
  bool try_now() const noexcept { return fired(); }
  bool enqueue() noexcept {
    const std::lock_guard lock(scope_.mutex_);
    scope_.waits_for_failure_ = this->strand->wake();
    return !scope_.failed_;
  }
  bool fired() const noexcept {
    const std::lock_guard lock(scope_.mutex_);
    return scope_.failed_;
  }
  void disarm() noexcept {
    const std::lock_guard lock(scope_.mutex_);
    scope_.waits_for_failure_ = {};
  }
  void await_resume() const noexcept {}

 private:
  TaskScope& scope_;
};

/// Resolves when no child lives.
class TaskScope::Join final : public detail::Awaiter<Join> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  explicit Join(TaskScope& scope) noexcept : scope_(scope) {}
  ~Join() { disarm(); }
  bool try_now() const noexcept { return scope_.drained(); }
  bool enqueue() noexcept {
    const std::lock_guard lock(scope_.mutex_);
    scope_.waits_for_join_ = this->strand->wake();
    return scope_.living_ != 0;
  }
  bool fired() const noexcept { return scope_.drained(); }
  void disarm() noexcept {
    const std::lock_guard lock(scope_.mutex_);
    scope_.waits_for_join_ = {};
  }
  void describe_wait(detail::WaitDescription& wait) const noexcept {
    wait.operation = "TaskScope::join";
    wait.object = &scope_;
    wait.count = scope_.living_children();
  }
  void await_resume() const noexcept {}

 private:
  TaskScope& scope_;
};

inline auto TaskScope::join() noexcept {
  return Join(*this);
}

/// While the body's frames live, they are what the children hold.
class TaskScope::InBody {
 public:
  InBody(TaskScope& scope, detail::Strand& body) noexcept : scope_(scope), outside_(*scope.strand_) {
    scope.hold(body);
  }
  InBody(const InBody&) = delete;
  InBody& operator=(const InBody&) = delete;
  ~InBody() { scope_.hold(outside_); }

 private:
  TaskScope& scope_;
  detail::Strand& outside_;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// `co_await ThisStrand{}` gives the strand a coroutine runs in.
class ThisStrand final : public Leaf {
 public:
  bool ready() noexcept override { return true; }
  void describe(WaitDescription&) const noexcept override {}
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  Strand& await_resume() const noexcept { return *strand; }
};

}  // namespace rondeau::detail

namespace rondeau::task {

template <class R>
Task<R> TaskScope::watch(TaskScope* scope, Task<R> child) {
  try {
    if constexpr (std::is_void_v<R>) {
      co_await std::move(child);
      scope->child_ended();
    } else {
      R result = co_await std::move(child);
      if constexpr (base::is_result<R>) {
        if (!result) {
          if constexpr (std::convertible_to<typename R::error_type, base::Error>) {
            scope->fail(base::Error(result.error()), nullptr);
          } else {
            scope->fail(base::Error(base::Errc::Other), nullptr);
          }
          co_return result;
        }
      }
      scope->child_ended();
      co_return result;
    }
  } catch (...) {
    scope->fail({}, std::current_exception());
    throw;
  }
}

template <class F, class... Args>
  requires detail::Spawnable<F, Args...>
auto TaskScope::spawn_at(std::source_location here, F&& function, Args&&... arguments) {
  using R = typename detail::TaskOf<F, Args...>::value_type;
  using Child = ChildCall<std::decay_t<F>, std::decay_t<Args>...>;
  auto* cell =
      detail::make_cell<R>(detail::require_scheduler(),
                           Child{Ticket(*this), detail::Call<std::decay_t<F>, std::decay_t<Args>...>{
                                                    std::forward<F>(function), {std::forward<Args>(arguments)...}}},
                           here);
  JoinHandle<R> handle(cell);
  if (admit(cell->closure.ticket, cell)) {
    detail::launch(cell);
  } else {
    detail::refuse_task(cell, detail::Outcome::Cancelled);
  }
  return handle;
}

template <class F, class... Args>
  requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto TaskScope::spawn_blocking(F&& function, Args&&... arguments) {
  using R = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  auto call = [function = std::decay_t<F>(std::forward<F>(function)),
               values = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable -> R {
    return std::apply(std::move(function), std::move(values));
  };
  using Child = BlockingChild<decltype(call)>;
  using Cell = detail::BlockingCell<R, Child>;
  Cell* cell = Cell::make(&detail::require_scheduler(), Child{Ticket(*this), std::move(call)});
  JoinHandle<R> handle(cell);
  if (admit(cell->function.ticket, cell)) {
    detail::launch_blocking(cell, task::BuiltInPool::Blocking);
  } else {
    detail::refuse_task(cell, detail::Outcome::Cancelled);
  }
  return handle;
}

template <class Body>
auto TaskScope::enclosed(TaskScope& scope, Body& body) -> std::invoke_result_t<Body&, TaskScope&> {
  const InBody in_body(scope, co_await detail::ThisStrand{});
  co_return co_await body(scope);
}

template <class Body>
auto TaskScope::run(Body body, EndAll end_all) -> std::invoke_result_t<Body&, TaskScope&> {
  using R = typename std::invoke_result_t<Body&, TaskScope&>::value_type;
  TaskScope scope(co_await detail::ThisStrand{}, end_all);
  std::optional<detail::NoVoid<R>> result;
  try {
    auto first = co_await select(losing(enclosed(scope, body)), Failure(scope)).biased();
    if (first.index() == 0) {
      result.emplace(std::move(first).template get<0>());
      if constexpr (base::is_result<R>) {
        if (!*result) scope.cancel();
      }
    }
  } catch (...) {
    scope.fail({}, std::current_exception());
  }
  co_await scope.join();
  if (scope.exception_) std::rethrow_exception(scope.exception_);
  if constexpr (base::is_result<R>) {
    if (scope.failed_ && !(result && !*result)) co_return R(base::Unexpected{std::move(scope.error_)});
    co_return std::move(*result);
  } else {
    if (!result)
      base::fail("a child of this scope returned an error, but the scope's body returns no Result to carry it");
    if constexpr (!std::is_void_v<R>) co_return std::move(*result);
  }
}

}  // namespace rondeau::task
