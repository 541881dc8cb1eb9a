#include <rondeau/test/stuck.h>

#include <algorithm>
#include <cstdio>

#include <rondeau/base/assert.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/task/builder.h>

namespace rondeau::test {
namespace {

using runtime::DumpedTask;

bool something_is_pending(const runtime::RuntimeMetrics& metrics) {
  for (const auto pool : {task::BuiltInPool::Blocking, task::BuiltInPool::Fs, task::BuiltInPool::Resolver}) {
    if (metrics.blocking_running_count(pool) + metrics.blocking_queue_depth(pool) != 0) return true;
  }
  return metrics.num_armed_timers() != 0 ||
         metrics.io_driver_fd_registered_count() != metrics.io_driver_fd_deregistered_count();
}

}  // namespace

std::string explain_stuck(const runtime::Handle& handle) {
  if (something_is_pending(handle.metrics())) return {};
  const Dump dump = handle.dump_now();
  const std::optional<TaskId> self = task::try_id();
  bool waits = false;
  for (const DumpedTask& task : dump.tasks) {
    if (task.id == self) continue;
    if (task.state != DumpedTask::State::Waiting) return {};
    waits = true;
  }
  // What began meanwhile was not pending when we looked.
  if (!waits || something_is_pending(handle.metrics())) return {};
  return dump.text();
}

void assert_no_stuck(const runtime::Handle& handle, std::source_location where) {
  const std::string stuck = explain_stuck(handle);
  if (stuck.empty()) return;
  std::fputs(stuck.c_str(), stderr);
  base::fail("tasks wait for what will never come: nothing can run, and no timer, descriptor or blocking call is pending",
             where);
}

void assert_no_stuck(std::source_location where) {
  assert_no_stuck(runtime::Handle::current(where), where);
}

}  // namespace rondeau::test
