#include <rondeau/runtime/builder.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <rondeau/base/assert.h>
#include <rondeau/runtime/runtime.h>

#include "runtime/cpu_quota.h"
#include "scheduler/current_thread.h"
#include "scheduler/multi_thread.h"
#include "time/paused_driver.h"

namespace rondeau::runtime {

std::size_t default_worker_threads() {
  if (const char* text = std::getenv("RONDEAU_WORKER_THREADS"); text != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::size_t count = 0;
    const char* end = text + std::strlen(text);
    if (const auto [stop, error] = std::from_chars(text, end, count); error != std::errc() || stop != end || count == 0) {
      base::fail("RONDEAU_WORKER_THREADS must be a whole number above 0");
    }
    return count;
  }
  return usable_cpus("/");
}

Builder Builder::multi_thread() { return Builder(Flavor::MultiThread); }
Builder Builder::current_thread() { return Builder(Flavor::CurrentThread); }

Builder& Builder::worker_threads(std::size_t count, std::source_location where) {
  if (count == 0)
    base::fail("worker_threads(0): a runtime needs a worker; for none beside the caller use current_thread()", where);
  worker_threads_ = count;
  return *this;
}
Builder& Builder::max_blocking_threads(std::size_t count, std::source_location where) {
  if (count == 0) base::fail("max_blocking_threads(0): blocking calls could never run", where);
  pools_[static_cast<std::size_t>(task::BuiltInPool::Blocking)].max_threads = count;
  return *this;
}
Builder& Builder::thread_keep_alive(Duration time) {
  thread_keep_alive_ = time;
  return *this;
}
Builder& Builder::blocking_pool(std::string_view name, const task::PoolBounds& bounds, std::source_location where) {
  const auto which = threads::BuiltInPools::find(name);
  if (!which) {
    base::fail(
        "blocking_pool: a runtime has the pools \"blocking\", \"fs\" and \"resolver\"; make others with BlockingPool",
        where);
  }
  if (bounds.max_threads == 0)
    base::fail("blocking_pool: with max_threads = 0 calls could never run; 1 is the least", where);
  if (bounds.queue_limit == 0)
    base::fail("blocking_pool: with queue_limit = 0 no call is ever taken; 1 is the least", where);
  task::PoolBounds& mine = pools_[static_cast<std::size_t>(*which)];
  if (bounds.max_threads) mine.max_threads = bounds.max_threads;
  if (bounds.queue_limit) mine.queue_limit = bounds.queue_limit;
  if (bounds.keep_alive) mine.keep_alive = bounds.keep_alive;
  return *this;
}
Builder& Builder::thread_name(std::string name) {
  thread_name_ = std::move(name);
  return *this;
}
Builder& Builder::event_interval(unsigned tasks, std::source_location where) {
  if (tasks == 0) base::fail("event_interval(0): timers and sockets would never be looked at", where);
  event_interval_ = tasks;
  return *this;
}
Builder& Builder::watchdog(Duration threshold) {
  watchdog_ = threshold;
  return *this;
}
Builder& Builder::rescue_after(Duration time, std::source_location where) {
  if (time < std::chrono::milliseconds(1))
    base::fail("rescue_after: the watchdog looks at most once a millisecond", where);
  rescue_after_ = time;
  return *this;
}
Builder& Builder::disable_lifo_slot() {
  lifo_slot_ = false;
  return *this;
}
Builder& Builder::rng_seed(std::uint64_t seed) {
  rng_seed_ = seed;
  return *this;
}
Builder& Builder::start_paused(bool paused, std::source_location where) {
  if (paused && flavor_ != Flavor::CurrentThread) {
    base::fail("start_paused needs a current_thread runtime: with several threads nobody knows when all are idle",
               where);
  }
  start_paused_ = paused;
  return *this;
}
Builder& Builder::driver(base::Driver& driver) {
  driver_ = &driver;
  return *this;
}

Result<Runtime> Builder::build() {
  scheduler::Config config{
      .workers = flavor_ == Flavor::CurrentThread ? 1 : worker_threads_ ? *worker_threads_ : default_worker_threads(),
      .pools = threads::BuiltInPools::bounded(pools_, thread_keep_alive_),
      .thread_name = thread_name_,
      .event_interval = event_interval_,
      .watchdog = watchdog_,
      .rescue_after = rescue_after_,
      .lifo_slot = lifo_slot_,
      .rng_seed = rng_seed_,
      .driver = driver_ != nullptr ? driver_ : &base::kernel_driver(),
      .clock = nullptr,
      .keep_alive = nullptr};
  if (flavor_ == Flavor::MultiThread) {
    RONDEAU_TRY_PLAIN(auto core, scheduler::MultiThread::make(std::move(config)));
    return Runtime(std::move(core));
  }
  auto pausable = std::make_shared<time::PausedDriver>(*config.driver);
  if (start_paused_) pausable->clock().pause();
  config.driver = pausable.get();
  config.clock = &pausable->clock();
  config.keep_alive = std::move(pausable);
  RONDEAU_TRY_PLAIN(auto core, scheduler::CurrentThread::make(std::move(config)));
  return Runtime(std::move(core));
}

}  // namespace rondeau::runtime
