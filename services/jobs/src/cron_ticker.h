// Cron ticker: puts in the jobs of crons when their time has come.
#pragma once

#include <memory>

#include <rondeau/task/task.h>

#include "bell.h"
#include "cron_store.h"

namespace jobs {

/// How late a tick may be and still be itself; later, it was missed.
inline constexpr auto kPunctual = std::chrono::seconds(15);

/// For ever. Several processes may do so: a tick is one job whatever their number. `poll`: how often it looks for what
/// others have put in.
Task<void> tick_crons(CronStore crons, std::shared_ptr<Bell> bell, milliseconds poll = std::chrono::seconds(5));
/// What is due by now; part of the above. Returns whether all of it was done.
Task<Result<void>> tick_due(CronStore crons, Time time);

}  // namespace jobs
