// Sweeper: gives back jobs whose lease has run out, and forgets what is old.
#pragma once

#include <memory>
#include <string>

#include <rondeau/task/task.h>

#include "event_store.h"
#include "figures.h"
#include "job_store.h"
#include "lease_store.h"
#include "running.h"

namespace jobs {

struct SweeperParts {
  JobStore jobs;
  LeaseStore leases;
  EventStore events;
  std::shared_ptr<Figures> figures;
  milliseconds period{5000};
  std::chrono::seconds keep{std::chrono::days(7)};  ///< jobs that have ended
};
/// For ever, every period. Of several processes all do it; each change is made once.
Task<void> sweep(SweeperParts parts);

/// For ever, every second: ends jobs that run here and were cancelled elsewhere.
Task<void> watch_for_cancels(LeaseStore leases, std::shared_ptr<Running> running, std::string worker);

}  // namespace jobs
