#include "sweeper.h"

#include <rondeau/observe/log.h>
#include <rondeau/time/interval.h>

namespace jobs {
namespace {

using namespace rondeau;

void tell(std::string_view what, const Error& why) {
  log::warn("the sweeper failed", {{"step", what}, {"error", why.message()}});
}

}  // namespace

Task<void> sweep(SweeperParts parts) {
  auto tick = time::interval(parts.period);
  tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
  for (;;) {
    co_await tick.tick();
    const auto expired = co_await parts.leases.sweep();
    if (!expired) tell("leases", expired.error());
    if (expired && *expired > 0) {
      parts.figures->leases_expired(*expired);
      log::info("leases ran out", {{"jobs", *expired}});
    }
    const auto forgotten = co_await parts.jobs.forget(now() - parts.keep);
    if (!forgotten) tell("jobs that have ended", forgotten.error());
    const auto pruned = co_await parts.events.prune();
    if (!pruned) tell("events", pruned.error());
  }
}

Task<void> watch_for_cancels(LeaseStore leases, std::shared_ptr<Running> running, std::string worker) {
  auto tick = time::interval(std::chrono::seconds(1));
  tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
  for (;;) {
    co_await tick.tick();
    if (running->empty()) continue;
    const auto jobs = co_await leases.unwanted(worker);
    if (!jobs) tell("cancels", jobs.error());
    if (!jobs) continue;
    for (const std::string& job : *jobs) running->cancel(job);
  }
}

}  // namespace jobs
