{{#if db}}
#include "database.h"

#include <span>
#include <utility>

{{#if db=sqlite}}
#include <rondeau/sqlite/sqlite.h>
{{/if}}
{{#if db=postgres}}
#include <rondeau/postgres/database.h>
{{/if}}
#include <rondeau/static_files/embedded.h>

/// What is in the folder migrations; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> {{ns}}_migrations();

namespace {{ns}} {

rondeau::Task<rondeau::Result<rondeau::sql::Database>> open_database(std::string url) {
{{#if db=sqlite}}
  RONDEAU_TRY(rondeau::sql::Database database, co_await rondeau::sqlite::open_url(std::move(url)));
{{/if}}
{{#if db=postgres}}
  RONDEAU_TRY(rondeau::sql::Database database, co_await rondeau::postgres::open(std::move(url)));
{{/if}}
  RONDEAU_TRY(auto migrations, rondeau::sql::Migrations::from_table({{ns}}_migrations()));
  RONDEAU_TRY_VOID(co_await database.migrate(std::move(migrations)));
  co_return database;
}

}  // namespace {{ns}}
{{/if}}
