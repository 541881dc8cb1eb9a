// Metrics of the process and of its runtime, which are read when a page is made.
#pragma once

#include <string>

#include <rondeau/observe/metrics.h>
#include <rondeau/runtime/metrics.h>

namespace rondeau::observe {

/// `rondeau_runtime_…` and, by worker, `rondeau_runtime_worker_…`: tasks, queues, pools, descriptors, timers.
void add_runtime_metrics(Registry& registry, const RuntimeMetrics& runtime);

/// `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`, `process_max_fds`,
/// `process_start_time_seconds`, by Prometheus's names, as far as /proc is there; and `log_dropped_total` by level.
void add_process_metrics(Registry& registry);

/// `target_info`, always 1, with the labels `service_name` and `service_version`.
void add_target_info(Registry& registry, std::string service_name, std::string service_version);

}  // namespace rondeau::observe
