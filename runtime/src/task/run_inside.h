// Runs a header that is part of a task, inside of a run of that task.
#pragma once

#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// As run_task, with the budget of `task`; consumes the queue entry's reference. True: its first coroutine has ended, and
/// it is RUNNING still.
bool run_inside(Header& part, Header& task) noexcept;

/// Of a part that is to end: shielded work in it goes on, and true once nothing is held. By the holder of its RUNNING.
bool drain_part(Header& part) noexcept;

/// The two ends of that: false where it is complete already.
bool take_running(Header& part) noexcept;
void let_go(Header& part) noexcept;

}  // namespace rondeau::detail
