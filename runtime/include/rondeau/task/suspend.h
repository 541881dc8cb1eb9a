// suspend: waits for a callback, the bridge to code that knows nothing of tasks.
#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/detail/leaf.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

/// What a suspended task and its wakers share. Thread safety: any thread.
class Suspension;

std::shared_ptr<Suspension> make_suspension(Wake wake);
bool is_woken(const Suspension& suspension) noexcept;
void wake(Suspension& suspension) noexcept;
/// Whom to wake from now on; empty: nobody yet.
void move_to(Suspension& suspension, Wake wake) noexcept;
/// From now on waking does nothing.
void give_up(Suspension& suspension) noexcept;

}  // namespace rondeau::detail

namespace rondeau::task {

/// The right to resume a task that waits in suspend(). Waking again, or when nobody waits any more, does nothing.
///
/// Thread safety: any thread, also outside of a runtime and after its end.
class Waker {
 public:
  explicit Waker(std::shared_ptr<detail::Suspension> suspension) noexcept : suspension_(std::move(suspension)) {}
  void wake() const noexcept { detail::wake(*suspension_); }

 private:
  std::shared_ptr<detail::Suspension> suspension_;
};

/// What suspend() returns.
template <class F>
class [[nodiscard("suspend does nothing until it is awaited")]] Suspend final : public detail::Awaiter<Suspend<F>> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;
  static constexpr bool begins_anew = true;  // when it is awaited again: so giving it by name saves nothing

  explicit Suspend(F begin) : begin_(std::move(begin)) {}
  ~Suspend() { disarm(); }

  bool try_now() const noexcept { return suspension_ != nullptr && fired(); }
  bool enqueue() noexcept {
    if (suspension_ != nullptr) {
      detail::move_to(*suspension_, this->strand->wake());
      return !fired();
    }
    try {
      suspension_ = detail::make_suspension(this->strand->wake());
      begin_(Waker(suspension_));
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
    return !fired();
  }
  bool fired() const noexcept { return detail::is_woken(*suspension_); }
  void disarm() noexcept {
    if (suspension_ != nullptr) detail::give_up(*suspension_);
    suspension_ = nullptr;
  }
  /// Begun once: it may be woken while nobody waits.
  void pause_wait() noexcept {
    if (suspension_ != nullptr) detail::move_to(*suspension_, {});
  }
  void await_resume() {
    disarm();
    if (thrown_) std::rethrow_exception(std::move(thrown_));
  }

 private:
  F begin_;
  std::shared_ptr<detail::Suspension> suspension_;
  std::exception_ptr thrown_;
};

/// Calls `begin(waker)` and waits until somebody calls waker.wake(), which `begin` itself may do:
///
///     co_await suspend([&](Waker waker) { library.on_done([waker] { waker.wake(); }); });
///
/// Results go through what both sides share. An exception of `begin` passes on. As a branch of a select that lost it
/// calls `begin` again when it is awaited again.
/// Cancellation: nobody tells the other side; let what it keeps be owned, not borrowed from the frame.
template <class F>
  requires std::invocable<F&, Waker>
Suspend<std::decay_t<F>> suspend(F&& begin) {
  return Suspend<std::decay_t<F>>(std::forward<F>(begin));
}

}  // namespace rondeau::task

namespace rondeau {
using task::suspend;
using task::Waker;
}  // namespace rondeau
