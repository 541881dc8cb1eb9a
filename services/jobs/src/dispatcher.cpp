#include "dispatcher.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <rondeau/observe/log.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace jobs {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

using Executors = std::shared_ptr<sync::Semaphore>;

/// Waits for one that is free and takes all that are.
Task<sync::OwnedSemaphorePermit> free_executors(Executors executors, std::size_t most) {
  auto free = (co_await sync::Semaphore::acquire_owned(executors)).value();
  while (free.count() < most) {
    auto another = sync::Semaphore::try_acquire_owned(executors);
    if (!another) break;
    free.merge(*std::move(another));
  }
  co_return std::move(free);
}

/// Until the next one is due; the poll's time at most.
Duration until_next(const Result<std::optional<Time>>& due, milliseconds poll) {
  if (!due || !*due) return poll;
  return std::clamp<milliseconds>(**due - now(), 0ms, poll);
}

}  // namespace

Task<void> dispatch(sync::Sender<Assigned> assigned, DispatcherParts parts) {
  const auto executors = std::make_shared<sync::Semaphore>(parts.executors);
  for (;;) {
    auto in_time = co_await parts.stop.run_until_cancelled(free_executors(executors, parts.executors));
    if (!in_time) co_return;
    auto free = *std::move(in_time);
    const base::Instant begun = base::Instant::now();
    auto taken = co_await parts.leases.claim({free.count(), parts.lease, parts.worker, std::nullopt});
    if (!taken) {
      log::warn("cannot take jobs", {{"error", taken.error().message()}});
      static_cast<void>(co_await select(sleep_for(1s), parts.stop.cancelled()));
      continue;
    }
    for (JobRow& job : *taken) {
      auto executor = free.count() > 1 ? free.split(1) : std::move(free);
      // A margin before the end of the lease, for clocks and for the way.
      Assigned one{std::move(job), begun + parts.lease - parts.lease / 6, std::move(executor)};
      if (!co_await assigned.send(std::move(one))) co_return;
    }
    if (!taken->empty()) continue;  // there may be more
    auto rung = parts.bell->work();
    const Duration wait = until_next(co_await parts.leases.next_due(), parts.poll);
    static_cast<void>(co_await select(rung, sleep_for(wait), parts.stop.cancelled()));
  }
}

}  // namespace jobs
