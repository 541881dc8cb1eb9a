// supervise: run a piece of work for a peer, as long as the peer is there and time is left.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/group.h>
#include <rondeau/detail/registration.h>
#include <rondeau/detail/waiter.h>
#include <rondeau/io/stream.h>
#include <rondeau/task/after_run.h>
#include <rondeau/time/alarm.h>

namespace rondeau::time {

/// Bytes for the peer that were not sent when the work began to wait.
class Unsent {
 public:
  /// Hands the stream what it takes. False: something is left, and the stream takes no more for now.
  virtual bool push() noexcept = 0;

 protected:
  ~Unsent() = default;
};

/// Why supervised work was ended.
enum class Cut : std::uint8_t { Deadline, PeerLeft };

/// What supervise() looks at. Lifetime: what it refers to outlives the await.
struct Supervision {
  io::Stream& stream;
  Alarm& alarm;                     ///< of the awaiting task
  const base::Instant& deadline;    ///< may be moved to a later instant meanwhile; far_future(): none
  base::Duration half_close_grace;  ///< how long a peer that ended its half may still be interested
  Unsent& unsent;
};

/// Like Timeout, it runs its branch in the strand of its own task: every wake leads here and asks the branch first.
template <class B>
class [[nodiscard("supervise does nothing until it is awaited")]] Supervise final : public detail::Group,
                                                                                    task::AfterRun {
  using Arm = typename detail::ArmOf<B>::type;

 public:
  using Result = base::Result<typename Arm::Value, Cut>;
  static constexpr task::CancelSafety cancel_safety = Arm::cancel_safety;

  Supervise(const Supervision& over, B&& branch) : over_(over), arm_(std::forward<B>(branch)) {
    arm_.borrows_slot = true;
  }
  ~Supervise() { disarm(); }
  void disarm() noexcept {
    arm_.end();
    end_waits();
  }

  bool await_ready() {
    asking_ = true;
    if (arm_.start(*this)) arm_.done = true;
    asking_ = false;
    return arm_.done;
  }
  bool await_suspend(std::coroutine_handle<> waiting) {
    frame = waiting;
    strand->leaf = this;
    task::after_run(*this);
    if (!must_end() || !end_branch_holds()) return true;
    strand->leaf = nullptr;
    return false;
  }
  Result await_resume() {
    end_waits();
    if (arm_.done) return arm_.take();
    arm_.end();
    return base::Unexpected{cut_};
  }

  bool ready() noexcept final {
    if (!arm_.ending) {
      ask_branch();
      if (arm_.done) return true;
      if (!must_end()) {
        at_rest();
        return false;
      }
    }
    return end_branch_holds();
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
  /// The branch waits: what it left behind goes out now, and goes on when the stream takes more.
  void at_rest() noexcept override {
    while (!writable_.linked() && !over_.unsent.push()) {
      writable_.interest = detail::kWriteInterest;
      writable_.wake = strand->wake();
      if (over_.stream.start_wait(writable_)) return;
    }
  }

 private:
  bool must_end() noexcept {
    if (!closed_.linked() && peer_left()) {
      cut_ = Cut::PeerLeft;
      return true;
    }
    const base::Instant deadline = std::min(over_.deadline, leaves_at_);
    if (deadline == base::Instant::far_future() || !over_.alarm.passed(deadline, *strand)) return false;
    cut_ = leaves_at_ <= over_.deadline ? Cut::PeerLeft : Cut::Deadline;
    return true;
  }
  /// Waits for the end of the peer's half; once that is there, for the end of the connection.
  bool peer_left() noexcept {
    closed_.wake = strand->wake();
    if (leaves_at_ == base::Instant::far_future()) {
      closed_.interest = detail::kClosedInterest;
      if (over_.stream.start_wait(closed_)) return false;
      leaves_at_ = base::Instant::now() + over_.half_close_grace;
    }
    closed_.interest = detail::kClosedInterest & ~base::PollEvent::ReadClosed;
    return !over_.stream.start_wait(closed_);
  }
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
  void end_waits() noexcept {
    if (closed_.linked()) over_.stream.end_wait(closed_);
    if (writable_.linked()) over_.stream.end_wait(writable_);
  }

  const Supervision over_;
  Arm arm_;
  detail::Waiter closed_;
  detail::Waiter writable_;
  base::Instant leaves_at_ = base::Instant::far_future();
  Cut cut_ = Cut::Deadline;
  bool asking_ = false;
};

/// Awaits `branch` until it ends, the deadline passes, or the peer is gone; then the branch is ended before this
/// returns.
///
/// A branch that is ready at once costs nothing. While it waits, `unsent` is pushed whenever the stream takes more. A
/// reset or a hang-up means gone; a lone end of the peer's half means gone after the grace.
/// Cancellation: that of the branch.
template <class B>
Supervise<B> supervise(const Supervision& over, B&& branch) {
  return Supervise<B>(over, std::forward<B>(branch));
}

}  // namespace rondeau::time
