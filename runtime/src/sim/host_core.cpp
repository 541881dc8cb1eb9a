#include "sim/host_core.h"

#include <algorithm>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/buggify.h>
#include <rondeau/detail/leaf.h>

#include "sim/world.h"
#include "task/current.h"

namespace rondeau::sim {

Result<std::shared_ptr<HostCore>> HostCore::make(World& world, std::size_t host, scheduler::Config config) {
  const std::size_t workers = config.workers;
  auto core = std::make_shared<HostCore>(world, host, std::move(config));
  for (std::size_t i = 0; i < workers; ++i) {
    auto worker = std::make_unique<Worker>();
    RONDEAU_TRY_PLAIN(worker->reactor, reactor::Reactor::make(core->driver()));
    // Nobody sleeps: the world looks at every wheel before time jumps.
    worker->wheel = std::make_unique<timer::Wheel>(world.now(), [](void*) {}, nullptr);
    core->workers_.push_back(std::move(worker));
  }
  return core;
}

HostCore::HostCore(World& world, std::size_t host, scheduler::Config config)
    : Core(std::move(config)), world_(world), host_(host), inject_(1) {}

/// Where something begins that this thread starts: on the worker that is in a step, or, from outside, on any.
std::size_t HostCore::home() noexcept {
  return stepping_ != kNobody ? stepping_ : static_cast<std::size_t>(world_.random().below(workers_.size()));
}

void HostCore::submit(detail::Header* task, detail::Submit) noexcept {
  world_.check_thread();
  ++ready_;
  workers_[home()]->ready.push_back(task);
}

reactor::Reactor& HostCore::reactor() noexcept {
  return *workers_[static_cast<std::size_t>(world_.random().below(workers_.size()))]->reactor;
}

std::optional<std::size_t> HostCore::worker_index() const noexcept {
  return stepping_ == kNobody ? std::nullopt : std::optional(stepping_);
}

scheduler::WorkerView HostCore::look_at(std::size_t worker) const noexcept {
  const Worker& it = *workers_[worker];
  return {it.counters, *it.reactor, it.histograms, {0, it.ready.size(), 0}, it.wheel->armed()};
}

bool HostCore::has_events(std::size_t worker) const noexcept { return world_.has_events(host_, worker); }

bool HostCore::timers_due(std::size_t worker) const noexcept { return workers_[worker]->wheel->due(world_.now()); }

std::optional<Instant> HostCore::next_deadline() noexcept {
  std::optional<Instant> next;
  for (const auto& worker : workers_) {
    const std::optional<Instant> deadline = worker->wheel->next_deadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

/// The worker's own, in the order this run goes by, or one of another worker.
detail::Header* HostCore::take(std::size_t worker) noexcept {
  std::size_t victim = worker;
  while (workers_[victim]->ready.empty()) victim = (victim + 1) % workers_.size();
  std::deque<detail::Header*>& ready = workers_[victim]->ready;
  const auto index = static_cast<std::ptrdiff_t>(world_.choose_of_queue(ready.size()));
  detail::Header* const task = ready[static_cast<std::size_t>(index)];
  ready.erase(ready.begin() + index);
  --ready_;
  return task;
}

void HostCore::run_task(std::size_t worker) {
  detail::Header* const task = take(worker);
  world_.happens(What::TaskRuns, host_, task->id & 0xffffffff, worker);
  scheduler::WorkerCounters& counters = workers_[worker]->counters;
  const std::size_t before = std::exchange(stepping_, worker);
  detail::Scheduler* const scheduler_before = detail::set_current_scheduler(this);
  counters.polls.add();
  counters.task_id.store(task->id, std::memory_order_relaxed);
  detail::budget_of_thread = world_.budget();
  const bool again = RONDEAU_BUGGIFY("sim: a wake without a reason");
  if (again) task->state.add_reference();
  detail::run_task(task);
  if (again) detail::Wake(task, 0).wake_by_value();
  detail::budget_of_thread = detail::kBudget;
  counters.task_id.store(0, std::memory_order_relaxed);
  detail::set_current_scheduler(scheduler_before);
  stepping_ = before;
}

void HostCore::turn(std::size_t worker) {
  world_.happens(What::Turn, host_, worker);
  const std::size_t before = std::exchange(stepping_, worker);
  workers_[worker]->reactor->turn(Duration::zero());
  stepping_ = before;
}

void HostCore::fire_timers(std::size_t worker) {
  world_.happens(What::Timers, host_, worker);
  const std::size_t before = std::exchange(stepping_, worker);
  saw_time(world_.now());
  workers_[worker]->wheel->advance(world_.now());
  stepping_ = before;
}

void HostCore::end_waits() noexcept {
  for (const auto& worker : workers_) {
    worker->reactor->shutdown();
    worker->wheel->shutdown();
  }
}

std::size_t HostCore::registered() const noexcept {
  std::size_t total = 0;
  for (const auto& worker : workers_) total += static_cast<std::size_t>(worker->reactor->registered());
  return total;
}

std::size_t HostCore::armed() const noexcept {
  std::size_t total = 0;
  for (const auto& worker : workers_) total += worker->wheel->armed();
  return total;
}

bool HostCore::has_thread(const threads::Pool&) noexcept { return !world_.random().chance(world_.faults().threads); }

void HostCore::begin(threads::PlayedCall call) noexcept {
  const Duration takes = world_.random().between(std::chrono::microseconds(1), world_.options().blocking_call_max);
  world_.at(world_.now() + takes, [this, call = std::move(call), self = weak_from_this()] {
    const std::shared_ptr<HostCore> alive = self.lock();
    const std::shared_ptr<threads::Pool*> pool = call.pool.lock();
    if (alive == nullptr || pool == nullptr) return;
    world_.happens(What::CallRuns, host_, call.id & 0xffffffff);
    (*pool)->finish_played(call.id);
  });
}

void HostCore::drive(detail::Header* root, scheduler::BlockOn&) {
  submit(root, detail::Submit::Spawned);
  if (!world_.play([root] { return root->state.is_complete(); })) {
    base::fail("block_on on a simulated host: nothing is runnable, nothing is to come, and the task has not ended");
  }
}

void HostCore::begin_shutdown() noexcept {
  shutdown_.store(true, std::memory_order_release);  // pairs with shutting_down
  owned_.close_and_abort_all(0);
}

bool HostCore::finish_shutdown(std::optional<Instant> deadline) noexcept {
  return world_.play([this, deadline] { return owned_.empty() || (deadline && world_.now() >= *deadline); }) &&
         owned_.empty();
}

}  // namespace rondeau::sim
