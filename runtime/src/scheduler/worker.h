// A worker: one thread with its run queue, its shard of readiness and of timers.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include <rondeau/detail/scheduler.h>

#include "reactor/reactor.h"
#include "scheduler/core.h"
#include "scheduler/lifo_slot.h"
#include "scheduler/parker.h"
#include "scheduler/queue_interval.h"
#include "scheduler/ring.h"
#include "timer/wheel.h"

namespace rondeau::scheduler {

class MultiThread;

class Worker {
 public:
  Worker(MultiThread& runtime, std::size_t index, std::unique_ptr<reactor::Reactor> reactor);

  /// On a thread of the runtime: until all tasks have ended at shutdown, or the thread gave the worker away.
  void run();
  /// The running task is about to block this thread: another will run the worker. Afterwards nothing of the worker may
  /// be touched here, unless it was taken back. Returns what names this thread's place at the worker.
  void* leave_thread() noexcept;
  /// The thread that ran it before has it again, in the same task.
  void return_to_thread() noexcept;

  /// From the worker's own thread.
  void submit(detail::Header* task, detail::Submit how) noexcept;
  /// Any thread.
  void unpark() noexcept;

  /// Any thread, for a worker that does not come back: one of its queued tasks, with more of them moved to `thief`.
  detail::Header* give_to(Ring<>& thief) noexcept;
  /// Any thread, at the end of the runtime: who waits for its events or timers is told.
  void end_waits() noexcept;

  /// The worker this thread is, or null. For the scheduler's own functions, none of which is a coroutine: a frame may go
  /// on on another thread, while a compiler keeps the address of a thread-local across the suspension.
  static Worker* current() noexcept { return of_thread_; }

  // ---- what the watchdog and the metrics read

  /// Asleep: waits for events, or is about to.
  bool asleep() const noexcept { return asleep_.load(std::memory_order_seq_cst); }  // pairs with woke()
  const WorkerCounters& counters() const noexcept { return counters_; }
  WorkerView look() const noexcept {
    return {counters_, *reactor_, histograms_, ring_.size() + (lifo_.empty() ? 0 : 1), wheel_.armed()};
  }

  bool has_work() const noexcept { return !lifo_.empty() || !ring_.empty(); }

  MultiThread& runtime() const noexcept { return runtime_; }
  std::size_t index() const noexcept { return index_; }
  reactor::Reactor& reactor() noexcept { return *reactor_; }
  timer::Wheel& wheel() noexcept { return wheel_; }

 private:
  /// On the stack of the thread that runs the worker, so that the thread may look at it when the worker is elsewhere.
  struct Seat {
    bool left = false;
    std::uint64_t task_id = 0;  ///< of the task that left
  };

  detail::Header* next_task() noexcept;
  detail::Header* pop_inject() noexcept;
  detail::Header* search() noexcept;
  detail::Header* steal_once(bool lifo_too) noexcept;
  void run_with_lifo(detail::Header* task, const Seat& seat) noexcept;
  void run_one(detail::Header* task, const Seat& seat) noexcept;
  void push(detail::Header* task) noexcept;
  detail::Header* look_around() noexcept;
  void poll_driver() noexcept;
  void plan_next_look() noexcept;
  /// Returns when it was over.
  Instant turn(std::optional<Duration> timeout) noexcept;
  void sleep() noexcept;
  void wait() noexcept;
  void woke(Instant now) noexcept;
  void stop_searching() noexcept;

  static constinit thread_local Worker* of_thread_;

  MultiThread& runtime_;
  const std::size_t index_;
  std::unique_ptr<reactor::Reactor> reactor_;
  timer::Wheel wheel_;
  Parker parker_;
  Ring<> ring_;
  alignas(64) LifoSlot lifo_;
  unsigned until_look_ = 0;    ///< tasks to run before there is something else to look at
  unsigned look_span_ = 0;     ///< what it began with
  unsigned until_poll_;        ///< when it began: tasks to run before reactor and timers have their turn
  unsigned until_inject_;      ///< the same for the inject queue
  QueueInterval inject_interval_;
  const bool has_lifo_slot_;
  const bool watched_;         ///< hooks or histograms want to see each run
  Histograms histograms_;
  Seat* seat_ = nullptr;       ///< of the thread that runs the worker
  std::uint64_t random_state_;
  bool searching_ = false;
  std::atomic<bool> asleep_{true};
  std::uint64_t polls_at_wake_ = std::numeric_limits<std::uint64_t>::max();
  bool turning_ = false;  ///< wakes of a turn go to the queue's back and notify nobody one by one
  WorkerCounters counters_;
};

}  // namespace rondeau::scheduler
