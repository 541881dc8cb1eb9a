// Interval: ticks at a fixed period.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include <rondeau/base/instant.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/timer_entry.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::time {

/// What follows a tick that came more than 5 ms late.
enum class MissedTickBehavior : std::uint8_t {
  Burst,  ///< the missed ticks at once, until the schedule is met again
  Delay,  ///< the next tick one period after the late one
  Skip,   ///< the next tick at the next multiple of the period
};

/// Ticks every `period`, the first one at its start. `auto every = interval(1s); while (…) co_await every.tick();`
///
/// Thread safety: one user at a time. Lifetime: must outlive the tick that is awaited.
class Interval {
 public:
  /// Aborts where the period is not positive.
  Interval(base::Instant start, base::Duration period, std::source_location where = std::source_location::current());

  template <class Derived>
  class Ticking : public detail::Awaiter<Derived> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

    bool try_now() const noexcept { return base::Instant::now() >= interval_.next_; }
    bool enqueue() noexcept {
      return detail::arm_timer(entry_, interval_.next_, this->strand->wake(), *this->strand->task->scheduler);
    }
    bool fired() const noexcept { return entry_.fired(); }
    void disarm() noexcept {
      if (entry_.awaited()) detail::cancel_timer(entry_);
    }

   protected:
    explicit Ticking(Interval& interval) noexcept : interval_(interval) {}
    ~Ticking() { disarm(); }
    Interval& interval_;

   private:
    detail::TimerEntry entry_;
  };
  class [[nodiscard("a tick does nothing until it is awaited")]] Tick final : public Ticking<Tick> {
   public:
    explicit Tick(Interval& interval) noexcept : Ticking<Tick>(interval) {}
    base::Instant await_resume() noexcept { return interval_.take(); }
  };
  class [[nodiscard("next does nothing until it is awaited")]] Next final : public Ticking<Next> {
   public:
    explicit Next(Interval& interval) noexcept : Ticking<Next>(interval) {}
    std::optional<base::Instant> await_resume() noexcept { return interval_.take(); }
  };

  /// Waits for the next tick; gives the instant it was due at. Cancellation: safe, no tick is consumed.
  Tick tick() noexcept { return Tick(*this); }
  /// An interval is a stream of its ticks, without an end.
  Next next() noexcept { return Next(*this); }

  /// The next tick comes one period from now. These four concern the next tick() awaited, not one that waits.
  void reset() noexcept { reset_after(period_); }
  void reset_immediately() noexcept { reset_at(base::Instant::now()); }
  void reset_after(base::Duration span) noexcept { reset_at(base::Instant::now() + span); }
  void reset_at(base::Instant instant) noexcept { next_ = instant; }

  base::Duration period() const noexcept { return period_; }
  MissedTickBehavior missed_tick_behavior() const noexcept { return behavior_; }
  void set_missed_tick_behavior(MissedTickBehavior behavior) noexcept { behavior_ = behavior; }

 private:
  base::Instant take() noexcept;

  base::Instant next_;
  base::Duration period_;
  MissedTickBehavior behavior_ = MissedTickBehavior::Burst;
};

/// Ticks at once, then every `period`.
inline Interval interval(base::Duration period, std::source_location where = std::source_location::current()) {
  return Interval(base::Instant::now(), period, where);
}
/// Ticks at `start`, then every `period`.
inline Interval interval_at(base::Instant start, base::Duration period,
                            std::source_location where = std::source_location::current()) {
  return Interval(start, period, where);
}

}  // namespace rondeau::time

namespace rondeau {
using time::interval;
using time::interval_at;
}  // namespace rondeau
