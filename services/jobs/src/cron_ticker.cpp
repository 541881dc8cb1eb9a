#include "cron_ticker.h"

#include <algorithm>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "cron_schedule.h"

namespace jobs {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

/// The last tick up to `time`, of a schedule that waits for `first`.
Time last_tick(const CronSchedule& schedule, Time first, Time time) {
  // Looked for from the end, over spans that double: a pause may have been long, and the schedule dense.
  for (milliseconds span = 1min; time - span > first; span *= 2) {
    auto tick = schedule.next(time - span);
    if (!tick || *tick > time) continue;
    while (true) {
      const auto later = schedule.next(*tick);
      if (!later || *later > time) return *tick;
      tick = later;
    }
  }
  Time tick = first;
  while (const auto later = schedule.next(tick)) {
    if (*later > time) break;
    tick = *later;
  }
  return tick;
}

Task<Result<void>> tick_one(CronStore crons, Cron cron, Time time) {
  RONDEAU_TRY(const CronSchedule schedule, CronSchedule::parse(cron.schedule));
  const Time tick = last_tick(schedule, cron.next_at, time);
  const auto next = schedule.next(time);
  if (!next) co_return Error(Errc::InvalidData, "the schedule of " + cron.name + " has come to its end");
  if (time - tick > kPunctual && cron.missed == Missed::skip) {
    RONDEAU_TRY_VOID(co_await crons.skip(std::move(cron), *next));
    co_return {};
  }
  RONDEAU_TRY_VOID(co_await crons.fire(std::move(cron), tick, *next));
  co_return {};
}

}  // namespace

Task<Result<void>> tick_due(CronStore crons, Time time) {
  RONDEAU_TRY(const auto due, co_await crons.due(time));
  Result<void> all;
  for (const Cron& cron : due) {
    // One that fails does not keep the others from their time.
    if (auto done = co_await tick_one(crons, cron, time); !done) all = done.error();
  }
  co_return all;
}

Task<void> tick_crons(CronStore crons, std::shared_ptr<Bell> bell, milliseconds poll) {
  for (;;) {
    if (const auto done = co_await tick_due(crons, now()); !done) {
      log::warn("a cron failed", {{"error", done.error().message()}});
      co_await sleep_for(1s);
    }
    auto rung = bell->crons();
    const auto due = co_await crons.next_due();
    milliseconds wait = poll;
    if (due && *due) wait = std::clamp<milliseconds>(**due - now(), 0ms, poll);
    static_cast<void>(co_await select(rung, sleep_for(wait)));
  }
}

}  // namespace jobs
