// Executors: run the jobs that the dispatcher has taken, each under its lease.
#pragma once

#include <memory>
#include <string>

#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task.h>

#include "figures.h"
#include "kinds/kinds.h"
#include "lease_store.h"
#include "running.h"

namespace jobs {

/// A job that was taken, and the executor that is kept free for it.
struct Assigned {
  JobRow job;
  rondeau::base::Instant lease_ends;  ///< on the clock of durations; before the lease's own end
  rondeau::sync::OwnedSemaphorePermit executor;
};
inline constexpr std::size_t kAssignedQueue = 64;

struct ExecutorParts {
  LeaseStore leases;
  std::shared_ptr<Runner> runner;
  std::shared_ptr<Running> running;
  std::shared_ptr<Figures> figures;
  milliseconds lease{30'000};
  /// Cancelled: jobs that run are given back, to be run by others.
  rondeau::sync::CancellationToken give_back;
};

/// Runs what comes, each in a task of its own, until the channel is closed and the last one has ended.
///
/// A job is renewed after each third of its lease. One whose lease could not be renewed in time is ended before others
/// may take it: two processes that do not run at the same time is what a lease is for.
Task<void> execute(rondeau::sync::Receiver<Assigned> assigned, ExecutorParts parts);

}  // namespace jobs
