#include <rondeau/runtime/builder.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <rondeau/base/assert.h>
#include <rondeau/runtime/runtime.h>

#include "base/thread.h"
#include "runtime/cpu_quota.h"
#include "runtime/live_runtimes.h"
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
Builder& Builder::name(std::string name) {
  name_ = std::move(name);
  return *this;
}
Builder& Builder::thread_name(std::string name) {
  thread_name_ = std::move(name);
  thread_name_fn_ = nullptr;
  return *this;
}
Builder& Builder::thread_name_fn(std::function<std::string()> make) {
  thread_name_fn_ = std::move(make);
  return *this;
}
Builder& Builder::thread_stack_size(std::size_t bytes) {
  if (bytes < base::smallest_stack()) {
    base::fail("thread_stack_size is in bytes, and at least what sysconf(_SC_THREAD_STACK_MIN) says; leave it out for the system's");
  }
  thread_stack_size_ = bytes;
  return *this;
}
Builder& Builder::event_interval(unsigned tasks, std::source_location where) {
  if (tasks == 0) base::fail("event_interval(0): timers and sockets would never be looked at", where);
  event_interval_ = tasks;
  return *this;
}
Builder& Builder::max_io_events_per_tick(std::size_t events) {
  if (events == 0) base::fail("max_io_events_per_tick(0): no descriptor would ever be ready");
  max_io_events_ = events;
  return *this;
}
Builder& Builder::global_queue_interval(unsigned tasks) {
  if (tasks == 0) base::fail("global_queue_interval(0): tasks from outside would never run while there are others");
  global_queue_interval_ = tasks;
  return *this;
}
Builder& Builder::unhandled_exception(UnhandledException what) {
  unhandled_ = what;
  return *this;
}
Builder& Builder::on_thread_start(std::function<void()> hook) {
  hooks_.thread_start = std::move(hook);
  return *this;
}
Builder& Builder::on_thread_stop(std::function<void()> hook) {
  hooks_.thread_stop = std::move(hook);
  return *this;
}
Builder& Builder::on_thread_park(std::function<void()> hook) {
  hooks_.park = std::move(hook);
  return *this;
}
Builder& Builder::on_thread_unpark(std::function<void()> hook) {
  hooks_.unpark = std::move(hook);
  return *this;
}
Builder& Builder::on_task_spawn(std::function<void(const TaskMeta&)> hook) {
  hooks_.spawn = std::move(hook);
  return *this;
}
Builder& Builder::on_before_task_poll(std::function<void(const TaskMeta&)> hook) {
  hooks_.before_poll = std::move(hook);
  return *this;
}
Builder& Builder::on_after_task_poll(std::function<void(const TaskMeta&)> hook) {
  hooks_.after_poll = std::move(hook);
  return *this;
}
Builder& Builder::on_task_terminate(std::function<void(const TaskMeta&)> hook) {
  hooks_.terminate = std::move(hook);
  return *this;
}
Builder& Builder::poll_time_histogram(const HistogramConfig& config) {
  poll_times_ = config;
  return *this;
}
Builder& Builder::schedule_latency_histogram(const HistogramConfig& config) {
  schedule_latencies_ = config;
  return *this;
}
Builder& Builder::track_schedule_latency() {
  track_schedule_latency_ = true;
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
Builder& Builder::report_deadlock_after(Duration stillness) {
  report_deadlock_after_ = stillness;
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
      .name = name_,
      .thread_name = thread_name_,
      .thread_name_fn = thread_name_fn_,
      .thread_stack_size = thread_stack_size_,
      .event_interval = event_interval_,
      .max_io_events = max_io_events_,
      .global_queue_interval = global_queue_interval_,
      .unhandled = unhandled_,
      .observer = {.hooks = {.thread_start = hooks_.thread_start,
                             .thread_stop = hooks_.thread_stop,
                             .park = hooks_.park,
                             .unpark = hooks_.unpark,
                             .task_spawn = hooks_.spawn,
                             .before_poll = hooks_.before_poll,
                             .after_poll = hooks_.after_poll,
                             .task_terminate = hooks_.terminate},
                   .poll_times = poll_times_,
                   .schedule_latencies = schedule_latencies_,
                   .track_schedule_latency = track_schedule_latency_},
      .watchdog = watchdog_,
      .rescue_after = rescue_after_,
      .report_deadlock_after = report_deadlock_after_,
      .lifo_slot = lifo_slot_,
      .rng_seed = rng_seed_,
      .driver = driver_ != nullptr ? driver_ : &base::kernel_driver(),
      .clock = nullptr,
      .keep_alive = nullptr};
  for (threads::PoolOptions& pool : config.pools) {
    pool.stack_size = thread_stack_size_;
    pool.on_thread_start = hooks_.thread_start;
    pool.on_thread_stop = hooks_.thread_stop;
  }
  if (flavor_ == Flavor::MultiThread) {
    RONDEAU_TRY_PLAIN(auto core, scheduler::MultiThread::make(std::move(config)));
    add_live_runtime(core);
    return Runtime(std::move(core));
  }
  auto pausable = std::make_shared<time::PausedDriver>(*config.driver);
  if (start_paused_) pausable->clock().pause();
  config.driver = pausable.get();
  config.clock = &pausable->clock();
  config.keep_alive = std::move(pausable);
  RONDEAU_TRY_PLAIN(auto core, scheduler::CurrentThread::make(std::move(config)));
  add_live_runtime(core);
  return Runtime(std::move(core));
}

}  // namespace rondeau::runtime
