#include "executor.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace jobs {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

constexpr auto kLook = 250ms;            // how often progress is looked at
constexpr double kWorthTelling = 0.005;  // of progress

/// Ends when the lease is lost, or its end is near. While it goes on the lease is kept and progress is told.
Task<void> keep_lease(LeaseStore leases, std::string token, std::shared_ptr<Progress> progress, milliseconds lease,
                      base::Instant lease_ends) {
  double told = 0;
  base::Instant renew_at = base::Instant::now() + lease / 3;
  for (;;) {
    co_await sleep_for(std::min<Duration>(kLook, lease / 6));
    const base::Instant begun = base::Instant::now();
    if (begun >= lease_ends) co_return;
    // What is not answered before the lease ends is as good as a refusal.
    const Duration left = lease_ends - begun;
    if (begun >= renew_at) {
      const auto renewed = co_await timeout(left, leases.renew(token, lease));
      if (renewed && !*renewed) co_return;
      if (renewed) lease_ends = begun + lease - lease / 6;
      renew_at = begun + (renewed ? lease / 3 : lease / 12);
      if (!renewed) log::warn("cannot renew a lease", {{"error", renewed.error().message()}});
    }
    const double part = progress->get();
    if (part - told < kWorthTelling) continue;
    const auto reported = co_await timeout(left, leases.report(token, part));
    if (reported && !*reported) co_return;
    if (reported) told = part;
  }
}

/// Tells how it ended; again and again while the database does not answer, as long as the lease may run.
template <class Attempt>
Task<void> tell(milliseconds lease, Attempt attempt) {
  const base::Instant until = base::Instant::now() + lease;
  for (Duration wait = 50ms; base::Instant::now() < until; wait = std::min<Duration>(wait * 2, 2s)) {
    const auto told = co_await attempt();
    if (told) co_return;
    log::warn("cannot write how a job ended", {{"error", told.error().message()}});
    co_await sleep_for(wait);
  }
}

Task<void> run_one(ExecutorParts parts, Assigned assigned) {
  const JobRow& job = assigned.job;
  const std::string token = *job.owner;
  const auto kind = built_in(job.kind);
  if (!kind)
    co_return co_await tell(parts.lease, [&] { return parts.leases.fail(token, "unknown kind", Again::Never); });
  const Running::Entry entry(*parts.running, job.id);
  const auto progress = std::make_shared<Progress>();
  if (job.cancel_requested != 0) entry.token().cancel();
  auto ended = co_await select(
      losing(timeout(std::chrono::seconds(job.timeout_s), parts.runner->run({job.id, *kind, job.payload}, progress))),
      losing(keep_lease(parts.leases, token, progress, parts.lease, assigned.lease_ends)), entry.token().cancelled(),
      parts.give_back.cancelled());
  const auto count = [&](std::string_view outcome) { parts.figures->attempt_ended(job.kind, outcome); };
  switch (ended.index()) {
    case 0: {
      const auto& in_time = ended.get<0>();
      if (!in_time) {
        count("timed_out");
        const std::string why = "timed out after " + std::to_string(job.timeout_s) + " s";
        co_return co_await tell(parts.lease, [&] { return parts.leases.fail(token, why, Again::Yes); });
      }
      const Ran& ran = *in_time;
      count(ran ? "succeeded" : "failed");
      if (ran) co_return co_await tell(parts.lease, [&] { return parts.leases.complete(token, *ran); });
      const Again again = ran.error().is_final ? Again::Never : Again::Yes;
      co_return co_await tell(parts.lease, [&] { return parts.leases.fail(token, ran.error().message, again); });
    }
    case 1:
      count("lost");
      log::warn("a lease was lost while its job ran", {{"job", job.id}, {"attempt", job.attempt}});
      co_return;
    case 2:
      count("cancelled");
      co_return co_await tell(parts.lease, [&] { return parts.leases.fail(token, "cancelled", Again::Never); });
    default:
      count("released");
      co_return co_await tell(parts.lease, [&] { return parts.leases.release(token); });
  }
}

}  // namespace

Task<void> execute(sync::Receiver<Assigned> assigned, ExecutorParts parts) {
  const task::TaskTracker tasks;
  while (auto next = co_await assigned.recv()) tasks.spawn(run_one(parts, *std::move(next))).detach();
  tasks.close();
  co_await tasks.wait();
}

}  // namespace jobs
