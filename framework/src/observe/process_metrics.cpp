#include <rondeau/observe/process_metrics.h>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <rondeau/observe/log.h>

namespace rondeau::observe {
namespace {

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}
double number(std::uint64_t count) {
  return static_cast<double>(count);
}

std::string read_file(const char* path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The word of that number, from 1, behind the name of /proc/self/stat, which may hold blanks and brackets.
std::optional<std::uint64_t> stat_field(const std::string& stat, int wanted) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream words(stat.substr(name_end + 1));
  std::string word;
  for (int field = 3; field <= wanted; ++field) {
    if (!(words >> word)) return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// Since 1970.
std::optional<double> boot_time() {
  const std::string text = read_file("/proc/stat");
  constexpr std::string_view kKey = "\nbtime ";
  const std::size_t at = text.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t value = 0;
  const char* begin = text.data() + at + kKey.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  return error == std::errc() ? std::optional(number(value)) : std::nullopt;
}

/// New kernels tell the number as the size of the directory; else its entries are counted.
std::optional<double> open_descriptors() {
  constexpr const char* kPath = "/proc/self/fd";
  struct stat found {};
  if (::stat(kPath, &found) != 0) return std::nullopt;
  if (found.st_size > 0) return static_cast<double>(found.st_size);
  DIR* directory = ::opendir(kPath);
  if (directory == nullptr) return std::nullopt;
  double count = 0;
  while (const dirent* entry = ::readdir(directory)) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return count - 1;  // the directory itself
}

/// When this process began, which does not change.
std::optional<double> start_time() {
  const auto ticks = stat_field(read_file("/proc/self/stat"), 22);
  const auto boot = boot_time();
  const long per_second = ::sysconf(_SC_CLK_TCK);
  if (!ticks || !boot || per_second <= 0) return std::nullopt;
  return *boot + number(*ticks) / static_cast<double>(per_second);
}

void tell_process(Samples& out, std::optional<double> started) {
  timespec cpu{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    out.counter("process_cpu_seconds_total", "User and system CPU time spent.",
                static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9);
  }
  if (const auto pages = stat_field(read_file("/proc/self/stat"), 24)) {
    out.gauge("process_resident_memory_bytes", "Resident memory.", number(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  if (const auto count = open_descriptors()) out.gauge("process_open_fds", "Open file descriptors.", *count);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.gauge("process_max_fds", "Most file descriptors there may be.", number(limit.rlim_cur));
  }
  if (started) out.gauge("process_start_time_seconds", "When the process began, since 1970.", *started);
  constexpr std::pair<log::Level, std::string_view> kLevels[] = {
      {log::Level::Trace, "trace"}, {log::Level::Debug, "debug"}, {log::Level::Info, "info"},
      {log::Level::Warn, "warn"},   {log::Level::Error, "error"}};
  for (const auto& [level, name] : kLevels) {
    out.counter("log_dropped_total", "Log lines that found no room.", number(log::dropped(level)), {{"level", name}});
  }
}

void tell_worker(Samples& out, const RuntimeMetrics& from, std::size_t worker) {
  const std::string name = std::to_string(worker);
  const auto counter = [&](const char* what, const char* help, double value) {
    out.counter("rondeau_runtime_worker_" + std::string(what), help, value, {{"worker", name}});
  };
  const auto gauge = [&](const char* what, const char* help, double value) {
    out.gauge("rondeau_runtime_worker_" + std::string(what), help, value, {{"worker", name}});
  };
  counter("parks_total", "Sleeps begun.", number(from.worker_park_count(worker)));
  counter("polls_total", "Runs of tasks.", number(from.worker_poll_count(worker)));
  counter("steals_total", "Tasks taken from other workers.", number(from.worker_steal_count(worker)));
  counter("steal_operations_total", "Times that gave any.", number(from.worker_steal_operations(worker)));
  counter("local_schedules_total", "Tasks put into its own queue.", number(from.worker_local_schedule_count(worker)));
  counter("overflows_total", "Times that its queue was full.", number(from.worker_overflow_count(worker)));
  counter("busy_seconds_total", "Time awake.", seconds(from.worker_total_busy_duration(worker)));
  gauge("local_queue_depth", "Tasks in its own queue.", number(from.worker_local_queue_depth(worker)));
  gauge("poll_seconds", "Mean time of a run of a task, of late.", seconds(from.worker_mean_poll_time(worker)));
}

void tell_runtime(Samples& out, const RuntimeMetrics& from) {
  const auto counter = [&](const char* what, const char* help, double value) {
    out.counter("rondeau_runtime_" + std::string(what), help, value);
  };
  const auto gauge = [&](const char* what, const char* help, double value) {
    out.gauge("rondeau_runtime_" + std::string(what), help, value);
  };
  gauge("workers", "Workers.", number(from.num_workers()));
  gauge("alive_tasks", "Tasks spawned and not ended.", number(from.num_alive_tasks()));
  counter("spawned_tasks_total", "Tasks spawned.", number(from.spawned_tasks_count()));
  gauge("inject_queue_depth", "Tasks in the queue that all workers share.", number(from.global_queue_depth()));
  counter("remote_schedules_total", "Tasks put there from outside of the workers.", number(from.remote_schedule_count()));
  counter("forced_yields_total", "Times that a task had to let others go first.", number(from.budget_forced_yield_count()));
  // What is read first was counted later, so the difference never falls below zero.
  const double gone = number(from.io_driver_fd_deregistered_count());
  gauge("fds_registered", "Descriptors whose readiness is watched.", number(from.io_driver_fd_registered_count()) - gone);
  counter("io_ready_total", "Events of readiness.", number(from.io_driver_ready_count()));
  gauge("timers_pending", "Timers in the wheels.", number(from.num_armed_timers()));
  gauge("longest_poll_seconds", "Longest run of a task that was seen still going on.", seconds(from.watchdog_longest_run()));
  using task::BuiltInPool;
  for (const auto& [pool, name] : {std::pair(BuiltInPool::Blocking, "blocking"), std::pair(BuiltInPool::Fs, "fs"),
                                   std::pair(BuiltInPool::Resolver, "resolver")}) {
    out.gauge("rondeau_runtime_blocking_threads", "Threads for blocking calls.", number(from.num_blocking_threads(pool)),
              {{"pool", name}});
    out.gauge("rondeau_runtime_blocking_queue_depth", "Blocking calls that wait for a thread.",
              number(from.blocking_queue_depth(pool)), {{"pool", name}});
  }
  for (std::size_t worker = 0; worker < from.num_workers(); ++worker) tell_worker(out, from, worker);
}

}  // namespace

void add_runtime_metrics(Registry& registry, const RuntimeMetrics& runtime) {
  registry.collect([runtime](Samples& out) { tell_runtime(out, runtime); });
}

void add_process_metrics(Registry& registry) {
  registry.collect([started = start_time()](Samples& out) { tell_process(out, started); });
}

void add_target_info(Registry& registry, std::string service_name, std::string service_version) {
  registry.collect([name = std::move(service_name), version = std::move(service_version)](Samples& out) {
    out.gauge("target_info", "The service that this is.", 1, {{"service_name", name}, {"service_version", version}});
  });
}

}  // namespace rondeau::observe
