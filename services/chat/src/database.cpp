#include "database.h"

#include <cstdint>
#include <utility>

#ifdef CHAT_POSTGRES
#include <rondeau/postgres/database.h>
#endif
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/static_files/embedded.h>

/// What is in the folder migrations; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> chat_migrations();

namespace chat {
namespace {

Task<Result<sql::Database>> open_any(std::string url) {
#ifdef CHAT_POSTGRES
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    RONDEAU_TRY(const rondeau::postgres::Database database, co_await rondeau::postgres::open(std::move(url)));
    co_return sql::Database(database);
  }
#endif
  // A power cut may take the last messages; a commit for each that survives it would cost more than they are worth.
  RONDEAU_TRY(rondeau::sqlite::Options options, rondeau::sqlite::parse_url(url));
  options.durability = rondeau::sqlite::Durability::Relaxed;
  RONDEAU_TRY(sql::Database database, co_await rondeau::sqlite::open(std::move(options)));
  co_return database;
}

}  // namespace

Task<Result<sql::Database>> open_database(std::string url) {
  RONDEAU_TRY(sql::Database database, co_await open_any(std::move(url)));
  RONDEAU_TRY(sql::Migrations migrations, sql::Migrations::from_table(chat_migrations()));
  RONDEAU_TRY_VOID(co_await database.migrate(std::move(migrations)));
  co_return database;
}

Task<Result<void>> ping(sql::Database database) {
  // A file may be another one than it was.
  if (database.system() == "sqlite") RONDEAU_TRY_VOID(co_await rondeau::sqlite::check(database));
  RONDEAU_TRY_VOID(co_await database.maybe<std::int64_t>("select last_id from rooms limit 1"));
  co_return {};
}

}  // namespace chat
