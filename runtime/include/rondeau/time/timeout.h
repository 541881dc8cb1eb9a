// timeout, timeout_at: work that must be done in time.
#pragma once

#include <concepts>
#include <coroutine>
#include <string_view>
#include <utility>
#include <variant>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/group.h>
#include <rondeau/detail/timer_entry.h>

namespace rondeau::time {

/// The time ran out.
struct Elapsed {
  std::string_view message() const noexcept { return base::to_string(base::Errc::TimedOut); }
  operator base::Error() const noexcept { return base::Errc::TimedOut; }
  friend bool operator==(Elapsed, Elapsed) noexcept = default;
};

/// What timeout makes of a branch's value: an error more where the value is a Result that can hold it.
template <class T>
struct Timed {
  using type = base::Result<T, Elapsed>;
};
template <>
struct Timed<std::monostate> {
  using type = base::Result<void, Elapsed>;
};
template <class T, class E>
  requires std::convertible_to<base::Errc, E>
struct Timed<base::Result<T, E>> {
  using type = base::Result<T, E>;
};

/// Runs its branch in the strand of its own task and asks it first, then the clock. It needs no slot of the task: every
/// wake of the branch or of the timer leads here. So where timers of nested timeouts are due, the innermost is told.
template <class B>
class [[nodiscard("timeout does nothing until it is awaited")]] Timeout final : public detail::Group {
  using Arm = typename detail::ArmOf<B>::type;

 public:
  using Result = typename Timed<typename Arm::Value>::type;

  Timeout(base::Instant deadline, B&& branch) : arm_(std::forward<B>(branch)), deadline_(deadline) {
    arm_.borrows_slot = true;
  }
  ~Timeout() { disarm(); }
  /// As a branch of a select that another one won.
  void disarm() noexcept {
    arm_.end();
    arm_.done = arm_.ending = expired_ = false;
    if (timer_.awaited()) detail::cancel_timer(timer_);
  }

  bool await_ready() {
    if (arm_.begun) base::fail("a timeout over a Task is awaited once");
    asking_ = true;
    if (arm_.start(*this)) arm_.done = true;
    asking_ = false;
    return arm_.done;
  }
  bool await_suspend(std::coroutine_handle<> waiting) {
    frame = waiting;
    strand->leaf = this;
    if (detail::arm_timer(timer_, deadline_, strand->wake(), *strand->task->scheduler) || !ready()) return true;
    strand->leaf = nullptr;
    return false;
  }
  Result await_resume() {
    if (timer_.awaited()) detail::cancel_timer(timer_);
    if (!arm_.done) {
      arm_.end();
      if constexpr (std::same_as<typename Result::error_type, Elapsed>) {
        return base::Unexpected{Elapsed()};
      } else {
        return base::Unexpected{base::Errc::TimedOut};
      }
    }
    if constexpr (std::same_as<typename Arm::Value, std::monostate>) {
      static_cast<void>(arm_.take());
      return {};
    } else {
      return arm_.take();
    }
  }

  bool ready() noexcept final {
    if (!arm_.ending) {
      ask_branch();
      if (arm_.done) return true;
      if (!timer_.fired()) return false;
      expired_ = true;
    }
    return expired_ && leave_branch_holds();
  }
  std::coroutine_handle<> branch_done(detail::Branch&) noexcept final {
    arm_.done = true;
    if (asking_) return std::noop_coroutine();
    // A combinator inside the branch was woken by its own slot and went on to the branch's end.
    strand->leaf = nullptr;
    if (frame) return frame;
    auto& outer = static_cast<detail::Branch&>(*strand);  // without a frame: itself a branch of a combinator
    return outer.owner->branch_done(outer);
  }
  bool end_branch_holds() noexcept final {
    if (!arm_.begun || arm_.done) return true;
    arm_.ending = true;
    return detail::end_holds(arm_);
  }
  bool leave_branch_holds() noexcept final {
    if (!arm_.begun || arm_.done) return true;
    arm_.ending = true;
    return arm_.end_losing_holds();
  }
  void pause() noexcept final {
    arm_.pause();
    detail::cancel_timer(timer_);
  }
  void unpause() noexcept final {
    arm_.unpause(*this);
    // Where it is due it counts as fired, and is looked at when this is asked.
    static_cast<void>(detail::arm_timer(timer_, deadline_, strand->wake(), *strand->task->scheduler));
    if (expired_) static_cast<void>(leave_branch_holds());
  }

 private:
  void ask_branch() noexcept {
    detail::Leaf* leaf = arm_.leaf;
    if (leaf == nullptr || !leaf->ready()) return;
    arm_.leaf = nullptr;
    if (!leaf->frame) {
      arm_.done = true;
      return;
    }
    asking_ = true;
    leaf->frame.resume();
    asking_ = false;
  }

  Arm arm_;
  base::Instant deadline_;
  detail::TimerEntry timer_;
  bool asking_ = false;
  bool expired_ = false;
};

/// Awaits `branch` (a Task, an awaitable of the library, a JoinHandle) until `deadline`.
///
/// The branch goes first: one that is ready at once gives its value whatever the deadline, without touching a timer.
/// When time runs out the branch is ended before timeout returns (one with an open scope is waited for). Over
/// Result<T> it gives Result<T> with Errc::TimedOut, else Result<T, Elapsed>. Where several are due in one
/// millisecond the innermost tells.
/// Cancellation: that of the branch. Lifetime: an awaitable given as lvalue or temporary is borrowed; await the
/// timeout in the same expression.
template <class B>
Timeout<B> timeout_at(base::Instant deadline, B&& branch) {
  return Timeout<B>(deadline, std::forward<B>(branch));
}

/// The same with a deadline `span` from now.
template <class B>
Timeout<B> timeout(base::Duration span, B&& branch) {
  return Timeout<B>(base::Instant::now() + span, std::forward<B>(branch));
}

}  // namespace rondeau::time

namespace rondeau {
using time::timeout;
using time::timeout_at;
}  // namespace rondeau
