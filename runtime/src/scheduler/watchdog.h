// The watchdog: a thread that looks after workers which do not come back from a task.
//
// Every `rescue_after` it compares each worker's count of begun tasks with the one it saw before. A worker that is
// awake and has not begun another is late. What waits in a late worker's care goes on without it: the watchdog turns
// its reactor and its timers, whose tasks then wait in the inject queue, and wakes a sleeper for what lies in its own
// queue. A worker that is late for longer than `threshold` is blamed, with one line on standard error.
//
// While all workers sleep for long the watchdog sleeps too. Who wakes says so (worker_woke): it stores that it is
// awake, then reads whether the watchdog dozes; the watchdog stores that it dozes, then reads whether somebody is
// awake. Both sequentially consistent, so one of the two sees the other.
//
// When nothing ran for long it looks for tasks that wait for one another (deadlocks.h), once, also in the middle of a doze.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>

#include "scheduler/deadlocks.h"

namespace rondeau::scheduler {

class MultiThread;

/// Its time is the system's, whatever clock the runtime's driver shows.
class Watchdog {
 public:
  explicit Watchdog(MultiThread& runtime) noexcept;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() { stop(); }

  /// Errors: no thread left. Does nothing where there is nobody to rescue, to blame or to report.
  Result<void> start();
  /// Before the workers' memory goes. Idempotent.
  void stop() noexcept;

  /// A worker's sleep ended, and it has said so.
  void worker_woke() noexcept {
    if (dozing_.load(std::memory_order_seq_cst)) wake();  // pairs with doze()
  }

  /// How often it has looked.
  std::uint64_t looks() const noexcept { return looks_.load(std::memory_order_relaxed); }
  bool dozing() const noexcept { return dozing_.load(std::memory_order_relaxed); }
  /// Workers blamed so far.
  std::uint64_t stalls() const noexcept { return stalls_.load(std::memory_order_relaxed); }
  /// The longest run that a look has found still going on.
  Duration longest_run() const noexcept { return Duration(longest_run_.load(std::memory_order_relaxed)); }
  /// Circles of waiting tasks reported so far.
  std::uint64_t deadlocks() const noexcept { return told_deadlocks_.load(std::memory_order_relaxed); }
  /// Looks at which a late worker's readiness, timers or queue had something that was given to others.
  std::uint64_t rescues() const noexcept { return rescues_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  /// What was seen of one worker.
  struct Seen {
    std::uint64_t begun = 0;  ///< its count of tasks
    Clock::time_point since;  ///< when it was first seen at that count
    bool counted = false;     ///< as a stall
    bool blamed = false;      ///< in a line, which may have to wait for its turn
  };

  void watch();
  void look(Clock::time_point now) noexcept;
  void rescue(std::size_t worker) noexcept;
  void blame(std::size_t worker, Duration stalled) noexcept;
  void report_deadlocks(std::uint64_t runs, Clock::time_point now) noexcept;
  Duration pause() const noexcept;
  bool all_asleep() const noexcept;
  void doze(std::unique_lock<std::mutex>& lock);
  void wake() noexcept;

  MultiThread& runtime_;
  std::vector<Seen> seen_;
  Deadlocks deadlocks_;
  Clock::time_point blamed_at_{};
  std::mutex mutex_;  // guards stopped_; held for the condition only
  std::condition_variable changed_;
  bool stopped_ = false;
  std::atomic<bool> dozing_{false};
  std::atomic<std::uint64_t> looks_{0};
  std::atomic<std::uint64_t> stalls_{0};
  std::atomic<std::int64_t> longest_run_{0};  // ns; written by the watchdog's thread alone
  std::atomic<std::uint64_t> rescues_{0};
  std::atomic<std::uint64_t> told_deadlocks_{0};
  std::thread thread_;
};

}  // namespace rondeau::scheduler
