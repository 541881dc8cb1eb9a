// Looks at one task, without running it: what a dump is made of.
#pragma once

#include <rondeau/detail/header.h>
#include <rondeau/runtime/dump.h>

namespace rondeau::scheduler {

/// Takes RUNNING for the time it walks the frames, unless somebody runs the task. The caller has a reference, and keeps
/// it. `age` and `worker` are left to the caller.
runtime::DumpedTask inspect(detail::Header& task);

}  // namespace rondeau::scheduler
