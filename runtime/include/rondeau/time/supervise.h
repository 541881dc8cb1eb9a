// supervise: run a piece of work for a peer, as long as the peer is there and time is left.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/enclosure.h>
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

/// Asks its branch first, then the stream and the clock.
template <class B>
class [[nodiscard("supervise does nothing until it is awaited")]] Supervise final : public detail::Enclosure<B>,
                                                                                    task::AfterRun {
  using Base = detail::Enclosure<B>;

 public:
  using Result = base::Result<typename Base::Arm::Value, Cut>;
  static constexpr task::CancelSafety cancel_safety = Base::Arm::cancel_safety;

  Supervise(const Supervision& over, B&& branch) : Base(std::forward<B>(branch)), over_(over) {}
  ~Supervise() { disarm(); }
  void disarm() noexcept {
    this->arm_.end();
    end_waits();
  }
  void describe(detail::WaitDescription& wait) const noexcept override {
    wait.operation = "supervise";
    wait.deadline = over_.deadline;
  }

  bool await_ready() { return this->start(this->strand->context); }
  bool await_suspend(std::coroutine_handle<> waiting) {
    this->wait(waiting);
    task::after_run(*this);
    if (!must_end() || !this->leave_branch_holds()) return true;
    this->strand->leaf = nullptr;
    return false;
  }
  Result await_resume() {
    end_waits();
    if (this->arm_.done) return this->arm_.take();
    this->arm_.end();
    return base::Unexpected{cut_};
  }

  bool ready() noexcept override {
    if (!this->arm_.ending) {
      if (this->ask_branch()) return true;
      if (!must_end()) {
        at_rest();
        return false;
      }
    }
    return this->leave_branch_holds();
  }
  void pause() noexcept override {
    Base::pause();
    end_waits();
  }
  /// The branch waits: what it left behind goes out now, and goes on when the stream takes more.
  void at_rest() noexcept override {
    while (this->strand->task != nullptr && !writable_.linked() && !over_.unsent.push()) {
      writable_.interest = detail::kWriteInterest;
      writable_.wake = this->strand->wake();
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
    if (deadline == base::Instant::far_future() || !over_.alarm.passed(deadline, *this->strand)) return false;
    cut_ = leaves_at_ <= over_.deadline ? Cut::PeerLeft : Cut::Deadline;
    return true;
  }
  /// Waits for the end of the peer's half; once that is there, for the end of the connection.
  bool peer_left() noexcept {
    closed_.wake = this->strand->wake();
    if (leaves_at_ == base::Instant::far_future()) {
      closed_.interest = detail::kClosedInterest;
      if (over_.stream.start_wait(closed_)) return false;
      leaves_at_ = base::Instant::now() + over_.half_close_grace;
    }
    closed_.interest = detail::kClosedInterest & ~base::PollEvent::ReadClosed;
    return !over_.stream.start_wait(closed_);
  }
  void end_waits() noexcept {
    if (closed_.linked()) over_.stream.end_wait(closed_);
    if (writable_.linked()) over_.stream.end_wait(writable_);
  }

  const Supervision over_;
  detail::Waiter closed_;
  detail::Waiter writable_;
  base::Instant leaves_at_ = base::Instant::far_future();
  Cut cut_ = Cut::Deadline;
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
