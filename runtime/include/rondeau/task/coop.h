// coop: a task's budget, so that one that never has to wait lets others run.
//
// A run of a task has 128 units for all its branches. Each operation of the library takes one when it is done without
// waiting; where none is left it waits for the task's next turn. A loop over anything else takes part with
// consume_budget() or cooperative().
#pragma once

#include <coroutine>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <rondeau/detail/enclosure.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

/// Says for its lifetime that this thread runs what has no budget. Not to be kept over a suspension.
class RunsUnconstrained {
 public:
  RunsUnconstrained() noexcept;
  RunsUnconstrained(const RunsUnconstrained&) = delete;
  RunsUnconstrained& operator=(const RunsUnconstrained&) = delete;
  ~RunsUnconstrained();
};

template <class T>
struct CooperativeResult {
  using type = decltype(std::declval<T>().operator co_await().await_resume());
};
template <class T>
struct CooperativeResult<task::Task<T>> {
  using type = T;
};

}  // namespace rondeau::detail

namespace rondeau::task::coop {

/// True outside of tasks, and inside of unconstrained().
bool has_budget_remaining() noexcept;

class [[nodiscard("consume_budget does nothing until it is awaited")]] ConsumeBudget final
    : public detail::Awaiter<ConsumeBudget> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  bool try_now() const noexcept { return true; }
  bool enqueue() const noexcept { return false; }
  bool fired() const noexcept { return true; }
  void disarm() const noexcept {}
  void await_resume() const noexcept {}
};

/// Takes one unit; where none is left, lets others go first. For loops that compute. Cancellation: safe.
inline ConsumeBudget consume_budget() noexcept { return {}; }

/// One unit, taken by proceed(): given back when it is destroyed, unless something was done.
///
/// Lifetime: the task that took it.
class [[nodiscard("a Permit that is dropped gives its unit back")]] Permit {
 public:
  explicit Permit(std::uint8_t& budget) noexcept : budget_(&budget) {}
  Permit(Permit&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
  Permit& operator=(Permit&&) = delete;
  ~Permit() {
    // In a later run of the task the unit is gone with the run, and this one may have all it can have.
    if (budget_ != nullptr && *budget_ < detail::kBudget) ++*budget_;
  }
  /// The unit is spent.
  void made_progress() noexcept { budget_ = nullptr; }

 private:
  std::uint8_t* budget_;
};

class [[nodiscard("proceed does nothing until it is awaited")]] Proceed final : public detail::Awaiter<Proceed> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  bool await_ready() {
    taken_ = Awaiter::await_ready();
    return taken_;
  }
  bool try_now() const noexcept { return true; }
  bool enqueue() const noexcept { return false; }
  bool fired() const noexcept { return true; }
  void disarm() const noexcept {}
  Permit await_resume() noexcept {
    std::uint8_t& budget = strand->task->root.budget;
    if (!taken_ && budget != 0) --budget;  // it waited for a new budget
    return Permit(budget);
  }

 private:
  bool taken_ = false;
};

/// Takes one unit in advance, for awaitables of one's own: call made_progress() on it when something was done.
/// Cancellation: safe.
inline Proceed proceed() noexcept { return {}; }

/// What unconstrained() returns.
template <class T>
class [[nodiscard("unconstrained does nothing until it is awaited")]] Unconstrained final
    : public detail::Enclosure<Task<T>> {
  using Base = detail::Enclosure<Task<T>>;

 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  explicit Unconstrained(Task<T>&& task) noexcept : Base(std::move(task)) { this->arm_.unconstrained = true; }
  ~Unconstrained() { disarm(); }
  void disarm() noexcept { this->arm_.end(); }
  void describe(detail::WaitDescription& wait) const noexcept override { wait.operation = "unconstrained"; }

  bool await_ready() {
    return without_budget([this] { return this->start(this->strand->context); });
  }
  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    this->wait(waiting);
    return true;
  }
  T await_resume() {
    if constexpr (std::is_void_v<T>) {
      static_cast<void>(this->arm_.take());
    } else {
      return this->arm_.take();
    }
  }
  bool ready() noexcept override {
    if (this->arm_.ending) return false;
    return without_budget([this] { return this->ask_branch(); });
  }

 private:
  /// What is spent inside is not the task's.
  template <class F>
  bool without_budget(F&& go) {
    const detail::RunsUnconstrained unconstrained;
    std::uint8_t& budget = this->strand->task->root.budget;
    const std::uint8_t left = budget;
    const bool done = std::forward<F>(go)();
    budget = left;
    return done;
  }
};

/// Runs the task without a budget: nothing inside is put off, and nothing is taken from the others' budget. It has to
/// let others run by itself. Cancellation: that of the task.
template <class T>
Unconstrained<T> unconstrained(Task<T> task) {
  return Unconstrained<T>(std::move(task));
}

/// Makes anything take part: a unit is spent each time it is done, and where none is left others go first. Awaitables
/// of the library do by themselves. Cancellation: that of the awaitable.
template <class A>
Task<typename detail::CooperativeResult<A>::type> cooperative(A awaitable) {
  static_assert(!detail::LeafAwaiter<A>, "rondeau: awaitables of the library take part by themselves");
  Permit permit = co_await proceed();
  if constexpr (std::is_void_v<typename detail::CooperativeResult<A>::type>) {
    co_await std::move(awaitable);
    permit.made_progress();
  } else {
    auto result = co_await std::move(awaitable);
    permit.made_progress();
    co_return result;
  }
}

}  // namespace rondeau::task::coop

namespace rondeau {
namespace coop = task::coop;
}
