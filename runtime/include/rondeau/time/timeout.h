// timeout, timeout_at: work that must be done in time.
#pragma once

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/enclosure.h>
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

/// Asks its branch first, then the clock: where timers of nested timeouts are due, the innermost is told. What runs under
/// it sees the deadline in its Context.
template <class B>
class [[nodiscard("timeout does nothing until it is awaited")]] Timeout final : public detail::Enclosure<B> {
  using Base = detail::Enclosure<B>;
  using Value = typename Base::Arm::Value;
  /// To code that could ask.
  static constexpr bool kShowsDeadline = Base::Arm::runs_code;

 public:
  using Result = typename Timed<Value>::type;
  static constexpr task::CancelSafety cancel_safety = Base::Arm::cancel_safety;

  Timeout(base::Instant deadline, B&& branch) : Base(std::forward<B>(branch)), deadline_(deadline) {}
  ~Timeout() { disarm(); }
  /// As a branch of a select that another one won.
  void disarm() noexcept {
    this->arm_.end();
    this->arm_.done = this->arm_.ending = expired_ = false;
    if (timer_.awaited()) detail::cancel_timer(timer_);
  }
  void describe(detail::WaitDescription& wait) const noexcept override {
    wait.operation = "timeout";
    wait.deadline = deadline_;
  }

  bool await_ready() {
    if (this->arm_.begun) base::fail("a timeout over a Task is awaited once");
    if constexpr (kShowsDeadline) {
      context_.derive(this->strand->context);
      context_.deadline = std::min(context_.deadline, deadline_);
      return this->start(&context_);
    } else {
      return this->start(this->strand->context);
    }
  }
  bool await_suspend(std::coroutine_handle<> waiting) {
    this->wait(waiting);
    detail::Strand& strand = *this->strand;
    if (detail::arm_timer(timer_, deadline_, strand.wake(), *strand.task->scheduler) || !ready()) return true;
    strand.leaf = nullptr;
    return false;
  }
  Result await_resume() {
    if (timer_.awaited()) detail::cancel_timer(timer_);
    if (!this->arm_.done) {
      if constexpr (kShowsDeadline) context_.ended_by = task::CancelReason::Deadline;
      this->arm_.end();
      if constexpr (std::same_as<typename Result::error_type, Elapsed>) {
        return base::Unexpected{Elapsed()};
      } else {
        return base::Unexpected{base::Errc::TimedOut};
      }
    }
    if constexpr (std::same_as<Value, std::monostate>) {
      static_cast<void>(this->arm_.take());
      return {};
    } else {
      return this->arm_.take();
    }
  }

  bool ready() noexcept override {
    if (!this->arm_.ending) {
      if (this->ask_branch()) return true;
      if (!timer_.fired()) return false;
      expired_ = true;
    }
    return expired_ && this->leave_branch_holds();
  }
  void pause() noexcept override {
    Base::pause();
    detail::cancel_timer(timer_);
  }
  void context_changed() noexcept override {
    if constexpr (kShowsDeadline) {
      context_.derive(this->strand->context);
      context_.deadline = std::min(context_.deadline, deadline_);
      this->arm_.set_context(&context_);
    } else {
      Base::context_changed();
    }
  }
  void unpause() noexcept override {
    Base::unpause();
    // Where it is due it counts as fired, and is looked at when this is asked.
    detail::Strand& strand = *this->strand;
    static_cast<void>(detail::arm_timer(timer_, deadline_, strand.wake(), *strand.task->scheduler));
    if (expired_) static_cast<void>(this->leave_branch_holds());
  }

 private:
  struct Nothing {};

  base::Instant deadline_;
  detail::TimerEntry timer_;
  bool expired_ = false;
  [[no_unique_address]] std::conditional_t<kShowsDeadline, detail::ContextNode, Nothing> context_;
};

/// Awaits `branch` (a Task, an awaitable of the library, a JoinHandle) until `deadline`.
///
/// The branch goes first: one that is ready at once gives its value whatever the deadline, without touching a timer.
/// What runs in it sees the deadline, if it is the earlier one, in Context::current(), and so do tasks it spawns.
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

/// timeout_at by the name that gRPC and Go know it by.
template <class B>
Timeout<B> with_deadline(base::Instant deadline, B&& branch) {
  return Timeout<B>(deadline, std::forward<B>(branch));
}

}  // namespace rondeau::time

namespace rondeau {
using time::timeout;
using time::timeout_at;
using time::with_deadline;
}  // namespace rondeau
