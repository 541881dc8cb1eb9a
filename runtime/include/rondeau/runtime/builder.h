// Builder: what a runtime is made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include <rondeau/base/driver.h>
#include <rondeau/base/histogram_config.h>
#include <rondeau/base/result.h>
#include <rondeau/runtime/flavor.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/task_meta.h>
#include <rondeau/task/unhandled_exception.h>

namespace rondeau::runtime {

class Runtime;

/// The CPUs this process may use, at least 1: its affinity mask and its cgroups' quota (v2 `cpu.max`, v1
/// `cpu.cfs_quota_us`), rounded up. RONDEAU_WORKER_THREADS replaces it.
std::size_t default_worker_threads();

/// Knobs and their defaults. A value that cannot be meant (0 workers) aborts with a sentence.
class Builder {
 public:
  /// Work-stealing workers beside the caller's thread.
  static Builder multi_thread();
  /// No threads: tasks run while some thread is in block_on.
  static Builder current_thread();

  /// Default: default_worker_threads(). Beats the environment.
  Builder& worker_threads(std::size_t count, std::source_location where = std::source_location::current());
  /// Threads of the pool "blocking", beside the workers. Default 512.
  Builder& max_blocking_threads(std::size_t count, std::source_location where = std::source_location::current());
  /// How long an idle blocking thread stays, in pools that are not told otherwise. Default 10 s.
  Builder& thread_keep_alive(Duration time);
  /// Bounds of the pool "blocking", "fs" or "resolver" (see task::BuiltInPool): `blocking_pool("fs", {.max_threads = 8})`.
  Builder& blocking_pool(std::string_view name, const task::PoolBounds& bounds,
                         std::source_location where = std::source_location::current());
  /// Of the runtime, as Handle::name() and metrics show it. Default: none.
  Builder& name(std::string name);
  /// Of the workers' threads; cut to Linux's 15 bytes. Blocking threads bear the name of their pool. Default "rondeau-rt".
  Builder& thread_name(std::string name);
  /// The same, asked once by each new thread.
  Builder& thread_name_fn(std::function<std::string()> make);
  /// Of workers and blocking threads, bytes; rounded up to pages. Default: the system's (ulimit -s).
  Builder& thread_stack_size(std::size_t bytes);
  /// A worker polls its reactor and timers every so many tasks. Default 61.
  Builder& event_interval(unsigned tasks, std::source_location where = std::source_location::current());
  /// At most so many descriptors are reported by one such poll; the others wait for the next one. Default 1024.
  Builder& max_io_events_per_tick(std::size_t events);
  /// A worker looks at the queue of all, where tasks from outside wait, every so many tasks, before its own. Default:
  /// every 200 µs by the mean run time of its tasks, 2 to 127 of them; on current_thread 31.
  Builder& global_queue_interval(unsigned tasks);
  /// A worker of multi_thread that is in one task for so long is named on standard error, at most one line a second,
  /// and counted. Default 100 ms; zero turns it off.
  Builder& watchdog(Duration threshold);
  /// After so long in one task, what waits in a worker's care (its sockets, timers, queue) is given to the others.
  /// Default 2 ms, at least 1 ms.
  Builder& rescue_after(Duration time, std::source_location where = std::source_location::current());
  /// Once no worker of multi_thread has begun a run for so long, tasks that wait for one another in a circle are named on
  /// standard error, each circle once while it lasts: `a` waits for a lock of `b`, and `b` for the end of `a`. Default
  /// 10 s; zero turns it off.
  ///
  /// A lock counts as held by the task that took it, also where its guard was given to another. A task that waits for
  /// several things at once, or under a timeout, is in no circle.
  Builder& report_deadlock_after(Duration stillness);
  /// Every wake goes to the back of the queue.
  Builder& disable_lifo_slot();
  /// Steal order, select order, jitter. Default: random.
  Builder& rng_seed(std::uint64_t seed);
  /// The clock stands still until nothing is runnable, then jumps to the next timer. current_thread only.
  Builder& start_paused(bool paused = true, std::source_location where = std::source_location::current());
  /// For an exception that leaves a task whose handle is gone. Default: Log.
  Builder& unhandled_exception(UnhandledException what);

  // ---- hooks: called on the thread concerned; one that throws terminates

  /// Every thread that is a worker or runs blocking calls, before it does and when it leaves.
  Builder& on_thread_start(std::function<void()> hook);
  Builder& on_thread_stop(std::function<void()> hook);
  /// A worker has nothing to do and is about to sleep, and is awake again. Where the first spawns it does not sleep.
  Builder& on_thread_park(std::function<void()> hook);
  Builder& on_thread_unpark(std::function<void()> hook);
  /// A task begins, on the thread that spawns it, before it is queued. What block_on runs is no task, nor is a blocking
  /// call: neither has hooks.
  Builder& on_task_spawn(std::function<void(const TaskMeta&)> hook);
  /// Around each run of a task by a worker. When the second is called the task may have ended, or run elsewhere already.
  Builder& on_before_task_poll(std::function<void(const TaskMeta&)> hook);
  Builder& on_after_task_poll(std::function<void(const TaskMeta&)> hook);
  /// A task has ended, however; its frames are gone.
  Builder& on_task_terminate(std::function<void(const TaskMeta&)> hook);

  // ---- histograms: RuntimeMetrics shows them; off, and free, unless they are asked for

  /// How long the runs of tasks take, by worker. Costs two readings of the clock for each run. A run in which its thread
  /// gave the worker away (see block_in_place) is not in it.
  Builder& poll_time_histogram(const HistogramConfig& config = {});
  /// How long tasks that are ready wait for their run, by worker. Costs one reading of the clock for each run and one for
  /// each wake, and half a kilobyte for each task.
  Builder& schedule_latency_histogram(const HistogramConfig& config = {});
  /// The same for TaskMeta::schedule_latency, without a histogram.
  Builder& track_schedule_latency();

  /// What the runtime asks of the world; must outlive the runtime. Default: the kernel.
  Builder& driver(base::Driver& driver);

  /// Errors: no threads or descriptors left; nothing is left behind then.
  Result<Runtime> build();

 private:
  struct Hooks {
    std::function<void()> thread_start, thread_stop, park, unpark;
    std::function<void(const TaskMeta&)> spawn, before_poll, after_poll, terminate;
  };

  explicit Builder(Flavor flavor) : flavor_(flavor) {}

  Flavor flavor_;
  std::optional<std::size_t> worker_threads_;
  std::array<task::PoolBounds, task::kBuiltInPools> pools_;
  Duration thread_keep_alive_ = std::chrono::seconds(10);
  std::string name_;
  std::string thread_name_ = "rondeau-rt";
  std::function<std::string()> thread_name_fn_;
  std::size_t thread_stack_size_ = 0;
  unsigned event_interval_ = 61;
  std::size_t max_io_events_ = 1024;
  std::optional<unsigned> global_queue_interval_;
  UnhandledException unhandled_ = UnhandledException::Log;
  Hooks hooks_;
  std::optional<HistogramConfig> poll_times_;
  std::optional<HistogramConfig> schedule_latencies_;
  bool track_schedule_latency_ = false;
  Duration watchdog_ = std::chrono::milliseconds(100);
  Duration rescue_after_ = std::chrono::milliseconds(2);
  Duration report_deadlock_after_ = std::chrono::seconds(10);
  bool lifo_slot_ = true;
  std::optional<std::uint64_t> rng_seed_;
  bool start_paused_ = false;
  base::Driver* driver_ = nullptr;
};

}  // namespace rondeau::runtime
