// The clock of a current_thread runtime: the world's, until a test pauses it.
//
// While paused, time stands still as long as anything runs. When nothing is runnable the scheduler asks on_idle(), and
// the clock jumps to the next deadline. So a test that waits an hour takes a millisecond, and timers keep their order.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <source_location>

#include <rondeau/base/driver.h>
#include <rondeau/base/instant.h>
#include <rondeau/detail/header.h>

namespace rondeau::time {

/// Thread safety: now(), wall_clock() and paused(): any thread; the rest: the thread that drives the scheduler.
class PausedClock {
 public:
  explicit PausedClock(base::Driver& real) noexcept : real_(real) {}

  base::Instant now() const noexcept;
  std::int64_t wall_clock() const noexcept;
  bool paused() const noexcept { return frozen_.load(std::memory_order_relaxed) != kRunning; }

  /// Stops the clock at the next whole millisecond, so that timers of whole milliseconds fire on time.
  void pause(std::source_location where = std::source_location::current()) noexcept;
  /// Lets it go on from where it stands; it never jumps back.
  void resume(std::source_location where = std::source_location::current()) noexcept;
  /// Moves a paused clock forward; earlier instants are ignored.
  void advance_to(base::Instant instant) noexcept;

  /// Asked while paused, when no task is runnable and the poller had no event. `next_deadline` is the wheel's. True:
  /// the clock moved or a task was woken, so fire the wheel's timers and look again; false: wait for the world.
  /// A running blocking call holds the clock, unless a test advances it by hand.
  bool on_idle(std::optional<base::Instant> next_deadline, bool blocking_call_runs) noexcept;

  /// Moves on to `target` timer by timer, each time everything came to rest; wakes at the end. One at a time.
  void begin_advance(base::Instant target, detail::Wake wake,
                     std::source_location where = std::source_location::current()) noexcept;
  /// After the last woken task came to rest at the target.
  bool advanced() const noexcept { return !advancing_; }
  void cancel_advance() noexcept { advancing_ = false; }

 private:
  static constexpr std::int64_t kRunning = std::numeric_limits<std::int64_t>::min();

  void finish_advance() noexcept;

  base::Driver& real_;
  std::atomic<std::int64_t> frozen_{kRunning};  ///< where a paused clock stands
  std::atomic<std::int64_t> ahead_{0};          ///< how far a running clock is ahead of the world's
  std::atomic<std::int64_t> wall_offset_{0};    ///< from a paused clock to the time of day
  bool advancing_ = false;
  base::Instant target_;
  detail::Wake wake_;  ///< of the task that advances, as long as it waits
};

}  // namespace rondeau::time
