#include "scheduler/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "scheduler/multi_thread.h"
#include "scheduler/sighting.h"

namespace rondeau::scheduler {
namespace {

/// So many looks in a row must find all workers asleep before it sleeps itself: waking it costs a system call.
constexpr int kQuietLooks = 50;
constexpr std::chrono::seconds kBetweenLines{1};

}  // namespace

Watchdog::Watchdog(MultiThread& runtime) noexcept
    : runtime_(runtime), deadlocks_(runtime, runtime.config().report_deadlock_after) {}

Result<void> Watchdog::start() {
  const Config& config = runtime_.config();
  // A lone worker has nobody to hand its work to.
  if (config.watchdog <= Duration::zero() && config.report_deadlock_after <= Duration::zero() && runtime_.workers() == 1) {
    return {};
  }
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
  const Duration pause = this->pause();
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

/// Between two looks. A lone worker is not rescued, so a quarter of what it is watched for is soon enough.
Duration Watchdog::pause() const noexcept {
  const Config& config = runtime_.config();
  if (runtime_.workers() > 1) return config.rescue_after;
  const auto [shorter, longer] = std::minmax(config.watchdog, config.report_deadlock_after);
  return std::max<Duration>(config.rescue_after, (shorter > Duration::zero() ? shorter : longer) / 4);
}

void Watchdog::look(Clock::time_point now) noexcept {
  const Instant runtime_now = runtime_.driver().now();
  runtime_.saw_time(runtime_now);
  runtime_.look_at_ages(runtime_now);
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    Seen& seen = seen_[i];
    const Worker& worker = runtime_.worker(i);
    const std::uint64_t begun = worker.counters().polls.get();
    runs += begun;
    if (worker.asleep() || begun != seen.begun) {
      seen = {.begun = begun, .since = now};
      continue;
    }
    rescue(i);
    const Duration late = now - seen.since;
    if (worker.counters().task_id.load(std::memory_order_relaxed) == 0) continue;
    if (late > longest_run()) longest_run_.store(late.count(), std::memory_order_relaxed);
    const Duration threshold = runtime_.config().watchdog;
    if (threshold <= Duration::zero() || late < threshold) continue;
    if (!std::exchange(seen.counted, true)) stalls_.fetch_add(1, std::memory_order_relaxed);
    if (seen.blamed || (blamed_at_ != Clock::time_point{} && now - blamed_at_ < kBetweenLines)) continue;
    seen.blamed = true;
    blamed_at_ = now;
    blame(i, late);
  }
  report_deadlocks(runs, now);
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
  const WorkerCounters& worker = runtime_.worker(index).counters();
  const std::uint64_t id = worker.task_id.load(std::memory_order_relaxed);
  const int thread = worker.thread_id.load(std::memory_order_relaxed);
  const std::optional<Sighting> sighting = sight_thread(thread);
  std::string seen = sighting ? sighting->in_words() : std::string();
  if (!seen.starts_with("task ")) seen.insert(0, "task " + std::to_string(id));
  const std::size_t first_line = std::min(seen.find('\n'), seen.size());
  std::fprintf(stderr,
               "rondeau: worker %zu (thread %d) has been in %.*s for %lld ms without a break; move what blocks to "
               "blocking(...), or co_await yield_now() now and then%s\n",
               index, thread, static_cast<int>(first_line), seen.c_str(),
               static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(stalled).count()),
               seen.c_str() + first_line);
}

void Watchdog::report_deadlocks(std::uint64_t runs, Clock::time_point now) noexcept {
  for (const std::string& line : deadlocks_.look(runs, now)) {
    told_deadlocks_.fetch_add(1, std::memory_order_relaxed);
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

bool Watchdog::all_asleep() const noexcept {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (!runtime_.worker(i).asleep()) return false;
  }
  return true;
}

void Watchdog::doze(std::unique_lock<std::mutex>& lock) {
  dozing_.store(true, std::memory_order_seq_cst);  // pairs with worker_woke()
  const auto over = [this] { return stopped_ || !dozing_.load(std::memory_order_relaxed) || !all_asleep(); };
  if (const auto due = deadlocks_.due(); due) {
    changed_.wait_until(lock, *due, over);
  } else {
    changed_.wait(lock, over);
  }
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
