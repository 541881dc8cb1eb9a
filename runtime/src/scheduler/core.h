// One runtime of either flavour, as Runtime, Handle and block_on see it.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/runtime/shutdown_report.h>
#include <rondeau/task/unhandled_exception.h>

#include "blocking/built_in_pools.h"
#include "reactor/reactor.h"
#include "scheduler/band_ages.h"
#include "scheduler/inject_bands.h"
#include "scheduler/observer.h"
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
  std::string name;
  std::string thread_name = "rondeau-rt";
  std::function<std::string()> thread_name_fn;  ///< if empty, thread_name
  std::size_t thread_stack_size = 0;            ///< bytes; 0: the system's
  unsigned event_interval = 61;
  std::size_t max_io_events = reactor::Reactor::kBatch;
  std::optional<unsigned> global_queue_interval;
  task::UnhandledException unhandled = task::UnhandledException::Log;
  Observer::Config observer;
  Duration watchdog = std::chrono::milliseconds(100);  ///< zero: nobody is blamed
  Duration rescue_after = std::chrono::milliseconds(2);
  Duration report_deadlock_after = std::chrono::seconds(10);  ///< zero: deadlocks are not looked for
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
  const Histograms& histograms;
  std::array<std::size_t, kBands> queue_depths;  ///< by band
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
  /// Whether this thread drives tasks without workers.
  virtual bool is_current_thread() const noexcept = 0;
  /// The number of the worker that this thread is.
  virtual std::optional<std::size_t> worker_index() const noexcept = 0;

  /// Never reused in a process.
  std::uint64_t id() const noexcept { return id_; }
  /// What one thread of the runtime is called.
  std::string thread_name() const;

  /// What block_on runs, while it does: seen by dumps, told apart from tasks, and ended by an exception that shuts the runtime down.
  void enter_root(detail::Header* root);
  void leave_root(detail::Header* root) noexcept;
  bool is_root(const detail::Header* task) noexcept;
  /// The exception that shut the runtime down, if one did.
  std::exception_ptr fatal() noexcept;
  /// After begin_shutdown(), when its time is over: shielded work is cut as well.
  void break_shields() noexcept;

  // ---- for metrics
  virtual WorkerView look_at(std::size_t worker) const noexcept = 0;
  virtual const InjectBands& inject() const noexcept = 0;
  /// The oldest task that waits in a queue of the band; see BandAges.
  Duration oldest_age(Priority band) const noexcept { return ages_.oldest(band, config_.driver->now()); }
  virtual std::uint64_t stalls() const noexcept { return 0; }
  virtual Duration longest_run() const noexcept { return Duration::zero(); }
  virtual std::uint64_t rescues() const noexcept { return 0; }
  virtual std::uint64_t deadlocks() const noexcept { return 0; }
  std::uint64_t spawned_tasks() const noexcept { return owned_.added(); }
  std::uint64_t unhandled_exceptions() const noexcept { return unhandled_.load(std::memory_order_acquire); }
  std::uint64_t forced_yields() const noexcept { return forced_yields_.load(std::memory_order_relaxed); }
  const threads::BuiltInPools& pools() const noexcept { return pools_; }

  virtual std::shared_ptr<Core> shared() = 0;

  // ---- for dumps
  OwnedTasks& owned() noexcept { return owned_; }
  /// To a hundredth of a second or two.
  Duration age_of(const detail::Header& task) const noexcept;
  template <class F>
  void for_each_root(F&& visit) {
    const std::lock_guard lock(roots_mutex_);
    for (detail::Header* root : roots_) visit(*root);
  }
  /// Somebody looked at the clock. Spawned tasks are dated by the last look.
  void saw_time(Instant now) noexcept;
  /// That look, in 1/64 s of the runtime's life.
  std::uint32_t seen_time() const noexcept { return seen_time_.load(std::memory_order_relaxed); }

  std::shared_ptr<void> keep_alive() final { return shared(); }
  bool adopt(detail::Header* task) noexcept final;
  bool adopt_cleanup(detail::Header* task) noexcept final;
  bool disown(detail::Header* task) noexcept final;
  bool breaks_shields() const noexcept final { return breaks_shields_.load(std::memory_order_acquire); }  // pairs with break_shields()
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
  const Observer& observer() const noexcept { return observer_; }

 protected:
  /// The last task ended while shutting down.
  virtual void all_tasks_ended() noexcept = 0;
  /// A task ended that was not on the list: the root of a block_on.
  virtual void root_ended() noexcept {}
  /// How long a condition variable may wait for `deadline`: not so long that its clock overflows.
  Duration time_until(Instant deadline) const noexcept;
  /// While shutting down: all tasks have ended, and so have the roots that an exception ends.
  bool all_ended() noexcept;
  /// The same, and from the first yes on nothing is taken any more, cleanups of other roots included.
  bool over() noexcept;
  // Acquire: pairs with begin_shutdown().
  bool shutting_down() const noexcept { return shutdown_.load(std::memory_order_acquire); }

  /// Ends all tasks, takes none any more. Any thread, any number of times.
  virtual void close() noexcept = 0;

  const Config config_;
  const Observer observer_;
  OwnedTasks owned_;
  std::atomic<bool> shutdown_{false};
  BandAges ages_;  ///< written by who looks after the workers, if somebody does; the last one is the inject queues'

 private:
  void end_by(std::exception_ptr exception) noexcept;

  const Instant begun_;
  std::atomic<std::uint32_t> seen_time_{0};  ///< 1/64 s since begun_; relaxed: only as exact as the last look
  const std::uint64_t id_;
  std::mutex roots_mutex_;  // guards the two below
  std::vector<detail::Header*> roots_;
  std::exception_ptr fatal_;
  std::atomic<std::uint64_t> unhandled_{0};
  std::atomic<std::uint64_t> forced_yields_{0};
  std::atomic<bool> breaks_shields_{false};
  threads::BuiltInPools pools_;
};

}  // namespace rondeau::scheduler
