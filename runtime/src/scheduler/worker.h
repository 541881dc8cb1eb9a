// A worker: one thread with its run queue, its shard of readiness and of timers.
#pragma once

#include <array>
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
#include "scheduler/run_queues.h"
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
    return {counters_, *reactor_, histograms_, depths(), wheel_.armed()};
  }
  Progress progress(Priority band) const noexcept {
    const Ring<>* ring = queues_.find(band);
    return ring == nullptr ? Progress{} : ring->progress();
  }

  bool has_work() const noexcept { return !lifo_.empty() || !queues_.empty(); }

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

  /// Reasons why a task that is submitted does not simply go to the LIFO slot, as bits.
  enum Detour : std::uint8_t { kTurning = 1, kNoLifoSlot = 2, kBanded = 4 };

  detail::Header* next_task() noexcept;
  detail::Header* pop_inject() noexcept;
  detail::Header* take_share(Priority band) noexcept;
  detail::Header* search() noexcept;
  detail::Header* steal_once(bool lifo_too) noexcept;
  detail::Header* steal_from(std::size_t first_victim, Priority band) noexcept;
  detail::Header* steal_lifo(std::size_t first_victim) noexcept;
  void run_with_lifo(detail::Header* task, const Seat& seat) noexcept;
  void run_one(detail::Header* task, const Seat& seat) noexcept;
  void submit_normal(detail::Header* task, detail::Submit how) noexcept;
  void submit_aside(detail::Header* task, detail::Submit how) noexcept;
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
  std::array<std::size_t, kBands> depths() const noexcept;

  // ---- worker_bands.cpp: once there are tasks that are not normal
  bool banded() const noexcept { return (detour_ & kBanded) != 0; }
  void use_bands() noexcept;
  detail::Header* take_turn(detail::Header* task) noexcept;
  unsigned waiting_bands() const noexcept;
  void count_down() noexcept;
  detail::Header* next_by_band() noexcept;
  detail::Header* pop_inject(Priority band) noexcept;
  detail::Header* pop_any_inject() noexcept;
  detail::Header* take_from(Priority band) noexcept;
  void push_by_band(detail::Header* task) noexcept;
  void submit_by_band(detail::Header* task, detail::Submit how) noexcept;

  static constinit thread_local Worker* of_thread_;

  MultiThread& runtime_;
  const std::size_t index_;
  std::unique_ptr<reactor::Reactor> reactor_;
  timer::Wheel wheel_;
  Parker parker_;
  RunQueues queues_;
  alignas(64) LifoSlot lifo_;
  unsigned until_look_ = 0;    ///< tasks to run before there is something else to look at; banded: always 0
  unsigned look_span_ = 0;     ///< what it began with
  unsigned until_poll_;        ///< when it began: tasks to run before reactor and timers have their turn
  unsigned until_inject_;      ///< the same for the inject queue
  QueueInterval inject_interval_;
  std::uint8_t detour_;
  const bool watched_;         ///< hooks or histograms want to see each run
  Histograms histograms_;
  Seat* seat_ = nullptr;       ///< of the thread that runs the worker
  std::uint64_t random_state_;
  bool searching_ = false;
  std::atomic<bool> asleep_{true};
  std::uint64_t polls_at_wake_ = std::numeric_limits<std::uint64_t>::max();
  BandTurns turns_;
  std::uint64_t counted_polls_ = 0;  ///< banded: up to which until_poll_ and until_inject_ have counted
  unsigned let_in_ = 0;              ///< banded: whose next turn begins with the inject queue, as bits
  std::atomic<Priority> lifo_band_{Priority::Normal};  ///< of the task put there last; written by the owner, read by metrics
  WorkerCounters counters_;
};

}  // namespace rondeau::scheduler
