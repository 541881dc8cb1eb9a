#include "app.h"

#include <chrono>
#include <utility>

namespace jobs {

using namespace rondeau;

Task<Result<App>> app_of(sql::Database database, std::shared_ptr<Runner> runner) {
  const auto bell = std::make_shared<Bell>();
  App app{.bell = bell,
          .jobs = JobStore(database, bell),
          .leases = LeaseStore(database, bell),
          .crons = CronStore(database, bell),
          .events = EventStore(database),
          .runner = std::move(runner)};
  RONDEAU_TRY(const std::int64_t last, co_await app.events.last());
  app.feed->start_at(last);
  co_return app;
}

Router<App> routes(App app) {
  Router<App> router(std::move(app));
  add_jobs(router);
  add_leases(router);
  add_crons(router);
  add_streams(router);
  router.layer(middleware::HandlerTimeout{std::chrono::seconds(10)});
  return router;
}

}  // namespace jobs
