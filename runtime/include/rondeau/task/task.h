// Task<T>: a lazy coroutine.
#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/forgotten.h>
#include <rondeau/detail/paused_branch.h>
#include <rondeau/detail/promise.h>

#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::coro_return_type)
#define RONDEAU_CORO_RETURN_TYPE [[clang::coro_return_type]]
#endif
#endif
#ifndef RONDEAU_CORO_RETURN_TYPE
#define RONDEAU_CORO_RETURN_TYPE
#endif

namespace rondeau::task {

/// A coroutine that has not run yet. `co_await std::move(task)` (or `co_await f()`) runs it and gives its result.
///
/// Lazy: nothing runs before it is awaited or given to spawn. Move-only; awaited once, a second await aborts.
/// Destroying one that never ran destroys its arguments and runs nothing; debug builds say so on standard error, unless
/// it is given to discard(), or goes with a task that was ended, or with an exception. Exceptions pass to the awaiter.
/// Given to select or timeout by name, it is started there and only pauses when another branch wins: give it again, or
/// `co_await std::move(task)`, and it goes on. One that has a scope open then is ended with `co_await cancel(task)`;
/// destroying it would have to wait, so it aborts. It stays in the task that started it.
/// Cancellation: destroying a running one destroys its frames, innermost first; destructors run.
/// Thread safety: one owner at a time.
template <class T = void>
class [[nodiscard("a Task does nothing until it is awaited or spawned")]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Task() noexcept = default;
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  /// False after it was awaited, spawned or moved from.
  explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

  /// Gives the frame away: for those who run tasks.
  std::coroutine_handle<promise_type> release() && noexcept {
    if (started()) base::fail("this Task was started by name: it goes on by name, in co_await, or ends in cancel()");
    return std::exchange(frame_, nullptr);
  }
  /// The strand of a Task that is given to a combinator by name; made at the first call.
  detail::PausedBranch& branch(detail::Header& in) {
    auto& promise = frame_.promise();
    if (!started()) {
      auto* made = new detail::PausedBranch(in, frame_);
      promise.strand = made;
      promise.owner = &made->frame;
    }
    return static_cast<detail::PausedBranch&>(*promise.strand);
  }
  promise_type& promise() const noexcept { return frame_.promise(); }
  /// Given to a combinator by name before, and not at its end: it goes on by name, in co_await, or ends in cancel().
  bool started() const noexcept { return frame_ && frame_.promise().strand != nullptr; }

  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (!frame_) return;
      if (detail::PausedBranch* branch = started_before()) {
        branch->destroy();
      } else {
        frame_.destroy();
      }
    }
    bool await_ready() const noexcept {
      if (!frame_) base::fail("a Task is awaited once; this one was awaited, spawned or moved from before");
      return false;
    }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiting) noexcept {
      detail::PromiseBase& parent = waiting.promise();
      if (detail::PausedBranch* branch = started_before()) return branch->go_on_alone(*parent.strand, waiting);
      auto child = std::coroutine_handle<promise_type>::from_address(frame_.address());
      child.promise().parent = &parent;
      child.promise().strand = parent.strand;
      child.promise().owner = &frame_;
      return child;
    }
    T await_resume() { return std::coroutine_handle<promise_type>::from_address(frame_.address()).promise().take(); }

   private:
    /// Started by name before it was awaited, it has a strand of its own.
    detail::PausedBranch* started_before() noexcept {
      const detail::PromiseBase& promise = detail::PromiseBase::of(frame_);
      if (promise.strand == nullptr || promise.owner == &frame_) [[likely]] return nullptr;
      return static_cast<detail::PausedBranch*>(promise.strand);
    }
    std::coroutine_handle<> frame_;
  };
  Awaiter awaiter() && noexcept { return Awaiter(std::exchange(frame_, nullptr)); }

 private:
  void destroy() noexcept {
    if (!frame_) return;
    if (started()) return static_cast<detail::PausedBranch*>(frame_.promise().strand)->destroy();
#ifdef NDEBUG
    detail::end_unstarted(frame_);
#else
    detail::end_forgotten(frame_, frame_.promise().made);
#endif
  }
  std::coroutine_handle<promise_type> frame_;
};

/// Destroys a Task that is not to run after all; its arguments are destroyed.
template <class T>
void discard(Task<T> task) noexcept {
  if (task) detail::end_unstarted(std::move(task).release());
}

}  // namespace rondeau::task

namespace rondeau::detail {

/// It was given over to somebody who need not begin it: destroyed before, it is not forgotten.
template <class T>
void may_be_dropped([[maybe_unused]] task::Task<T>& task) noexcept {
#ifndef NDEBUG
  if (task && !task.started()) task.promise().made = {};
#endif
}

template <class T>
task::Task<T> Promise<T>::get_return_object(std::source_location where) noexcept {
  made_at(where);
  return task::Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline task::Task<void> Promise<void>::get_return_object(std::source_location where) noexcept {
  made_at(where);
  return task::Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace rondeau::detail

namespace rondeau {
using task::discard;
using task::Task;
}  // namespace rondeau
