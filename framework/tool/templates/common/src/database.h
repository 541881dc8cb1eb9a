{{#if db}}
// The database of this service, with its tables up to date.
#pragma once

#include <string>

#include <rondeau/sql/sql.h>

namespace {{ns}} {

{{#if db=sqlite}}
/// `sqlite:FILE` or `sqlite::memory:`. Runs what is new in migrations/. Errors: with the file's name.
{{/if}}
{{#if db=postgres}}
/// `postgres://user:password@host:port/name`. Runs what is new in migrations/. Errors: with the host's name.
{{/if}}
rondeau::Task<rondeau::Result<rondeau::sql::Database>> open_database(std::string url);

}  // namespace {{ns}}
{{/if}}
