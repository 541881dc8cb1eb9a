// The work-stealing flavour: workers, the inject queue, and who wakes whom.
#pragma once

#include <memory>
#include <vector>

#include "scheduler/block_on.h"
#include "scheduler/core.h"
#include "scheduler/crew.h"
#include "scheduler/idle.h"
#include "scheduler/inject_bands.h"
#include "scheduler/relay.h"
#include "scheduler/watchdog.h"
#include "scheduler/worker.h"

namespace rondeau::scheduler {

class MultiThread final : public Core, public std::enable_shared_from_this<MultiThread> {
 public:
  static Result<std::shared_ptr<MultiThread>> make(Config config);
  explicit MultiThread(Config config);
  ~MultiThread() override;

  // ---- detail::Scheduler
  void submit(detail::Header* task, detail::Submit how) noexcept override;
  timer::Wheel& wheel() noexcept override { return home().wheel(); }
  reactor::Reactor& reactor() noexcept override;
  void* give_worker_away() override;
  void take_worker_back(void* seat) noexcept override;

  // ---- Core
  detail::Scheduler& root_scheduler(BlockOn& own) noexcept override { return own; }
  void drive(detail::Header* root, BlockOn& own) override { own.drive(root); }
  void begin_shutdown() noexcept override;
  bool finish_shutdown(std::optional<Instant> deadline) noexcept override;
  void end_runnable() noexcept override;
  std::shared_ptr<Core> shared() override { return shared_from_this(); }
  std::size_t workers() const noexcept override { return workers_.size(); }
  bool is_current_thread() const noexcept override { return false; }
  std::optional<std::size_t> worker_index() const noexcept override;
  WorkerView look_at(std::size_t worker) const noexcept override { return workers_[worker]->look(); }
  const InjectBands& inject() const noexcept override { return inject_; }
  std::uint64_t stalls() const noexcept override { return watchdog_.stalls(); }
  Duration longest_run() const noexcept override { return watchdog_.longest_run(); }
  std::uint64_t rescues() const noexcept override { return watchdog_.rescues(); }
  std::uint64_t deadlocks() const noexcept override { return watchdog_.deadlocks(); }

  // ---- the workers' side
  Worker& worker(std::size_t index) noexcept { return *workers_[index]; }
  InjectBands& inject_bands() noexcept { return inject_; }
  /// By the watchdog alone: how long tasks wait, for metrics.
  void look_at_ages(Instant now) noexcept;
  Idle& idle() noexcept { return idle_; }
  Watchdog& watchdog() noexcept { return watchdog_; }
  /// After a task was queued: wakes a sleeper unless somebody searches already.
  void notify_one() noexcept;
  /// The same from a worker, which is awake itself.
  void notify_other() noexcept {
    if (workers_.size() > 1) notify_one();
  }
  bool has_pending_work() noexcept;
  bool may_exit() noexcept { return shutting_down() && over(); }
  std::uint64_t seed(std::size_t index) noexcept;

 private:
  Result<void> start();
  Result<void> start_thread(Worker* worker);
  void serve(Worker* worker) noexcept;
  void close() noexcept override;
  void run_queued(Ring<>& mine) noexcept;
  void unpark_all() noexcept;
  void all_tasks_ended() noexcept override;
  /// This thread's worker, if it is one of this runtime.
  Worker* own_worker() const noexcept;
  /// The same, or another in turn.
  Worker& home() noexcept;

  InjectBands inject_;
  Idle idle_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> next_home_{0};  // relaxed: only spreads
  Relay relay_;
  Crew crew_;
  Watchdog watchdog_{*this};
};

}  // namespace rondeau::scheduler
