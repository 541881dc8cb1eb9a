// Circles of tasks that wait for one another: none of them will go on.
#pragma once

#include <map>
#include <vector>

#include <rondeau/runtime/dump.h>

namespace rondeau::scheduler {

/// What the task waits for, where that is one thing of a known holder and nothing beside it could wake the task: no
/// branch with a deadline, for instance. Null: something else may let it go on.
const runtime::WaitDescription* sole_wait(const runtime::DumpedTask& task) noexcept;

/// The circles in "this task waits for that one", each from its oldest task on, in the order of waiting.
std::vector<std::vector<TaskId>> wait_cycles(const std::map<TaskId, TaskId>& waits_for);

}  // namespace rondeau::scheduler
