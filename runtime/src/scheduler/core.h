// One runtime of either flavour, as Runtime, Handle and block_on see it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/runtime/shutdown_report.h>

#include "blocking/built_in_pools.h"
#include "reactor/reactor.h"
#include "scheduler/inject.h"
#include "scheduler/owned_tasks.h"
#include "scheduler/worker_counters.h"

namespace rondeau::time {
class PausedClock;
}

namespace rondeau::scheduler {

class BlockOn;

/// What a Builder decided.
struct Config {
  std::size_t workers = 1;
  threads::BuiltInPools::Options pools = threads::BuiltInPools::defaults();
  std::string thread_name = "rondeau-rt";
  unsigned event_interval = 61;
  Duration watchdog = std::chrono::milliseconds(100);  ///< zero: nobody is blamed
  Duration rescue_after = std::chrono::milliseconds(2);
  bool lifo_slot = true;
  std::optional<std::uint64_t> rng_seed;
  base::Driver* driver = nullptr;      ///< never null once built
  time::PausedClock* clock = nullptr;  ///< current_thread only: the driver's clock can be paused
  std::shared_ptr<void> keep_alive;    ///< what driver and clock live in
};

/// What metrics see of a worker.
struct WorkerView {
  const WorkerCounters& counters;
  const reactor::Reactor& reactor;
  std::size_t queue_depth;
  std::size_t armed_timers;
};

/// Shared by the Runtime, its handles and its threads: handles keep the memory, not the life.
class Core : public detail::Scheduler {
 public:
  explicit Core(Config config);
  virtual ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// Whom a task that block_on runs belongs to: `own`, which lives on the caller's stack, or the runtime itself.
  virtual detail::Scheduler& root_scheduler(BlockOn& own) noexcept = 0;
  /// Runs on this thread until `root`, which was made for root_scheduler() and never submitted, is complete.
  virtual void drive(detail::Header* root, BlockOn& own) = 0;
  /// Stops accepting, ends all tasks. Returns at once; idempotent.
  virtual void begin_shutdown() noexcept = 0;
  /// Waits until all tasks ended and all workers left. False: `deadline` passed first.
  virtual bool finish_shutdown(std::optional<Instant> deadline) noexcept = 0;
  /// After a deadline passed: what waits in the care of a worker that does not come back is ended here. Without workers
  /// finish_shutdown did it.
  virtual void end_runnable() noexcept {}
  virtual std::size_t workers() const noexcept = 0;

  // ---- for metrics
  virtual WorkerView look_at(std::size_t worker) const noexcept = 0;
  virtual const Inject& inject_queue() const noexcept = 0;
  virtual std::uint64_t stalls() const noexcept { return 0; }
  virtual std::uint64_t rescues() const noexcept { return 0; }
  std::uint64_t spawned_tasks() const noexcept { return owned_.added(); }
  std::uint64_t forced_yields() const noexcept { return forced_yields_.load(std::memory_order_relaxed); }
  const threads::BuiltInPools& pools() const noexcept { return pools_; }

  virtual std::shared_ptr<Core> shared() = 0;

  std::shared_ptr<void> keep_alive() final { return shared(); }
  bool adopt(detail::Header* task) noexcept final { return owned_.add(task); }
  bool disown(detail::Header* task) noexcept final;
  base::Driver& driver() noexcept final { return *config_.driver; }
  time::PausedClock* paused_clock() noexcept final { return config_.clock; }
  threads::Pool& blocking_pool(task::BuiltInPool which) noexcept final { return pools_.get(which); }
  void forced_yield() noexcept final { forced_yields_.fetch_add(1, std::memory_order_relaxed); }
  void unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept final;

  threads::BuiltInPools& pools() noexcept { return pools_; }
  std::size_t live_tasks() const noexcept { return owned_.size(); }
  /// Tasks that live, with the workers that are in them; after a shutdown that did not wait for them.
  std::vector<runtime::ShutdownReport::LeftTask> left_tasks() const;
  const Config& config() const noexcept { return config_; }

 protected:
  /// The last task ended while shutting down.
  virtual void all_tasks_ended() noexcept = 0;
  /// A task ended that was not on the list: the root of a block_on.
  virtual void root_ended() noexcept {}
  /// How long a condition variable may wait for `deadline`: not so long that its clock overflows.
  Duration time_until(Instant deadline) const noexcept;
  // Acquire: pairs with begin_shutdown().
  bool shutting_down() const noexcept { return shutdown_.load(std::memory_order_acquire); }

  const Config config_;
  OwnedTasks owned_;
  std::atomic<bool> shutdown_{false};

 private:
  std::atomic<std::uint64_t> forced_yields_{0};
  threads::BuiltInPools pools_;
};

}  // namespace rondeau::scheduler
