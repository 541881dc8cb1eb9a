// What a worker counts of itself. It alone writes, so that counting costs a load and a store on a line of its own;
// anybody reads, and sees an older value at worst.
#pragma once

#include <atomic>
#include <cstdint>

#include <rondeau/base/instant.h>

namespace rondeau::scheduler {

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) WorkerCounters {
  Counter polls;                          ///< runs of tasks
  Counter local_schedules;                ///< tasks put into its own queue or slot by itself
  Counter overflows;                      ///< times its queue was full
  Counter steals;                         ///< tasks taken from others
  Counter steal_operations;               ///< times that gave any
  Counter parks;                          ///< sleeps begun
  Counter unparks;                        ///< sleeps ended
  Counter noops;                          ///< sleeps that ended and brought no work
  std::atomic<std::uint64_t> task_id{0};  ///< of the task it runs; 0 between tasks
  std::atomic<int> thread_id{0};          ///< the system's number of its thread

  /// How long it was awake. By the worker: awake from `now` on; then asleep from `now` on, or a batch of tasks is over.
  void wake_up(base::Instant now) noexcept;
  void fall_asleep(base::Instant now) noexcept;
  void end_batch(base::Instant now) noexcept;
  /// Grows also while one task runs for long.
  Duration busy(base::Instant now) const noexcept;
  /// Of one run of a task; a moving average over batches.
  Duration mean_poll_time() const noexcept { return Duration(mean_poll_ns_.load(std::memory_order_relaxed)); }

 private:
  static constexpr std::int64_t kAsleep = -1;

  std::atomic<std::uint32_t> version_{0};
  std::atomic<std::int64_t> busy_ns_{0};            ///< up to the last sleep
  std::atomic<std::int64_t> awake_since_{kAsleep};  ///< the driver's clock, ns
  std::atomic<std::int64_t> mean_poll_ns_{0};
  base::Instant batch_began_;
  std::uint64_t batch_polls_ = 0;
};

}  // namespace rondeau::scheduler
