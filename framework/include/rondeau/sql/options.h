// Settings of transactions, and figures of a database.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>

namespace rondeau::sql {

enum class Isolation : std::uint8_t { ReadCommitted, RepeatableRead, Serializable };
enum class AccessMode : std::uint8_t { ReadWrite, ReadOnly };
enum class Deferrable : std::uint8_t { No, Yes };

struct TransactionOptions {
  std::optional<Isolation> isolation = std::nullopt;  ///< nullopt: the database's; SQLite is always serializable
  AccessMode mode = AccessMode::ReadWrite;
  Deferrable deferrable = Deferrable::No;             ///< PostgreSQL, of serializable ones that only read
  std::optional<Duration> lock_timeout = std::nullopt;  ///< of one statement; nullopt: the database's
  std::size_t attempts = 5;                           ///< at least 1; runs of the closure, where it is worth it
  Duration backoff = std::chrono::milliseconds(5);    ///< before the second, full jitter, doubling …
  Duration max_backoff = std::chrono::milliseconds(250);  ///< … up to this
};

/// A look at a database's connections.
struct Stats {
  std::size_t open = 0;        ///< connections, of both kinds below
  std::size_t in_use = 0;
  std::size_t idle = 0;
  std::size_t waiting = 0;     ///< calls that wait for one
  std::uint64_t statements = 0;  ///< run so far, also those that failed
  std::uint64_t transactions = 0;  ///< begun so far by the library: closures, groups, batches
  std::uint64_t timed_out = 0;   ///< calls that got no connection, or no end, in time
  std::uint64_t grouped = 0;     ///< statements that shared their commit with others (SQLite)
};

}  // namespace rondeau::sql
