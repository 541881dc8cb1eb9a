#include "scheduler/multi_thread.h"

#include <memory>
#include <utility>

#include "base/thread.h"
#include "task/random.h"

namespace rondeau::scheduler {
namespace {

const threads::PoolOptions& blocking_options(const Config& config) {
  return config.pools[static_cast<std::size_t>(task::BuiltInPool::Blocking)];
}

}  // namespace

MultiThread::MultiThread(Config config)
    : Core(std::move(config)),
      inject_(config_.workers),
      idle_(config_.workers),
      relay_(blocking_options(config_).keep_alive) {}

MultiThread::~MultiThread() = default;

Result<std::shared_ptr<MultiThread>> MultiThread::make(Config config) {
  auto runtime = std::make_shared<MultiThread>(std::move(config));
  if (auto started = runtime->start(); !started) {
    runtime->begin_shutdown();
    static_cast<void>(runtime->finish_shutdown(std::nullopt));
    return std::move(started).error();
  }
  return runtime;
}

Result<void> MultiThread::start() {
  for (std::size_t i = 0; i < config_.workers; ++i) {
    RONDEAU_TRY_PLAIN(auto reactor, reactor::Reactor::make(driver(), config_.max_io_events));
    workers_.push_back(std::make_unique<Worker>(*this, i, std::move(reactor)));
  }
  for (const auto& worker : workers_) {
    if (auto started = start_thread(worker.get()); !started) return started;
  }
  return watchdog_.start();
}

/// Of a worker; null: of a spare thread.
Result<void> MultiThread::start_thread(Worker* worker) {
  // Each thread keeps the memory alive, also when the Runtime left it behind stuck.
  return crew_.add(config_.thread_stack_size, config_.workers + blocking_options(config_).max_threads,
                   [self = shared_from_this(), worker] { self->serve(worker); });
}

void MultiThread::serve(Worker* worker) noexcept {
  base::name_this_thread(thread_name());
  detail::set_current_scheduler(this);
  call(config_.observer.hooks.thread_start);
  if (worker == nullptr) relay_.arrived();
  if (worker == nullptr) worker = relay_.wait();
  for (; worker != nullptr; worker = relay_.wait()) worker->run();
  call(config_.observer.hooks.thread_stop);
  detail::set_current_scheduler(nullptr);
}

void* MultiThread::give_worker_away() {
  Worker* worker = own_worker();
  if (worker == nullptr) return nullptr;
  void* seat = worker->leave_thread();
  // Where no more threads may be had, the next that comes back from such a call takes it.
  if (relay_.offer(*worker, seat) && !start_thread(nullptr)) relay_.arrived();
  return seat;
}

void MultiThread::take_worker_back(void* seat) noexcept {
  if (Worker* worker = relay_.take_back(seat); worker != nullptr) worker->return_to_thread();
}

void MultiThread::submit(detail::Header* task, detail::Submit how) noexcept {
  observer().ready(task);
  if (Worker* worker = own_worker(); worker != nullptr) return worker->submit(task, how);
  inject_.push_remotely(task);
  notify_one();
}

void MultiThread::notify_one() noexcept {
  if (const std::optional<std::size_t> worker = idle_.worker_to_wake(); worker) workers_[*worker]->unpark();
}

bool MultiThread::has_pending_work() noexcept {
  if (!inject_.empty()) return true;
  for (const auto& worker : workers_) {
    if (worker->has_work()) return true;
  }
  return false;
}

void MultiThread::look_at_ages(Instant now) noexcept {
  ages_.look(now, inject_.bands(), [this](std::size_t queue, Priority band) {
    return queue < workers_.size() ? workers_[queue]->progress(band) : inject_.of(band).progress();
  });
}

Worker* MultiThread::own_worker() const noexcept {
  Worker* worker = Worker::current();
  return worker != nullptr && &worker->runtime() == this ? worker : nullptr;
}

std::optional<std::size_t> MultiThread::worker_index() const noexcept {
  const Worker* worker = own_worker();
  return worker == nullptr ? std::nullopt : std::optional(worker->index());
}

Worker& MultiThread::home() noexcept {
  if (Worker* worker = own_worker(); worker != nullptr) return *worker;
  return *workers_[next_home_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

reactor::Reactor& MultiThread::reactor() noexcept {
  // The less filled of the own shard and one other: one accept loop must not fill one shard.
  reactor::Reactor& own = home().reactor();
  if (workers_.size() == 1) return own;
  reactor::Reactor& other = workers_[detail::random_below(workers_.size())]->reactor();
  return other.registered() < own.registered() ? other : own;
}

std::uint64_t MultiThread::seed(std::size_t index) noexcept {
  if (config_.rng_seed) return detail::mix_seed(*config_.rng_seed + index);
  std::uint64_t bits = 0;
  config_.driver->random(std::as_writable_bytes(std::span(&bits, 1)));
  return bits;
}

void MultiThread::unpark_all() noexcept {
  for (const auto& worker : workers_) worker->unpark();
}

void MultiThread::all_tasks_ended() noexcept {
  unpark_all();
  relay_.close();
}

void MultiThread::close() noexcept {
  // Closed first: once a worker may leave, no task can be added any more.
  owned_.close_and_abort_all(0);
  shutdown_.store(true, std::memory_order_release);  // pairs with shutting_down
  if (all_ended()) return all_tasks_ended();
  unpark_all();
}

void MultiThread::begin_shutdown() noexcept {
  watchdog_.stop();
  ages_.forget();
  close();
}

bool MultiThread::finish_shutdown(std::optional<Instant> deadline) noexcept {
  return crew_.wait(deadline ? std::optional(time_until(*deadline)) : std::nullopt);
}

void MultiThread::end_runnable() noexcept {
  for (const auto& worker : workers_) worker->end_waits();
  detail::Scheduler* before = detail::set_current_scheduler(this);
  const auto mine = std::make_unique<Ring<>>();
  std::size_t last = 0;
  for (std::size_t left = owned_.size(); left > 0 && left != last; left = owned_.size()) {
    last = left;
    run_queued(*mine);
  }
  detail::set_current_scheduler(before);
}

/// One pass over what is queued anywhere.
void MultiThread::run_queued(Ring<>& mine) noexcept {
  for (const auto& worker : workers_) {
    while (detail::Header* task = worker->give_to(mine)) {
      for (; task != nullptr; task = mine.pop()) detail::run_task(task);
    }
  }
  for (const Priority band : kAllBands) {
    for (detail::Header* task = inject_.of(band).take(0).first; task != nullptr;) {
      detail::Header* next = task->queue_next;
      detail::run_task(task);
      task = next;
    }
  }
}

}  // namespace rondeau::scheduler
