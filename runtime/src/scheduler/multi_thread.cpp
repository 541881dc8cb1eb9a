#include "scheduler/multi_thread.h"

#include <pthread.h>

#include <memory>
#include <system_error>

#include "task/random.h"

namespace rondeau::scheduler {

MultiThread::MultiThread(Config config) : Core(std::move(config)), inject_(config_.workers), idle_(config_.workers) {}

MultiThread::~MultiThread() = default;

Result<std::shared_ptr<MultiThread>> MultiThread::make(Config config) {
  auto runtime = std::make_shared<MultiThread>(std::move(config));
  RONDEAU_TRY_VOID_PLAIN(runtime->start());
  return runtime;
}

Result<void> MultiThread::start() {
  for (std::size_t i = 0; i < config_.workers; ++i) {
    RONDEAU_TRY_PLAIN(auto reactor, reactor::Reactor::make(driver()));
    workers_.push_back(std::make_unique<Worker>(*this, i, std::move(reactor)));
  }
  for (std::size_t i = 0; i < config_.workers; ++i) {
    try {
      // Each thread keeps the memory alive, also when the Runtime left it behind stuck.
      threads_.emplace_back([self = shared_from_this(), i] {
        ::pthread_setname_np(::pthread_self(), self->config_.thread_name.substr(0, 15).c_str());
        self->workers_[i]->run();
        const std::lock_guard lock(self->mutex_);
        --self->running_;
        self->left_.notify_all();
      });
      const std::lock_guard lock(mutex_);
      ++running_;
    } catch (const std::system_error& error) {
      begin_shutdown();
      static_cast<void>(finish_shutdown(std::nullopt));
      return Error::from_os(error.code().value(), "start a worker thread");
    }
  }
  if (auto watched = watchdog_.start(); !watched) {
    begin_shutdown();
    static_cast<void>(finish_shutdown(std::nullopt));
    return watched;
  }
  return {};
}

void MultiThread::submit(detail::Header* task, detail::Submit how) noexcept {
  if (Worker* worker = Worker::current(); worker != nullptr && &worker->runtime() == this) {
    return worker->submit(task, how);
  }
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

Worker& MultiThread::home() noexcept {
  if (Worker* worker = Worker::current(); worker != nullptr && &worker->runtime() == this) return *worker;
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

void MultiThread::begin_shutdown() noexcept {
  watchdog_.stop();
  // Closed first: once a worker may leave, no task can be added any more.
  owned_.close_and_abort_all(0);
  shutdown_.store(true, std::memory_order_release);  // pairs with shutting_down
  unpark_all();
}

bool MultiThread::finish_shutdown(std::optional<Instant> deadline) noexcept {
  {
    std::unique_lock lock(mutex_);
    const auto all_left = [this] { return running_ == 0; };
    if (!deadline) {
      left_.wait(lock, all_left);
    } else if (!left_.wait_for(lock, time_until(*deadline), all_left)) {
      for (std::thread& thread : threads_) thread.detach();
      threads_.clear();
      return false;
    }
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return true;
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
  for (detail::Header* task = inject_.take(0).first; task != nullptr;) {
    detail::Header* next = task->queue_next;
    detail::run_task(task);
    task = next;
  }
}

}  // namespace rondeau::scheduler
