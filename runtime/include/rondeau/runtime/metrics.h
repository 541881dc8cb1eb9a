// RuntimeMetrics: what a runtime does, in numbers, with Tokio's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <rondeau/base/histogram_config.h>
#include <rondeau/base/instant.h>
#include <rondeau/detail/context_node.h>
#include <rondeau/task/blocking_pool.h>

namespace rondeau::scheduler {
class Core;
}

namespace rondeau::runtime {

/// Reads without stopping anything: each number is right for some recent moment, numbers read one after the other need
/// not fit together. Those called count never fall. A current_thread runtime has one worker: whoever is in block_on.
///
/// Thread safety: any thread. Lifetime: keeps the runtime's memory, not its life.
class RuntimeMetrics {
 public:
  explicit RuntimeMetrics(std::shared_ptr<const scheduler::Core> core) noexcept : core_(std::move(core)) {}

  /// What Builder::name() said.
  std::string_view name() const noexcept;
  std::size_t num_workers() const noexcept;
  /// Tasks spawned and not ended; roots of block_on are none.
  std::size_t num_alive_tasks() const noexcept;
  std::uint64_t spawned_tasks_count() const noexcept;
  /// Tasks in the queue that all workers share.
  std::size_t global_queue_depth() const noexcept;
  /// Tasks put there from outside of the workers.
  std::uint64_t remote_schedule_count() const noexcept;
  /// Times that a task had to let others go first, because it found everything it waited for ready.
  std::uint64_t budget_forced_yield_count() const noexcept;
  /// Exceptions that left tasks whose handles were gone; see Builder::unhandled_exception().
  std::uint64_t unhandled_exception_count() const noexcept;

  // ---- by priority band

  /// Tasks that are due and wait in the queues of their band, in all workers' own and in the one that they share.
  std::size_t band_queue_depth(task::Priority band) const noexcept;
  /// How long the oldest of them has waited: at least so long, and zero where none has for some milliseconds. Seen by the
  /// watchdog's looks, or on a current_thread runtime whenever it polls. The LIFO slots are not looked at.
  Duration band_oldest_age(task::Priority band) const noexcept;

  // ---- by blocking pool

  std::size_t num_blocking_threads(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;
  std::size_t num_idle_blocking_threads(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;
  /// Calls that run.
  std::size_t blocking_running_count(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;
  /// Calls that wait for a thread.
  std::size_t blocking_queue_depth(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;

  /// Calls that threads took from the queue, and how long those waited for a thread, all together.
  std::uint64_t blocking_taken_count(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;
  Duration blocking_waiting_time(task::BuiltInPool pool = task::BuiltInPool::Blocking) const noexcept;

  // ---- readiness of descriptors

  std::uint64_t io_driver_fd_registered_count() const noexcept;
  std::uint64_t io_driver_fd_deregistered_count() const noexcept;
  std::uint64_t io_driver_ready_count() const noexcept;

  // ---- timers

  /// Timers in the wheels, whether or not somebody waits for them.
  std::size_t num_armed_timers() const noexcept;

  // ---- the watchdog

  /// Times that a worker was in one task for longer than Builder::watchdog().
  std::uint64_t watchdog_stall_count() const noexcept;
  /// The longest run of a task so far, as far as the watchdog's looks, which come every Builder::rescue_after(), have
  /// seen it still going on; shorter ones are not seen.
  Duration watchdog_longest_run() const noexcept;
  /// Times that what waited in a late worker's care was given to others.
  std::uint64_t watchdog_rescue_count() const noexcept;
  /// Circles of waiting tasks that were reported; see Builder::report_deadlock_after().
  std::uint64_t watchdog_deadlock_count() const noexcept;

  // ---- by worker, which is below num_workers() or the process aborts

  /// How long it was awake; grows also while one task runs for long.
  Duration worker_total_busy_duration(std::size_t worker) const noexcept;
  /// Sleeps begun.
  std::uint64_t worker_park_count(std::size_t worker) const noexcept;
  /// Sleeps begun and ended: odd while it sleeps.
  std::uint64_t worker_park_unpark_count(std::size_t worker) const noexcept;
  /// Sleeps that ended and brought no task.
  std::uint64_t worker_noop_count(std::size_t worker) const noexcept;
  /// Tasks it took from others, and in how many goes.
  std::uint64_t worker_steal_count(std::size_t worker) const noexcept;
  std::uint64_t worker_steal_operations(std::size_t worker) const noexcept;
  /// Runs of tasks.
  std::uint64_t worker_poll_count(std::size_t worker) const noexcept;
  /// Tasks it put into its own queue.
  std::uint64_t worker_local_schedule_count(std::size_t worker) const noexcept;
  /// Times that its queue was full.
  std::uint64_t worker_overflow_count(std::size_t worker) const noexcept;
  std::size_t worker_local_queue_depth(std::size_t worker) const noexcept;
  /// Of one run of a task; a moving average.
  Duration worker_mean_poll_time(std::size_t worker) const noexcept;
  /// The system's number of its thread (gettid); 0 before it has one.
  int worker_thread_id(std::size_t worker) const noexcept;

  // ---- histograms by worker, where the Builder asked for them; else they have no bucket

  bool poll_time_histogram_enabled() const noexcept;
  std::size_t poll_time_histogram_num_buckets() const noexcept;
  HistogramRange poll_time_histogram_bucket_range(std::size_t bucket) const noexcept;
  std::uint64_t poll_time_histogram_bucket_count(std::size_t worker, std::size_t bucket) const noexcept;
  bool schedule_latency_histogram_enabled() const noexcept;
  std::size_t schedule_latency_histogram_num_buckets() const noexcept;
  HistogramRange schedule_latency_histogram_bucket_range(std::size_t bucket) const noexcept;
  std::uint64_t schedule_latency_histogram_bucket_count(std::size_t worker, std::size_t bucket) const noexcept;

 private:
  std::shared_ptr<const scheduler::Core> core_;
};

}  // namespace rondeau::runtime

namespace rondeau {
using runtime::RuntimeMetrics;
}
