#include <rondeau/observe/process_metrics.h>

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;

namespace {

/// Name with labels → value.
std::map<std::string, double> values(const observe::Registry& registry) {
  std::map<std::string, double> found;
  const std::string page = registry.render();
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at);
    const std::string line = page.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    const std::size_t blank = line.rfind(' ');
    found[line.substr(0, blank)] = std::strtod(line.c_str() + blank + 1, nullptr);
  }
  return found;
}

}  // namespace

TEST_CASE("observe: the figures of the process are those of the system") {
  observe::Registry registry;
  observe::add_process_metrics(registry);
  const auto before = values(registry);
  CHECK(before.at("process_resident_memory_bytes") > 1e6);
  CHECK(before.at("process_max_fds") >= before.at("process_open_fds"));
  CHECK(before.at("process_cpu_seconds_total") > 0);
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(before.at("process_start_time_seconds") <= now + 2);
  CHECK(before.at("process_start_time_seconds") > now - 3600);
  CHECK(before.count("log_dropped_total{level=\"info\"}") == 1);
  const base::UniqueFd one(::dup(2));
  const base::UniqueFd two(::dup(2));
  CHECK(values(registry).at("process_open_fds") == before.at("process_open_fds") + 2);
}

TEST_CASE("observe: the figures of a runtime have the names of the page, and a series for each worker") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  observe::Registry registry;
  observe::add_runtime_metrics(registry, runtime.metrics());
  observe::add_target_info(registry, "shop", "1.2");
  runtime.block_on([]() -> Task<void> { static_cast<void>(co_await spawn([]() -> Task<void> { co_await sleep_for(std::chrono::milliseconds(1)); })); });
  const auto all = values(registry);
  for (const char* name :
       {"workers", "alive_tasks", "spawned_tasks_total", "inject_queue_depth", "remote_schedules_total", "forced_yields_total",
        "blocking_threads{pool=\"fs\"}", "blocking_queue_depth{pool=\"resolver\"}", "fds_registered", "io_ready_total",
        "timers_pending", "longest_poll_seconds"}) {
    CAPTURE(name);
    CHECK(all.count(std::string("rondeau_runtime_") + name) == 1);
  }
  for (const char* name : {"parks_total", "polls_total", "steals_total", "steal_operations_total", "local_schedules_total",
                           "local_queue_depth", "overflows_total", "busy_seconds_total", "poll_seconds"}) {
    CAPTURE(name);
    CHECK(all.count(std::string("rondeau_runtime_worker_") + name + "{worker=\"0\"}") == 1);
    CHECK(all.count(std::string("rondeau_runtime_worker_") + name + "{worker=\"1\"}") == 1);
  }
  CHECK(all.at("rondeau_runtime_workers") == 2);
  CHECK(all.at("rondeau_runtime_spawned_tasks_total") == 1);
  CHECK(all.at("target_info{service_name=\"shop\",service_version=\"1.2\"}") == 1);
}
