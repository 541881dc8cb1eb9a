// Dispatcher: takes jobs from the database for executors that are free, and sleeps while there are none.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/task.h>

#include "bell.h"
#include "executor.h"
#include "lease_store.h"

namespace jobs {

struct DispatcherParts {
  LeaseStore leases;
  std::shared_ptr<Bell> bell;
  std::string worker;
  std::size_t executors = 8;
  milliseconds lease{30'000};
  rondeau::sync::CancellationToken stop;
  milliseconds poll{1000};  ///< how often it looks where nobody has rung: other processes may have put in jobs
};

/// Until `stop`, which it looks at between two claims: what it has taken is always handed on. It takes no more than can
/// begin at once, so that a job does not wait under a lease while others are free.
/// Cancellation: what it has taken and not sent runs out with its lease.
Task<void> dispatch(rondeau::sync::Sender<Assigned> assigned, DispatcherParts parts);

}  // namespace jobs
