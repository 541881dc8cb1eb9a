// jobs: a durable job queue. See README.md.
#include <chrono>
#include <thread>

#include <rondeau/observe/log.h>
#include <rondeau/service/service.h>

#include "app.h"
#include "database.h"
#include "engine.h"

namespace jobs {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

struct DatabaseSettings {
  std::string url = "sqlite:jobs.db";
};
struct WorkersSettings {
  Ranged<std::uint32_t, 0, 64> executors = std::uint32_t{8};  ///< jobs at once in this process; 0: it runs none
  std::chrono::milliseconds lease = 30s;                      ///< at least 1s; renewed after each third
  std::chrono::milliseconds sweep = 5s;                       ///< how often leases that ran out are looked for
  std::chrono::milliseconds grace = 5s;                       ///< for jobs that run when the service ends
};
struct RetentionSettings {
  std::chrono::seconds keep = std::chrono::days(7);  ///< jobs that have ended are forgotten after that
};
struct WebhookSettings {
  std::optional<Secret<std::string>> secret;      ///< that signs them, at least 24 bytes; none: webhooks are refused
  std::optional<std::vector<std::string>> hosts;  ///< that may be called: "hooks.example.org", "*.example.org"
  bool private_addresses = false;                 ///< whether they may be in private networks
};
struct Settings {
  DatabaseSettings database;
  WorkersSettings workers;
  RetentionSettings retention;
  WebhookSettings webhook;
};

Result<std::optional<Webhooks>> webhooks_of(const WebhookSettings& settings) {
  if (!settings.secret || !settings.hosts) return std::nullopt;
  RONDEAU_TRY_PLAIN(Webhooks webhooks, Webhooks::make({*settings.secret, *settings.hosts, settings.private_addresses}));
  return webhooks;
}

Result<void> check(const WorkersSettings& workers) {
  if (workers.lease < 1s || workers.lease > 1h)
    return Error(Errc::InvalidArgument, "workers.lease: must be from 1s to 1h");
  if (workers.sweep < 100ms) return Error(Errc::InvalidArgument, "workers.sweep: must be at least 100ms");
  if (workers.grace < 0s) return Error(Errc::InvalidArgument, "workers.grace: must not be negative");
  return {};
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY_VOID(check(settings.workers));
  RONDEAU_TRY(auto webhooks, webhooks_of(settings.webhook));
  RONDEAU_TRY(const Opened opened, co_await open_database(settings.database.url));
  const sql::Database database = opened.database;
  context.readiness("database", [database] { return ping(database); });
  context.on_stop("database", [database]() -> Task<void> { co_await database.close(); });

  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  RONDEAU_TRY(App app, co_await app_of(database, std::make_shared<Runner>(cores, std::move(webhooks))));
  const auto engine = std::make_shared<Engine>(app, opened,
                                               EngineOptions{.worker = worker_name(),
                                                             .executors = *settings.workers.executors,
                                                             .lease = settings.workers.lease,
                                                             .sweep = settings.workers.sweep,
                                                             .keep = settings.retention.keep,
                                                             .grace = settings.workers.grace,
                                                             .metrics = context.metrics()});
  context.on_stop("engine", [engine] { return engine->stop(); });
  co_return routes(std::move(app));
}

}  // namespace
}  // namespace jobs

int main(int argc, char** argv) {
  return rondeau::Service("jobs").run<jobs::Settings>(argc, argv, jobs::set_up);
}
