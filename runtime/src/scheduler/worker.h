// A worker: one thread with its run queue, its shard of readiness and of timers.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include <rondeau/detail/scheduler.h>

#include "reactor/reactor.h"
#include "scheduler/core.h"
#include "scheduler/parker.h"
#include "scheduler/ring.h"
#include "timer/wheel.h"

namespace rondeau::scheduler {

class MultiThread;

class Worker {
 public:
  Worker(MultiThread& runtime, std::size_t index, std::unique_ptr<reactor::Reactor> reactor);

  /// The body of the thread.
  void run();

  /// From the worker's own thread.
  void submit(detail::Header* task, detail::Submit how) noexcept;
  /// Any thread.
  void unpark() noexcept;

  /// Any thread, for a worker that does not come back: one of its queued tasks, with more of them moved to `thief`.
  detail::Header* give_to(Ring<>& thief) noexcept;
  /// Any thread, at the end of the runtime: who waits for its events or timers is told.
  void end_waits() noexcept;

  /// The worker this thread is, or null.
  static Worker* current() noexcept;

  // ---- what the watchdog and the metrics read

  /// Asleep: waits for events, or is about to.
  bool asleep() const noexcept { return asleep_.load(std::memory_order_seq_cst); }  // pairs with woke()
  const WorkerCounters& counters() const noexcept { return counters_; }
  WorkerView look() const noexcept {
    return {counters_, *reactor_, ring_.size() + (lifo_.load(std::memory_order_relaxed) != nullptr ? 1 : 0),
            wheel_.armed()};
  }

  bool has_work() const noexcept { return lifo_.load(std::memory_order_acquire) != nullptr || !ring_.empty(); }

  MultiThread& runtime() const noexcept { return runtime_; }
  reactor::Reactor& reactor() noexcept { return *reactor_; }
  timer::Wheel& wheel() noexcept { return wheel_; }

 private:
  detail::Header* next_task() noexcept;
  detail::Header* pop_inject() noexcept;
  detail::Header* take_lifo() noexcept;
  detail::Header* search() noexcept;
  detail::Header* steal_once(bool lifo_too) noexcept;
  void run_with_lifo(detail::Header* task) noexcept;
  void push(detail::Header* task) noexcept;
  void begin_task(const detail::Header* task) noexcept;
  detail::Header* poll_driver() noexcept;
  /// Returns when it was over.
  Instant turn(std::optional<Duration> timeout) noexcept;
  void sleep() noexcept;
  void woke(Instant now) noexcept;
  void stop_searching() noexcept;

  MultiThread& runtime_;
  const std::size_t index_;
  std::unique_ptr<reactor::Reactor> reactor_;
  timer::Wheel wheel_;
  Parker parker_;
  Ring<> ring_;
  // Put and taken by the owner, on a search's last pass also taken by a thief: always by exchange.
  alignas(64) std::atomic<detail::Header*> lifo_{nullptr};
  unsigned until_poll_;  ///< tasks to run before reactor, timers and the inject queue have their turn
  std::uint64_t random_state_;
  bool searching_ = false;
  std::atomic<bool> asleep_{true};
  std::uint64_t polls_at_wake_ = std::numeric_limits<std::uint64_t>::max();
  bool turning_ = false;  ///< wakes of a turn go to the queue's back and notify nobody one by one
  WorkerCounters counters_;
};

}  // namespace rondeau::scheduler
