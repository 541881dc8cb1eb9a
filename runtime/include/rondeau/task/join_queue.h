// JoinQueue<T>: tasks whose results are taken in the order in which they were spawned.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>

namespace rondeau::task {

/// A JoinHandle that aborts its task when it is destroyed.
template <class T>
class [[nodiscard("a dropped AbortOnDrop aborts its task")]] AbortOnDrop {
 public:
  explicit AbortOnDrop(JoinHandle<T> handle) noexcept : handle_(std::move(handle)) {}
  AbortOnDrop(AbortOnDrop&&) noexcept = default;
  AbortOnDrop& operator=(AbortOnDrop&& other) noexcept {
    if (this != &other) {
      handle_.abort();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~AbortOnDrop() { handle_.abort(); }

  void abort() const noexcept { handle_.abort(); }
  bool is_finished() const noexcept { return handle_.is_finished(); }
  AbortHandle abort_handle() const noexcept { return handle_.abort_handle(); }
  TaskId id() const noexcept { return handle_.id(); }
  /// The handle without the threat.
  JoinHandle<T> detach() && noexcept { return std::move(handle_); }
  /// As JoinHandle. Cancellation: safe; the task goes on.
  auto operator co_await() const noexcept { return handle_.operator co_await(); }

 private:
  JoinHandle<T> handle_;
};

/// Tasks that run at once, and whose results come in the order of spawning. Destroyed: aborts them all.
///
/// Thread safety: one user at a time; it may move to another thread, also while its tasks run.
template <class T>
class JoinQueue {
 public:
  using Ended = base::Result<T, JoinError>;
  class JoinNext;

  /// As rondeau::spawn(); the handle can end the task.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  AbortHandle spawn(F&& function, Args&&... arguments) {
    static_assert(std::is_same_v<typename detail::TaskOf<F, Args...>::value_type, T>,
                  "rondeau: every task of a JoinQueue<T> is a Task<T>");
    return admit(task::spawn(std::forward<F>(function), std::forward<Args>(arguments)...));
  }
  AbortHandle spawn(Task<T> task) { return admit(task::spawn(std::move(task))); }
  template <class F, class... Args>
    requires detail::BlockingFunction<F, Args...>
  AbortHandle spawn_blocking(F&& function, Args&&... arguments) {
    return admit(task::spawn_blocking(std::forward<F>(function), std::forward<Args>(arguments)...));
  }

  /// The result of the oldest task; nullopt when the queue is empty. Cancellation: safe, no task leaves the queue.
  [[nodiscard]] JoinNext join_next() noexcept { return JoinNext(*this); }
  /// A queue is a stream of its results.
  [[nodiscard]] JoinNext next() noexcept { return JoinNext(*this); }
  /// nullopt also where the oldest task has not ended yet.
  std::optional<Ended> try_join_next() {
    if (queue_.empty() || !queue_.front().is_finished()) return std::nullopt;
    JoinHandle<T> oldest = std::move(queue_.front()).detach();
    queue_.pop_front();
    return oldest.take_result();
  }

  void abort_all() noexcept {
    for (const AbortOnDrop<T>& task : queue_) task.abort();
  }
  /// The tasks go on by themselves; the queue is empty.
  void detach_all() noexcept {
    for (AbortOnDrop<T>& task : queue_) std::move(task).detach().detach();
    queue_.clear();
  }
  std::size_t len() const noexcept { return queue_.size(); }
  bool empty() const noexcept { return queue_.empty(); }

 private:
  AbortHandle admit(JoinHandle<T> handle) { return queue_.emplace_back(std::move(handle)).abort_handle(); }

  std::deque<AbortOnDrop<T>> queue_;
};

template <class T>
class [[nodiscard]] JoinQueue<T>::JoinNext final : public detail::Awaiter<JoinNext> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  explicit JoinNext(JoinQueue& queue) noexcept : queue_(queue) {}
  ~JoinNext() { disarm(); }
  bool try_now() const noexcept { return queue_.empty() || queue_.queue_.front().is_finished(); }
  bool enqueue() noexcept {
    oldest_.emplace(Make{queue_.queue_.front()});
    oldest_->strand = this->strand;
    return oldest_->enqueue();
  }
  bool fired() const noexcept { return oldest_->fired(); }
  void disarm() noexcept { oldest_.reset(); }
  std::optional<Ended> await_resume() {
    disarm();
    return queue_.try_join_next();
  }

 private:
  using Join = typename JoinHandle<T>::Join;
  struct Make {
    const AbortOnDrop<T>& task;
    operator Join() const noexcept { return task.operator co_await(); }  // NOLINT: elided, awaiters do not move
  };
  JoinQueue& queue_;
  std::optional<Join> oldest_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::AbortOnDrop;
using task::JoinQueue;
}  // namespace rondeau
