#include "scheduler/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <system_error>

#include "scheduler/multi_thread.h"
#include "scheduler/sighting.h"

namespace rondeau::scheduler {
namespace {

/// So many looks in a row must find all workers asleep before it sleeps itself: waking it costs a system call.
constexpr int kQuietLooks = 50;
constexpr std::chrono::seconds kBetweenLines{1};

}  // namespace

Result<void> Watchdog::start() {
  const Config& config = runtime_.config();
  // A lone worker has nobody to hand its work to.
  if (config.watchdog <= Duration::zero() && runtime_.workers() == 1) return {};
  seen_.resize(runtime_.workers());
  try {
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "rondeau-watch");
      watch();
    });
  } catch (const std::system_error& error) {
    return Error::from_os(error.code().value(), "start the watchdog's thread");
  }
  return {};
}

void Watchdog::stop() noexcept {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::watch() {
  const Config& config = runtime_.config();
  const Duration pause =
      runtime_.workers() > 1 ? config.rescue_after : std::max<Duration>(config.rescue_after, config.watchdog / 4);
  std::unique_lock lock(mutex_);
  int quiet = 0;
  while (!stopped_) {
    changed_.wait_for(lock, pause);
    if (stopped_) return;
    lock.unlock();
    look(Clock::now());
    looks_.fetch_add(1, std::memory_order_relaxed);
    lock.lock();
    quiet = all_asleep() ? quiet + 1 : 0;
    if (quiet >= kQuietLooks) {
      doze(lock);
      quiet = 0;
    }
  }
}

void Watchdog::look(Clock::time_point now) noexcept {
  const Instant runtime_now = runtime_.driver().now();
  runtime_.saw_time(runtime_now);
  runtime_.look_at_ages(runtime_now);
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    Seen& seen = seen_[i];
    const Worker& worker = runtime_.worker(i);
    const std::uint64_t begun = worker.counters().polls.get();
    if (worker.asleep() || begun != seen.begun) {
      seen = {.begun = begun, .since = now};
      continue;
    }
    rescue(i);
    const Duration late = now - seen.since;
    const Duration threshold = runtime_.config().watchdog;
    if (threshold > Duration::zero() && late >= threshold && worker.counters().task_id.load(std::memory_order_relaxed) != 0 && !seen.blamed) {
      seen.blamed = true;
      blame(i, late);
    }
  }
}

void Watchdog::rescue(std::size_t index) noexcept {
  if (runtime_.workers() == 1) return;
  Worker& worker = runtime_.worker(index);
  std::size_t found = worker.wheel().help(runtime_.driver().now());
  if (worker.reactor().registered() != 0) found += worker.reactor().try_turn();
  if (worker.has_work()) {
    ++found;
    runtime_.notify_one();
  }
  if (found != 0) rescues_.fetch_add(1, std::memory_order_relaxed);
}

void Watchdog::blame(std::size_t index, Duration stalled) noexcept {
  stalls_.fetch_add(1, std::memory_order_relaxed);
  const Clock::time_point now = Clock::now();
  if (blamed_at_ != Clock::time_point{} && now - blamed_at_ < kBetweenLines) return;
  blamed_at_ = now;
  const WorkerCounters& worker = runtime_.worker(index).counters();
  const std::uint64_t id = worker.task_id.load(std::memory_order_relaxed);
  const int thread = worker.thread_id.load(std::memory_order_relaxed);
  std::string seen = sight_thread(thread);
  if (!seen.starts_with("task ")) seen.insert(0, "task " + std::to_string(id));
  const std::size_t first_line = std::min(seen.find('\n'), seen.size());
  std::fprintf(stderr,
               "rondeau: worker %zu (thread %d) has been in %.*s for %lld ms without a break; move what blocks to "
               "blocking(...), or co_await yield_now() now and then%s\n",
               index, thread, static_cast<int>(first_line), seen.c_str(),
               static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(stalled).count()),
               seen.c_str() + first_line);
}

bool Watchdog::all_asleep() const noexcept {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (!runtime_.worker(i).asleep()) return false;
  }
  return true;
}

void Watchdog::doze(std::unique_lock<std::mutex>& lock) {
  dozing_.store(true, std::memory_order_seq_cst);  // pairs with worker_woke()
  changed_.wait(lock, [this] { return stopped_ || !dozing_.load(std::memory_order_relaxed) || !all_asleep(); });
  dozing_.store(false, std::memory_order_relaxed);
}

void Watchdog::wake() noexcept {
  {
    // Under the lock, so that it is not missed between the watchdog's look and its wait.
    const std::lock_guard lock(mutex_);
    dozing_.store(false, std::memory_order_relaxed);
  }
  changed_.notify_one();
}

}  // namespace rondeau::scheduler
