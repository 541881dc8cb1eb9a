#include "admin/figures.h"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/json/write.h>
#include <rondeau/task/context.h>

namespace rondeau::admin {
namespace {

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

struct PoolFigures {
  std::string name;
  std::uint64_t threads;
  std::uint64_t idle;
  std::uint64_t running;
  std::uint64_t queued;
  std::uint64_t taken;
  double waiting_seconds;
};
struct BandFigures {
  std::string name;
  std::uint64_t queued;
  double oldest_seconds;
};
struct WorkerFigures {
  std::uint64_t polls;
  std::uint64_t parks;
  std::uint64_t steals;
  std::uint64_t steal_operations;
  std::uint64_t local_schedules;
  std::uint64_t local_queue_depth;
  std::uint64_t overflows;
  bool asleep;
  double busy_seconds;
  double mean_poll_seconds;
};
struct Figures {
  std::uint64_t workers;
  std::uint64_t alive_tasks;
  std::uint64_t spawned_tasks;
  std::uint64_t inject_queue_depth;
  std::uint64_t remote_schedules;
  std::uint64_t forced_yields;
  std::uint64_t unhandled_exceptions;
  std::uint64_t fds_registered;
  std::uint64_t io_ready;
  std::uint64_t timers_pending;
  std::uint64_t stalls;
  std::uint64_t rescues;
  std::uint64_t deadlocks;
  double longest_run_seconds;  ///< as the watchdog has seen it
  std::vector<BandFigures> bands;
  std::vector<PoolFigures> pools;
  std::vector<WorkerFigures> worker;
};

PoolFigures pool(const RuntimeMetrics& from, std::string name, task::BuiltInPool which) {
  return {std::move(name),
          from.num_blocking_threads(which),
          from.num_idle_blocking_threads(which),
          from.blocking_running_count(which),
          from.blocking_queue_depth(which),
          from.blocking_taken_count(which),
          seconds(from.blocking_waiting_time(which))};
}

WorkerFigures worker(const RuntimeMetrics& from, std::size_t which) {
  return {.polls = from.worker_poll_count(which),
          .parks = from.worker_park_count(which),
          .steals = from.worker_steal_count(which),
          .steal_operations = from.worker_steal_operations(which),
          .local_schedules = from.worker_local_schedule_count(which),
          .local_queue_depth = from.worker_local_queue_depth(which),
          .overflows = from.worker_overflow_count(which),
          .asleep = from.worker_park_unpark_count(which) % 2 == 1,
          .busy_seconds = seconds(from.worker_total_busy_duration(which)),
          .mean_poll_seconds = seconds(from.worker_mean_poll_time(which))};
}

Figures take(const RuntimeMetrics& from) {
  Figures all{};
  all.workers = from.num_workers();
  all.alive_tasks = from.num_alive_tasks();
  all.spawned_tasks = from.spawned_tasks_count();
  all.inject_queue_depth = from.global_queue_depth();
  all.remote_schedules = from.remote_schedule_count();
  all.forced_yields = from.budget_forced_yield_count();
  all.unhandled_exceptions = from.unhandled_exception_count();
  // Read first what is counted later: the difference never falls below zero.
  const std::uint64_t gone = from.io_driver_fd_deregistered_count();
  all.fds_registered = from.io_driver_fd_registered_count() - gone;
  all.io_ready = from.io_driver_ready_count();
  all.timers_pending = from.num_armed_timers();
  all.stalls = from.watchdog_stall_count();
  all.rescues = from.watchdog_rescue_count();
  all.deadlocks = from.watchdog_deadlock_count();
  all.longest_run_seconds = seconds(from.watchdog_longest_run());
  using task::Priority;
  for (const auto& [name, band] : {std::pair("interactive", Priority::Interactive), std::pair("normal", Priority::Normal),
                                   std::pair("background", Priority::Background)}) {
    all.bands.push_back({name, from.band_queue_depth(band), seconds(from.band_oldest_age(band))});
  }
  using task::BuiltInPool;
  all.pools = {pool(from, "blocking", BuiltInPool::Blocking), pool(from, "fs", BuiltInPool::Fs),
               pool(from, "resolver", BuiltInPool::Resolver)};
  for (std::size_t i = 0; i < all.workers; ++i) all.worker.push_back(worker(from, i));
  return all;
}

/// A line for each key; an object of a list begins with a dash. No name or value here has brackets, commas or quotes.
std::string laid_out(const std::string& json) {
  std::string out;
  std::size_t depth = 0;
  char before = 0;
  for (const char c : json) {
    if (c == '{' && ++depth > 1) out.append("\n").append(4 * depth - 6, ' ').append("- ");
    if (c == '}') --depth;
    if (c == ',' && before != '}') out.append("\n").append(4 * depth - 4, ' ');
    if (c == ':') out += ": ";
    if (std::string_view("{}[],:\"").find(c) == std::string_view::npos) out += c;
    before = c;
  }
  return out + "\n";
}

}  // namespace

std::string figures_json(const RuntimeMetrics& metrics) {
  return json::to_string(take(metrics)).value_or("{}");
}

std::string figures_text(const RuntimeMetrics& metrics) {
  return laid_out(figures_json(metrics));
}

}  // namespace rondeau::admin
