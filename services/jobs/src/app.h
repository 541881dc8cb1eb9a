// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <memory>

#include <rondeau/rondeau.h>

#include "bell.h"
#include "cron_store.h"
#include "event_store.h"
#include "feed.h"
#include "idempotency.h"
#include "job_store.h"
#include "kinds/kinds.h"
#include "lease_store.h"
#include "running.h"

namespace jobs {

struct App {
  std::shared_ptr<Bell> bell;
  JobStore jobs;
  LeaseStore leases;
  CronStore crons;
  EventStore events;
  std::shared_ptr<Runner> runner;
  std::shared_ptr<Running> running = std::make_shared<Running>();
  std::shared_ptr<Feed> feed = std::make_shared<Feed>();
  std::shared_ptr<KeysInFlight> keys = std::make_shared<KeysInFlight>();
};
/// Errors: what the database says, which is asked how far its events are.
Task<Result<App>> app_of(sql::Database database, std::shared_ptr<Runner> runner);

rondeau::Router<App> routes(App app);

/// The routes of each resource, in the file of its name.
void add_jobs(rondeau::Router<App>& router);
void add_leases(rondeau::Router<App>& router);
void add_crons(rondeau::Router<App>& router);
void add_streams(rondeau::Router<App>& router);

}  // namespace jobs
