#include <rondeau/runtime/metrics.h>

#include <numeric>

#include <rondeau/base/assert.h>

#include "scheduler/core.h"

namespace rondeau::runtime {
namespace {

scheduler::WorkerView look_at(const scheduler::Core& core, std::size_t worker) noexcept {
  if (worker >= core.workers()) base::fail("a metric was asked of a worker that is not there; see num_workers()");
  return core.look_at(worker);
}

template <class Read>
std::uint64_t sum(const scheduler::Core& core, Read read) noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < core.workers(); ++i) total += read(core.look_at(i));
  return total;
}

std::size_t buckets_of(const std::optional<HistogramConfig>& histogram) noexcept {
  return histogram ? histogram->buckets() : 0;
}

HistogramRange range_of(const std::optional<HistogramConfig>& histogram, std::size_t bucket) noexcept {
  if (!histogram) base::fail("a histogram was asked for that the Builder has not; see poll_time_histogram_enabled()");
  return histogram->range(bucket);
}

std::uint64_t count_in(const scheduler::Histogram* histogram, std::size_t buckets, std::size_t bucket) noexcept {
  if (bucket >= buckets) base::fail("a histogram was asked for a bucket that is not there; see its number of buckets");
  return histogram->count(bucket);
}

}  // namespace

std::string_view RuntimeMetrics::name() const noexcept {
  return core_->config().name;
}
std::size_t RuntimeMetrics::num_workers() const noexcept {
  return core_->workers();
}
std::size_t RuntimeMetrics::num_alive_tasks() const noexcept {
  return core_->live_tasks();
}
std::uint64_t RuntimeMetrics::spawned_tasks_count() const noexcept {
  return core_->spawned_tasks();
}
std::size_t RuntimeMetrics::global_queue_depth() const noexcept {
  return core_->inject().size();
}
std::uint64_t RuntimeMetrics::remote_schedule_count() const noexcept {
  return core_->inject().pushed_remotely();
}
std::uint64_t RuntimeMetrics::budget_forced_yield_count() const noexcept {
  return core_->forced_yields();
}

std::uint64_t RuntimeMetrics::unhandled_exception_count() const noexcept {
  return core_->unhandled_exceptions();
}

std::size_t RuntimeMetrics::band_queue_depth(task::Priority band) const noexcept {
  const std::size_t index = scheduler::index_of(band);
  return core_->inject().of(band).size() +
         sum(*core_, [index](const scheduler::WorkerView& worker) { return worker.queue_depths[index]; });
}
Duration RuntimeMetrics::band_oldest_age(task::Priority band) const noexcept {
  return core_->oldest_age(band);
}

std::size_t RuntimeMetrics::num_blocking_threads(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? 0 : made->threads();
}
std::size_t RuntimeMetrics::num_idle_blocking_threads(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? 0 : made->idle_threads();
}
std::size_t RuntimeMetrics::blocking_running_count(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? 0 : made->running();
}
std::size_t RuntimeMetrics::blocking_queue_depth(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? 0 : made->queued();
}

std::uint64_t RuntimeMetrics::blocking_taken_count(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? 0 : made->taken();
}
Duration RuntimeMetrics::blocking_waiting_time(task::BuiltInPool pool) const noexcept {
  const threads::Pool* made = core_->pools().find_made(pool);
  return made == nullptr ? Duration::zero() : made->waited();
}

std::uint64_t RuntimeMetrics::io_driver_fd_registered_count() const noexcept {
  return sum(*core_, [](const scheduler::WorkerView& worker) { return worker.reactor.registered_total(); });
}
std::uint64_t RuntimeMetrics::io_driver_fd_deregistered_count() const noexcept {
  return sum(*core_, [](const scheduler::WorkerView& worker) { return worker.reactor.deregistered_total(); });
}
std::uint64_t RuntimeMetrics::io_driver_ready_count() const noexcept {
  return sum(*core_, [](const scheduler::WorkerView& worker) { return worker.reactor.ready_total(); });
}

std::size_t RuntimeMetrics::num_armed_timers() const noexcept {
  return sum(*core_, [](const scheduler::WorkerView& view) { return view.armed_timers; });
}

std::uint64_t RuntimeMetrics::watchdog_stall_count() const noexcept {
  return core_->stalls();
}
Duration RuntimeMetrics::watchdog_longest_run() const noexcept {
  return core_->longest_run();
}
std::uint64_t RuntimeMetrics::watchdog_rescue_count() const noexcept {
  return core_->rescues();
}
std::uint64_t RuntimeMetrics::watchdog_deadlock_count() const noexcept {
  return core_->deadlocks();
}

Duration RuntimeMetrics::worker_total_busy_duration(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.busy(core_->config().driver->now());
}
std::uint64_t RuntimeMetrics::worker_park_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.parks.get();
}
std::uint64_t RuntimeMetrics::worker_park_unpark_count(std::size_t worker) const noexcept {
  const scheduler::WorkerCounters& counters = look_at(*core_, worker).counters;
  return counters.unparks.get() + counters.parks.get();
}
std::uint64_t RuntimeMetrics::worker_noop_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.noops.get();
}
std::uint64_t RuntimeMetrics::worker_steal_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.steals.get();
}
std::uint64_t RuntimeMetrics::worker_steal_operations(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.steal_operations.get();
}
std::uint64_t RuntimeMetrics::worker_poll_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.polls.get();
}
std::uint64_t RuntimeMetrics::worker_local_schedule_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.local_schedules.get();
}
std::uint64_t RuntimeMetrics::worker_overflow_count(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.overflows.get();
}
std::size_t RuntimeMetrics::worker_local_queue_depth(std::size_t worker) const noexcept {
  const auto depths = look_at(*core_, worker).queue_depths;
  return std::accumulate(depths.begin(), depths.end(), std::size_t{0});
}
Duration RuntimeMetrics::worker_mean_poll_time(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.mean_poll_time();
}
int RuntimeMetrics::worker_thread_id(std::size_t worker) const noexcept {
  return look_at(*core_, worker).counters.thread_id.load(std::memory_order_relaxed);
}

bool RuntimeMetrics::poll_time_histogram_enabled() const noexcept {
  return core_->config().observer.poll_times.has_value();
}
std::size_t RuntimeMetrics::poll_time_histogram_num_buckets() const noexcept {
  return buckets_of(core_->config().observer.poll_times);
}
HistogramRange RuntimeMetrics::poll_time_histogram_bucket_range(std::size_t bucket) const noexcept {
  return range_of(core_->config().observer.poll_times, bucket);
}
std::uint64_t RuntimeMetrics::poll_time_histogram_bucket_count(std::size_t worker, std::size_t bucket) const noexcept {
  return count_in(look_at(*core_, worker).histograms.poll_times.get(), poll_time_histogram_num_buckets(), bucket);
}

bool RuntimeMetrics::schedule_latency_histogram_enabled() const noexcept {
  return core_->config().observer.schedule_latencies.has_value();
}
std::size_t RuntimeMetrics::schedule_latency_histogram_num_buckets() const noexcept {
  return buckets_of(core_->config().observer.schedule_latencies);
}
HistogramRange RuntimeMetrics::schedule_latency_histogram_bucket_range(std::size_t bucket) const noexcept {
  return range_of(core_->config().observer.schedule_latencies, bucket);
}
std::uint64_t RuntimeMetrics::schedule_latency_histogram_bucket_count(std::size_t worker, std::size_t bucket) const noexcept {
  return count_in(look_at(*core_, worker).histograms.schedule_latencies.get(), schedule_latency_histogram_num_buckets(), bucket);
}

}  // namespace rondeau::runtime
