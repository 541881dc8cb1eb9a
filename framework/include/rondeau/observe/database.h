// Databases, watched: how long statements take, how many connections there are, a span for each statement.
#pragma once

#include <memory>
#include <string>

#include <rondeau/observe/metrics.h>
#include <rondeau/sql/database.h>

namespace rondeau::observe {

/// The same database, of whose work the registry is told by OpenTelemetry's names:
/// `db_client_operation_duration_seconds` by pool, system, operation (the statement's first word) and error, and, read when
/// a page is made, `db_client_connection_count` by state and `db_client_connection_pending_requests`. Within a trace that
/// is recorded each statement is a span of the kind client, with the text of a literal, never with what it is given.
///
///     const sql::Database db = observe::watched(co_await sqlite::open(…), context.metrics(), "books");
///
/// `pool` names it on the page; each has a name of its own. Costs a frame for each call.
sql::Database watched(const sql::Database& database, std::shared_ptr<Registry> registry, std::string pool);

}  // namespace rondeau::observe
