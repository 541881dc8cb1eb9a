#include "scheduler/wait_cycles.h"

#include <algorithm>

namespace rondeau::scheduler {

const runtime::WaitDescription* sole_wait(const runtime::DumpedTask& task) noexcept {
  return task.root.branches.empty() && task.root.wait.holder != 0 ? &task.root.wait : nullptr;
}

std::vector<std::vector<TaskId>> wait_cycles(const std::map<TaskId, TaskId>& waits_for) {
  std::vector<std::vector<TaskId>> cycles;
  std::map<TaskId, TaskId> walked;  // a task, and where the walk began that came by first
  for (const auto& [start, unused] : waits_for) {
    auto at = waits_for.find(start);
    while (at != waits_for.end() && walked.try_emplace(at->first, start).second) at = waits_for.find(at->second);
    // The walk left the waiting tasks, or went on where an earlier one had been.
    if (at == waits_for.end() || walked[at->first] != start) continue;
    std::vector<TaskId>& cycle = cycles.emplace_back(1, at->first);
    for (TaskId next = at->second; next != cycle.front(); next = waits_for.at(next)) cycle.push_back(next);
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  }
  return cycles;
}

}  // namespace rondeau::scheduler
