// From what the server, libpq and the pool say to sql::Error.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/connect/pool.h>
#include <rondeau/sql/error.h>

#include "postgres/wire.h"

namespace rondeau::postgres {

/// Of a result that is a refusal. `text` is the statement's.
[[gnu::cold]] sql::Error refused(const PGresult* result, std::string_view text, sql::Phase phase);

/// There is no session, or no more of it.
[[gnu::cold]] sql::Error lost(const WireError& error, std::string_view what, sql::Phase phase, sql::Sent sent);

[[gnu::cold]] sql::Error no_connection(const connect::PoolError<sql::Error>& error);

/// The time of an operation is over.
[[gnu::cold]] sql::Error timed_out(std::string_view text, sql::Phase phase, sql::Sent sent);

[[gnu::cold]] sql::Error closed();

/// "insert into links (id, …": one line, at most 80 bytes.
std::string shortened(std::string_view text);

/// Constraint, Serialization, Server …
sql::ErrorKind kind_of(std::string_view sqlstate) noexcept;

}  // namespace rondeau::postgres
