// JoinHandle<T>: the result of a spawned task; AbortHandle: the right to end it.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/cell.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::task {

/// Names a task; never reused within a process.
enum class TaskId : std::uint64_t {};

/// Why a task gave no value.
class [[nodiscard]] JoinError {
 public:
  enum class Kind : std::uint8_t { Cancelled, Exception, Overloaded };

  JoinError(Kind kind, TaskId id, std::exception_ptr exception = nullptr,
            CancelReason reason = CancelReason::None) noexcept
      : kind_(kind), reason_(reason), id_(id), exception_(std::move(exception)) {}

  /// The task was aborted, or its runtime ended. Not a failure: not to be logged as one.
  bool is_cancelled() const noexcept { return kind_ == Kind::Cancelled; }
  bool is_exception() const noexcept { return kind_ == Kind::Exception; }
  /// Why it was cancelled; None where it was not.
  CancelReason reason() const noexcept { return reason_; }
  /// A blocking pool had no room for the call.
  bool is_overloaded() const noexcept { return kind_ == Kind::Overloaded; }
  const std::exception_ptr& exception() const noexcept { return exception_; }
  [[noreturn]] void rethrow() const { std::rethrow_exception(exception_); }
  TaskId id() const noexcept { return id_; }
  std::string message() const;
  /// So that a JoinError passes through RONDEAU_TRY in a function that returns Result<T>.
  operator base::Error() const { return base::Error(is_overloaded() ? base::Errc::Overloaded : base::Errc::Other, message()); }

 private:
  Kind kind_;
  CancelReason reason_;
  TaskId id_;
  std::exception_ptr exception_;
};

/// Ends a task from anywhere.
///
/// abort takes effect at the task's next suspension: its frames are destroyed by a worker, innermost first. A task that
/// completes first keeps its value; one that never ran never runs. Idempotent. Thread safety: any thread.
class AbortHandle {
 public:
  explicit AbortHandle(detail::Header* task) noexcept : task_(task) { task_->state.add_reference(); }
  AbortHandle(const AbortHandle& other) noexcept : task_(other.task_) {
    if (task_ != nullptr) task_->state.add_reference();
  }
  AbortHandle(AbortHandle&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  AbortHandle& operator=(AbortHandle other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~AbortHandle() {
    if (task_ != nullptr) detail::drop_task_reference(task_);
  }
  /// Of the task that calls it; aborts the process outside of a task.
  static AbortHandle current(std::source_location where = std::source_location::current()) {
    if (detail::current_task() == nullptr) base::fail("AbortHandle::current is for a task that runs", where);
    return AbortHandle(detail::current_task());
  }
  void abort() const noexcept {
    if (task_ != nullptr) detail::abort_task(task_, CancelReason::Abort);
  }
  /// True only after all destructors of the task ran.
  bool is_finished() const noexcept { return task_ == nullptr || task_->state.is_complete(); }
  TaskId id() const noexcept { return TaskId{task_ == nullptr ? 0 : task_->id}; }

 private:
  detail::Header* task_;
};

template <class R>
class Flattened;

/// The result of a spawned task, or of a blocking call. Destroyed: the task goes on, detached.
///
/// `co_await handle` gives Result<T, JoinError>; a second await after the result aborts.
/// Cancellation: safe; the await may be dropped and repeated. Thread safety: one user at a time.
template <class T>
class [[nodiscard("a dropped JoinHandle detaches its task; say detach()")]] JoinHandle {
 public:
  explicit JoinHandle(detail::Header* task) noexcept : task_(task) {}
  JoinHandle(JoinHandle&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  JoinHandle& operator=(JoinHandle&& other) noexcept {
    if (this != &other) {
      detach();
      task_ = std::exchange(other.task_, nullptr);
    }
    return *this;
  }
  ~JoinHandle() { detach(); }

  void abort() const noexcept {
    if (task_ != nullptr) detail::abort_task(task_, CancelReason::Abort);
  }
  bool is_finished() const noexcept { return task_ == nullptr || task_->state.is_complete(); }
  AbortHandle abort_handle(std::source_location where = std::source_location::current()) const noexcept {
    return AbortHandle(required(where));
  }
  TaskId id(std::source_location where = std::source_location::current()) const noexcept {
    return TaskId{required(where)->id};
  }

  /// Lets the task go on by itself; its result is destroyed when it ends.
  void detach() noexcept {
    if (detail::Header* task = std::exchange(task_, nullptr); task != nullptr) {
      if (task->state.is_complete()) {
        task->vtable->destroy_result(task);
        if (task->state.drop_completed_join_handle()) task->vtable->free(task);
        return;
      }
      if (task->state.drop_join_handle_fast()) return;
      if (task->state.unset_join_interest()) task->vtable->destroy_result(task);
      detail::drop_task_reference(task);
    }
  }

  class [[nodiscard]] Join final : public detail::Awaiter<Join> {
   public:
    static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

    explicit Join(detail::Header* task, std::source_location where = std::source_location::current()) noexcept
        : task_(task) {
      if (task_ == nullptr) base::fail("this JoinHandle was detached or moved from", where);
      if (task_->state.is_complete() && task_->root.outcome == detail::Outcome::Taken) {
        base::fail("a JoinHandle gives its result once", where);
      }
    }
    ~Join() { disarm(); }
    void disarm() noexcept {
      if (std::exchange(registered_, false) && task_->state.unset_join_waker()) task_->join_waker.drop();
    }
    bool try_now() const noexcept { return task_->state.is_complete(); }
    bool enqueue() noexcept {
      const detail::Wake waker = this->strand->wake().counted();
      task_->join_waker = waker;
      registered_ = task_->state.set_join_waker();
      if (!registered_) waker.drop();
      return registered_;
    }
    bool fired() const noexcept { return task_->state.is_complete(); }
    void describe_wait(detail::WaitDescription& wait) const noexcept {
      wait.operation = "JoinHandle";
      wait.holder = task_->id;
    }

    base::Result<T, JoinError> await_resume() noexcept(std::is_nothrow_move_constructible_v<T> || std::is_void_v<T>) {
      registered_ = false;
      auto& slot = static_cast<detail::ResultSlot<T>&>(*task_);
      const TaskId id{task_->id};
      switch (slot.root.outcome) {
        case detail::Outcome::Value: {
          if constexpr (std::is_void_v<T>) {
            slot.clear();
            return {};
          } else {
            base::Result<T, JoinError> result(std::move(slot.value));
            slot.clear();
            return result;
          }
        }
        case detail::Outcome::Exception: {
          base::Unexpected error{JoinError(JoinError::Kind::Exception, id, std::move(slot.exception))};
          slot.clear();
          return error;
        }
        case detail::Outcome::Overloaded:
          return base::Unexpected{JoinError(JoinError::Kind::Overloaded, id)};
        default:
          return base::Unexpected{JoinError(JoinError::Kind::Cancelled, id, nullptr,
                                            slot.root.cancel_reason.load(std::memory_order_relaxed))};
      }
    }

   private:
    detail::Header* task_;
    bool registered_ = false;
  };
  Join operator co_await() const noexcept { return Join(task_); }
  /// The same from a known place.
  Join awaiter_at(std::source_location where) const noexcept { return Join(task_, where); }
  /// Of a task that gives a Result: one Result instead of two, for `co_await` gives the task's own, and what kept it from
  /// giving one as that Result's error. The handle goes with it.
  auto flatten() &&
    requires(base::is_result<T>)
  {
    return Flattened<T>(std::move(*this));
  }
  /// As co_await, of a task that is_finished().
  base::Result<T, JoinError> take_result(std::source_location where = std::source_location::current()) {
    Join join(required(where), where);
    if (!join.try_now()) base::fail("take_result is for a task that has ended; co_await the handle", where);
    return join.await_resume();
  }

 private:
  detail::Header* required(std::source_location where) const noexcept {
    if (task_ == nullptr) base::fail("this JoinHandle was detached or moved from", where);
    return task_;
  }

  detail::Header* task_;
};

/// What JoinHandle::flatten() returns. Destroyed: the task goes on, detached. Cancellation: safe.
template <class R>
class [[nodiscard("a dropped handle detaches its task")]] Flattened {
  static_assert(std::convertible_to<JoinError, typename R::error_type>,
                "rondeau: flatten needs an error type that a JoinError converts to, as rondeau::Error is");

 public:
  explicit Flattened(JoinHandle<R> handle) noexcept : handle_(std::move(handle)) {}

  void abort() const noexcept { handle_.abort(); }
  bool is_finished() const noexcept { return handle_.is_finished(); }

  class [[nodiscard]] Join final : public detail::Awaiter<Join> {
   public:
    static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

    explicit Join(const JoinHandle<R>& handle, std::source_location where = std::source_location::current()) noexcept
        : join_(handle.awaiter_at(where)) {}
    bool try_now() const noexcept { return join_.try_now(); }
    bool enqueue() noexcept {
      join_.strand = this->strand;
      return join_.enqueue();
    }
    bool fired() const noexcept { return join_.fired(); }
    void disarm() noexcept { join_.disarm(); }
    R await_resume() {
      auto joined = join_.await_resume();
      if (!joined) return R(base::Unexpected<typename R::error_type>{std::move(joined).error()});
      return *std::move(joined);
    }

   private:
    typename JoinHandle<R>::Join join_;
  };
  Join operator co_await() const noexcept { return Join(handle_); }
  /// The same from a known place.
  Join awaiter_at(std::source_location where) const noexcept { return Join(handle_, where); }

 private:
  JoinHandle<R> handle_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::AbortHandle;
using task::JoinError;
using task::JoinHandle;
using task::TaskId;
}  // namespace rondeau
