// The wheel beside a list that is searched from end to end: what one does the other must do.
// Driven by bytes, so that a seeded generator and a fuzzer can both play it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/recorded_task.h"
#include "timer/wheel.h"

namespace rondeau::timer {

class WheelModel {
 public:
  static constexpr std::size_t kTimers = 96;  // more than two batches of wakes

  explicit WheelModel(std::int64_t start_nanoseconds)
      : now_(base::Instant::from_nanoseconds(start_nanoseconds)),
        wheel_(now_, [](void* self) { ++static_cast<WheelModel*>(self)->wakes_of_owner_; }, this) {
    for (std::size_t i = 0; i < kTimers; ++i) timers_[i].task = std::make_unique<support::RecordedTask>(scheduler_, i);
  }
  ~WheelModel() {
    for (Timer& timer : timers_) detail::cancel_timer(timer.entry);
  }

  /// Empty: all agreed. Otherwise what did not.
  std::string play(std::span<const std::uint8_t> moves) {
    moves_ = moves;
    while (!moves_.empty() && complaint_.empty()) step();
    for (int rounds = 0; complaint_.empty() && rounds < 20'000 && wheel_.armed() > 0; ++rounds) {
      const auto next = wheel_.next_deadline();
      if (!next) return "timers are armed, but there is no next deadline";
      advance(*next);
    }
    if (complaint_.empty() && wheel_.armed() > 0) complaint_ = "moving from deadline to deadline does not end";
    return complaint_;
  }

 private:
  struct Timer {
    detail::TimerEntry entry;
    std::unique_ptr<support::RecordedTask> task;
    base::Instant deadline;
    std::optional<std::uint64_t> tick;  ///< armed for
    std::uint64_t armed_as = 0;         ///< counts; 0: extended since, its order within a tick is open
  };

  std::uint8_t byte() {
    if (moves_.empty()) return 0;
    const std::uint8_t first = moves_.front();
    moves_ = moves_.subspan(1);
    return first;
  }
  /// Of every size from nanoseconds to beyond the wheel's span.
  base::Duration span() {
    const unsigned shift = byte() % 44;
    const auto digits = static_cast<std::int64_t>(byte()) * 256 + byte();
    return base::Duration(digits << shift);
  }

  void step() {
    const std::uint8_t move = byte();
    Timer& timer = timers_[byte() % kTimers];
    switch (move % 8) {
      case 0:
      case 1:
      case 2:
        return arm(timer, now_ + span());
      case 3:
        return cancel(timer);
      case 4:
        return extend(timer, timer.deadline + span());
      case 5:
        return promise();
      default:
        return advance(now_ + span());
    }
  }

  void arm(Timer& timer, base::Instant deadline) {
    cancel(timer);
    const std::uint64_t wakes_before = wakes_of_owner_;
    const std::uint64_t tick = Wheel::ceil_tick(deadline);
    timer.deadline = deadline;
    if (wheel_.arm(timer.entry, deadline, timer.task->wake())) {
      timer.tick = tick;
      timer.armed_as = ++armed_;
      const bool must_wake = promised_ && tick < *promised_;
      if (must_wake) promised_ = tick;
      expect(wakes_of_owner_ == wakes_before + (must_wake ? 1 : 0),
             "the owner is woken for an earlier timer, only then");
    } else {
      expect(tick <= Wheel::floor_tick(now_), "a timer counts as fired before its time");
      expect(timer.entry.fired(), "a timer that is due when armed has fired");
    }
  }

  void cancel(Timer& timer) {
    detail::cancel_timer(timer.entry);
    timer.tick.reset();
    expect(!timer.entry.fired() && !timer.entry.armed(), "a cancelled timer is idle");
  }

  void extend(Timer& timer, base::Instant deadline) {
    const bool later = timer.tick && Wheel::ceil_tick(deadline) >= *timer.tick;
    expect(timer.entry.extend(deadline) == later, "an armed timer can be extended to a later deadline, and only so");
    if (!later) return;
    timer.deadline = deadline;
    timer.tick = Wheel::ceil_tick(deadline);
    timer.armed_as = 0;
  }

  void promise() {
    const std::optional<base::Instant> next = wheel_.next_deadline();
    const std::uint64_t earliest = earliest_tick();
    expect(next.has_value() == (earliest != kNever), "there is a next deadline while a timer is armed");
    if (next) expect(Wheel::ceil_tick(*next) <= earliest, "the next deadline is not after the first timer");
    promised_ = next ? Wheel::ceil_tick(*next) : kNever;
  }

  void advance(base::Instant to) {
    now_ = to;
    promised_.reset();
    const std::uint64_t present = Wheel::floor_tick(now_);
    scheduler_.woken.clear();
    const std::size_t fired = wheel_.advance(now_);
    expect(fired == scheduler_.woken.size(), "every timer that fires wakes its task once");
    std::uint64_t tick_before = 0;
    std::uint64_t armed_before = 0;
    for (const std::uint64_t id : scheduler_.woken) {
      Timer& timer = timers_[id];
      if (!timer.tick) return expect(false, "a timer fired that was not armed");
      expect(*timer.tick <= present && (now_ >= timer.deadline || *timer.tick == kLastTick), "no timer fires early");
      expect(timer.entry.fired(), "what woke has fired");
      expect(*timer.tick >= tick_before, "timers fire in the order of their ticks");
      if (*timer.tick != tick_before) armed_before = 0;
      if (timer.armed_as != 0) {
        expect(armed_before == 0 || timer.armed_as < armed_before, "within a tick the last armed fires first");
        armed_before = timer.armed_as;
      }
      tick_before = *timer.tick;
      timer.tick.reset();
    }
    expect(earliest_tick() > present, "everything that is due fires");
    expect(wheel_.armed() == armed_now(), "the wheel counts its timers");
  }

  std::uint64_t earliest_tick() const {
    std::uint64_t earliest = kNever;
    for (const Timer& timer : timers_) earliest = std::min(earliest, timer.tick.value_or(kNever));
    return earliest;
  }
  std::size_t armed_now() const {
    return static_cast<std::size_t>(
        std::count_if(timers_.begin(), timers_.end(), [](const Timer& timer) { return timer.tick.has_value(); }));
  }
  void expect(bool holds, const char* sentence) {
    if (!holds && complaint_.empty()) complaint_ = std::string("does not hold: ") + sentence;
  }

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::uint64_t kLastTick = (~std::uint64_t{0} >> 1) / 1'000'000;  // not a whole millisecond
  base::Instant now_;
  support::RecordingScheduler scheduler_;
  Wheel wheel_;
  std::array<Timer, kTimers> timers_;
  std::optional<std::uint64_t> promised_;  ///< the tick until which the owner sleeps
  std::uint64_t wakes_of_owner_ = 0;
  std::uint64_t armed_ = 0;
  std::span<const std::uint8_t> moves_;
  std::string complaint_;
};

}  // namespace rondeau::timer
