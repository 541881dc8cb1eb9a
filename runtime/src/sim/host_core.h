// The flavour whose workers are played: the scheduler of one simulated host.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "blocking/pool.h"
#include "reactor/reactor.h"
#include "scheduler/core.h"
#include "timer/wheel.h"

namespace rondeau::sim {

class World;

/// Each worker has its ready tasks, its shard of readiness and of timers. One step is: a worker runs a task, its own or
/// one it steals, or looks at its sockets, or at its timers. Which one is the world's to choose.
class HostCore final : public scheduler::Core,
                       public threads::CallPlayer,
                       public std::enable_shared_from_this<HostCore> {
 public:
  static Result<std::shared_ptr<HostCore>> make(World& world, std::size_t host, scheduler::Config config);
  HostCore(World& world, std::size_t host, scheduler::Config config);

  // ---- played by the world
  std::size_t ready_tasks() const noexcept { return ready_; }
  bool has_events(std::size_t worker) const noexcept;
  bool timers_due(std::size_t worker) const noexcept;
  std::optional<Instant> next_deadline() noexcept;
  void run_task(std::size_t worker);
  void turn(std::size_t worker);
  void fire_timers(std::size_t worker);
  /// Who still waits is told that the runtime has ended.
  void end_waits() noexcept;
  std::size_t registered() const noexcept;
  std::size_t armed() const noexcept;

  // ---- detail::Scheduler
  void submit(detail::Header* task, detail::Submit how) noexcept override;
  timer::Wheel& wheel() noexcept override { return *workers_[home()]->wheel; }
  reactor::Reactor& reactor() noexcept override;
  threads::CallPlayer* call_player() noexcept override { return this; }

  // ---- threads::CallPlayer
  bool has_thread(const threads::Pool& pool) noexcept override;
  void begin(threads::PlayedCall call) noexcept override;

  // ---- scheduler::Core
  detail::Scheduler& root_scheduler(scheduler::BlockOn&) noexcept override { return *this; }
  void drive(detail::Header* root, scheduler::BlockOn& own) override;
  void begin_shutdown() noexcept override;
  bool finish_shutdown(std::optional<Instant> deadline) noexcept override;
  std::shared_ptr<Core> shared() override { return shared_from_this(); }
  std::size_t workers() const noexcept override { return workers_.size(); }
  bool is_current_thread() const noexcept override { return false; }
  std::optional<std::size_t> worker_index() const noexcept override;
  scheduler::WorkerView look_at(std::size_t worker) const noexcept override;
  const scheduler::InjectBands& inject() const noexcept override { return inject_; }

 private:
  struct Worker {
    std::unique_ptr<reactor::Reactor> reactor;
    std::unique_ptr<timer::Wheel> wheel;
    std::deque<detail::Header*> ready;
    scheduler::WorkerCounters counters;
    scheduler::Histograms histograms;
  };
  static constexpr std::size_t kNobody = ~std::size_t{0};

  std::size_t home() noexcept;
  detail::Header* take(std::size_t worker) noexcept;
  void close() noexcept override { begin_shutdown(); }
  void all_tasks_ended() noexcept override {}

  World& world_;
  const std::size_t host_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t ready_ = 0;
  std::size_t stepping_ = kNobody;  ///< the worker that runs a task, or turns
  scheduler::InjectBands inject_;        // always empty: nobody comes from another thread
};

}  // namespace rondeau::sim
