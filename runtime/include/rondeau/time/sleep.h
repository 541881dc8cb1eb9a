// sleep_for, sleep_until: wait for the clock.
#pragma once

#include <type_traits>

#include <rondeau/base/instant.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/timer_entry.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::time {

/// Ends at its deadline. `co_await sleep_for(10ms);`, or kept and awaited again: `co_await sleep;`.
///
/// Never early; late by at most one millisecond and the scheduling. It goes to a timer wheel at its first await, and
/// one that is kept stays there when its await is given up, so that a select in a loop costs next to nothing. An await
/// after the deadline is ready at once.
/// Cancellation: safe. Thread safety: one user at a time. Lifetime: it may outlive the task that awaited it.
class [[nodiscard("a Sleep does nothing until it is awaited")]] Sleep {
 public:
  /// `due`: the deadline has passed, as the caller knows.
  Sleep(base::Instant deadline, bool due) noexcept : deadline_(deadline), due_(due) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  ~Sleep() {
    if (entry_.armed()) detail::cancel_timer(entry_);
  }

  base::Instant deadline() const noexcept { return deadline_; }
  bool is_elapsed() const noexcept { return due_ || entry_.fired() || base::Instant::now() >= deadline_; }

  /// Another deadline, also while it is awaited, also after it ended. To a later one it costs an atomic exchange.
  void reset(base::Instant deadline) noexcept;

  class [[nodiscard]] Wait final : public detail::Awaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

    Wait(Sleep& sleep, bool kept) noexcept : kept_(kept), sleep_(sleep) {}
    ~Wait() { disarm(); }
    bool try_now() const noexcept { return sleep_.due_ || sleep_.entry_.fired(); }
    bool enqueue() noexcept { return sleep_.wait(this->strand->wake(), *this->strand->task->scheduler); }
    bool fired() const noexcept { return sleep_.entry_.fired(); }
    void disarm() noexcept {
      if (sleep_.entry_.awaited()) sleep_.unwait(kept_);
    }
    void describe_wait(detail::WaitDescription& wait) const noexcept {
      wait.operation = "sleep";
      wait.deadline = sleep_.deadline_;
    }
    void await_resume() const noexcept {}

   private:
    const bool kept_;  // first: it fits behind what the Awaiter ends with
    Sleep& sleep_;
  };
  Wait operator co_await() & noexcept { return Wait(*this, true); }
  Wait operator co_await() && noexcept { return Wait(*this, false); }

 private:
  bool wait(detail::Wake wake, detail::Scheduler& scheduler) noexcept;
  void unwait(bool kept) noexcept;

  base::Instant deadline_;
  [[no_unique_address]] detail::TimerEntry entry_;  // has room at its end
  bool due_;
};

/// Waits for `span`; ready at once where it is zero or negative. Cancellation: safe.
inline Sleep sleep_for(base::Duration span) noexcept {
  return Sleep(base::Instant::now() + span, span <= span.zero());
}

/// Say the unit: sleep_for(5s).
template <class Number>
  requires std::is_arithmetic_v<Number>
Sleep sleep_for(Number) = delete;

/// Waits until the clock shows `deadline`; ready at once where it does already. Cancellation: safe.
inline Sleep sleep_until(base::Instant deadline) noexcept {
  return Sleep(deadline, deadline <= base::Instant::now());
}

}  // namespace rondeau::time

namespace rondeau {
using time::sleep_for;
using time::sleep_until;
}  // namespace rondeau
