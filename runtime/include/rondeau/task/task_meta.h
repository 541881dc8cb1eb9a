// TaskMeta: what a hook is told of a task.
#pragma once

#include <optional>
#include <source_location>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::task {

/// Lifetime: of the call it is given to.
struct TaskMeta {
  TaskId id;
  std::string_view name;            ///< empty: it has none
  std::source_location spawned_at;  ///< line 0: not known
  /// How long the task was ready and waited for its run. Only before and after a run, and where
  /// Builder::track_schedule_latency() asked for it.
  std::optional<Duration> schedule_latency;
};

}  // namespace rondeau::task

namespace rondeau {
using task::TaskMeta;
}
