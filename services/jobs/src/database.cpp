#include "database.h"

#include <cstdint>
#include <utility>

#ifdef JOBS_POSTGRES
#include <rondeau/postgres/database.h>
#include <rondeau/postgres/listener.h>
#endif
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/static_files/embedded.h>

/// What is in the folder migrations; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> jobs_migrations();

namespace jobs {
namespace {

#ifdef JOBS_POSTGRES
/// The trigger on the table jobs says "work" or "event". Where some may have been missed, both are looked for.
Task<void> listen_to(rondeau::postgres::Database database, std::shared_ptr<Bell> bell) {
  auto listener = database.listen({"jobs"});
  for (;;) {
    const rondeau::postgres::Event event = co_await listener.next();
    const auto* said = std::get_if<rondeau::postgres::Notification>(&event);
    if (said == nullptr || said->payload == "work") bell->ring_work();
    bell->ring_events();
  }
}
#endif

Task<Result<Opened>> open_any(std::string url) {
#ifdef JOBS_POSTGRES
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    RONDEAU_TRY(const rondeau::postgres::Database database, co_await rondeau::postgres::open(std::move(url)));
    co_return Opened{sql::Database(database),
                     [database](std::shared_ptr<Bell> bell) { return listen_to(database, std::move(bell)); }};
  }
#endif
  RONDEAU_TRY(sql::Database database, co_await rondeau::sqlite::open_url(std::move(url)));
  co_return Opened{std::move(database), nullptr};
}

}  // namespace

Task<Result<Opened>> open_database(std::string url) {
  RONDEAU_TRY(Opened opened, co_await open_any(std::move(url)));
  RONDEAU_TRY(sql::Migrations migrations, sql::Migrations::from_table(jobs_migrations()));
  RONDEAU_TRY_VOID(co_await opened.database.migrate(std::move(migrations)));
  co_return opened;
}

Task<Result<void>> ping(sql::Database database) {
  // A file may be another one than it was.
  if (database.system() == "sqlite") RONDEAU_TRY_VOID(co_await rondeau::sqlite::check(database));
  RONDEAU_TRY_VOID(co_await database.maybe<std::string>("select id from jobs limit 1"));
  co_return {};
}

}  // namespace jobs
