// TaskTracker: to wait for the end of tasks that nobody joins; for shutdown.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondeau/detail/crowd.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/spawn.h>

namespace rondeau::detail {

/// How many are tracked, and whether the tracker is closed, in one word: so `closed and empty` is one value of it.
class TrackerState {
 public:
  void enter() noexcept {
    word_.fetch_add(kOne, std::memory_order_relaxed);
  }  // who enters is counted, or owns the tracker
  // Sequentially consistent, all below: pairs with Crowd::join().
  void leave() noexcept {
    if (word_.fetch_sub(kOne, std::memory_order_seq_cst) == kOne + kClosed) waiters_.wake_all();
  }
  /// False: closed before.
  bool close() noexcept {
    const std::size_t before = word_.fetch_or(kClosed, std::memory_order_seq_cst);
    if (before == 0) waiters_.wake_all();
    return (before & kClosed) == 0;
  }
  /// False: open before.
  bool reopen() noexcept { return (word_.fetch_and(~kClosed, std::memory_order_seq_cst) & kClosed) != 0; }

  bool closed() const noexcept { return (word_.load(std::memory_order_seq_cst) & kClosed) != 0; }
  std::size_t count() const noexcept { return word_.load(std::memory_order_seq_cst) / kOne; }
  bool ended() const noexcept { return word_.load(std::memory_order_seq_cst) == kClosed; }
  Crowd& waiters() noexcept { return waiters_; }

 private:
  static constexpr std::size_t kClosed = 1;
  static constexpr std::size_t kOne = 2;

  std::atomic<std::size_t> word_{0};
  Crowd waiters_;
};

}  // namespace rondeau::detail

namespace rondeau::task {

/// Counts in its tracker while it lives. Copies count as well. Thread safety: any thread, one user at a time.
class TaskTrackerToken {
 public:
  explicit TaskTrackerToken(std::shared_ptr<detail::TrackerState> state) noexcept : state_(std::move(state)) {
    enter();
  }
  TaskTrackerToken(const TaskTrackerToken& other) noexcept : state_(other.state_) { enter(); }
  TaskTrackerToken(TaskTrackerToken&&) noexcept = default;
  TaskTrackerToken& operator=(TaskTrackerToken other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~TaskTrackerToken() {
    if (state_ != nullptr) state_->leave();
  }

 private:
  void enter() const noexcept {
    if (state_ != nullptr) state_->enter();
  }
  std::shared_ptr<detail::TrackerState> state_;  // null once moved from
};

/// Counts tasks until they have ended, destructors included; keeps none of their results. Copies are the same tracker.
///
/// To shut down: cancel a CancellationToken that the tasks look at, `tracker.close()`, `co_await tracker.wait()`.
/// Neither closing nor destroying the tracker ends a task. Children that their caller waits for belong into a
/// TaskScope. Thread safety: any thread.
class TaskTracker {
 public:
  TaskTracker() : state_(std::make_shared<detail::TrackerState>()) {}

  /// As task::spawn; the task is counted from now on, also where the tracker is closed.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn(F&& function, Args&&... arguments) const {
    return task::spawn(tracked(std::forward<F>(function), std::forward<Args>(arguments)...));
  }
  template <class T>
  JoinHandle<T> spawn(Task<T> task) const {
    return task::spawn(track(std::move(task)));
  }
  /// The same on another runtime: a Handle, or a Runtime.
  template <class Runtime, class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn_on(const Runtime& runtime, F&& function, Args&&... arguments) const {
    return runtime.spawn(tracked(std::forward<F>(function), std::forward<Args>(arguments)...));
  }
  template <class Runtime, class T>
  JoinHandle<T> spawn_on(const Runtime& runtime, Task<T> task) const {
    return runtime.spawn(track(std::move(task)));
  }
  /// As task::spawn_blocking; counted until the call has ended, or was refused or aborted before it began.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  auto spawn_blocking(F&& function, Args&&... arguments) const {
    return task::spawn_blocking(
        [in = token(), call = std::decay_t<F>(std::forward<F>(function)),
         values = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable {
          return std::apply(std::move(call), std::move(values));
        });
  }

  /// The task, counted from now on until its frames are destroyed, whoever runs it; or until it is destroyed unstarted.
  template <class T>
  Task<T> track(Task<T> task) const {
    auto tracked = within(token(), std::move(task));
    detail::may_be_dropped(tracked);
    return tracked;
  }
  /// Counts as a task as long as it lives.
  TaskTrackerToken token() const noexcept { return TaskTrackerToken(state_); }

  /// From now on wait() may end. Tasks may still be added. False: it was closed before.
  bool close() const noexcept { return state_->close(); }
  /// False: it was open before.
  bool reopen() const noexcept { return state_->reopen(); }
  bool is_closed() const noexcept { return state_->closed(); }
  std::size_t len() const noexcept { return state_->count(); }
  bool empty() const noexcept { return len() == 0; }

  class [[nodiscard("wait does nothing until it is awaited")]] Wait final : public detail::CrowdAwaiter<Wait> {
   public:
    static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
    explicit Wait(std::shared_ptr<detail::TrackerState> state) noexcept
        : detail::CrowdAwaiter<Wait>(state->waiters()), state_(std::move(state)) {}
    ~Wait() { disarm(); }
    bool over() const noexcept { return state_->ended(); }
    /// Once told it is over, whatever came into the tracker since.
    bool fired() const noexcept { return told() || over(); }
    void await_resume() noexcept { disarm(); }
    void describe_wait(detail::WaitDescription& wait) const noexcept {
      wait.operation = state_->closed() ? "TaskTracker::wait" : "TaskTracker::wait, but nobody has closed it";
      wait.object = state_.get();
      wait.count = state_->count();
    }

   private:
    std::shared_ptr<detail::TrackerState> state_;
  };
  /// Waits until the tracker is closed and empty at the same time. Cancellation: safe.
  Wait wait() const noexcept { return Wait(state_); }

  bool operator==(const TaskTracker&) const noexcept = default;

 private:
  /// The token goes last: after the callable, and that after the frames.
  template <class Call>
  struct Tracked {
    TaskTrackerToken token;
    Call call;
    auto operator()() { return call(); }
  };
  template <class F, class... Args>
  auto tracked(F&& function, Args&&... arguments) const {
    using Call = detail::Call<std::decay_t<F>, std::decay_t<Args>...>;
    return Tracked<Call>{token(), Call{std::forward<F>(function), {std::forward<Args>(arguments)...}}};
  }
  /// Parameters are destroyed after the frames below, the last one first.
  template <class T>
  static Task<T> within(TaskTrackerToken, Task<T> task) {
    co_return co_await std::move(task);
  }

  std::shared_ptr<detail::TrackerState> state_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::TaskTracker;
using task::TaskTrackerToken;
}  // namespace rondeau
