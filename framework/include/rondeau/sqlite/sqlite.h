// SQLite behind sql::Database: link rondeau-sqlite.
//
// There is no asynchronous SQLite: every call runs on the blocking pool of the runtime, on one of a few connections, each used
// by one thread at a time. One of them writes. Writes that wait for it together are committed together, with one fsync,
// each under a savepoint of its own: one that fails fails alone, and every answer comes after the commit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sql/sql.h>
#include <rondeau/task/task.h>

namespace rondeau::sqlite {

/// What a commit that was answered survives.
enum class Durability : std::uint8_t {
  Full,     ///< a power cut
  Relaxed,  ///< a crash of the program; a power cut may take the last commits, and leaves a consistent database
};

enum class Create : std::uint8_t { No, Yes };

struct Options {
  std::string file;                                  ///< a path, a URI ("file:x.db?…"), or ":memory:": one connection
  Create create = Create::Yes;
  Durability durability = Durability::Full;
  std::optional<std::size_t> readers = std::nullopt;  ///< at least 1; nullopt: one for each core, 2 to 8
  Duration statement_timeout = std::chrono::seconds(30);
  Duration acquire_timeout = std::chrono::seconds(5);  ///< for a reader, or for the writer within this program
  Duration busy_timeout = std::chrono::seconds(5);     ///< for another program's lock
  std::size_t max_waiting = 1024;                    ///< calls that wait for a reader, and that wait for the writer
  std::size_t group = 64;                            ///< writes in one commit, at most
  std::size_t statement_cache = 256;                 ///< prepared statements of each connection
  Duration slow_transaction = std::chrono::milliseconds(100);  ///< a transaction that has the writer longer is logged
};

/// Opens a database: WAL, foreign keys on, strings in single quotes only.
///
/// Statements that only read run on readers, all others on the writer, in the order they came. Placeholders are $1, $2 ….
/// A transaction() that is not ReadOnly begins with BEGIN IMMEDIATE and has the writer until it ends: SQLITE_BUSY_SNAPSHOT
/// cannot arise. What belongs to one connection (PRAGMA, ATTACH, TEMP tables) is of no use here. Integers, texts, bytes and
/// floating-point numbers are SQLite's own; what else there is (sql/codec.h) is kept as text: prefer STRICT tables.
/// Errors: Config, where the file is on a network file system or cannot be written; Connect.
/// Cancellation: safe. Any runtime; the handle may end outside of one, and then waits for the file to be closed.
Task<Result<sql::Database, sql::Error>> open(Options options);
/// "sqlite:FILE" or "sqlite::memory:".
Task<Result<sql::Database, sql::Error>> open_url(std::string url);
/// The same on this thread, which it blocks: before a service serves.
Result<sql::Database, sql::Error> open_blocking(Options options);
/// Whether the database is still where it was opened, for readiness: its path leads to the same file, a connection of its
/// own can read that, and finds no older schema. One that is open answers from its cache whatever became of the file.
/// Errors: Connect, with the path; those of a statement; Config for a database that is none of SQLite.
Task<Result<void, sql::Error>> check(sql::Database database);
/// The options of "sqlite:FILE" or "sqlite::memory:". Errors: Config.
Result<Options, sql::Error> parse_url(std::string_view url);

}  // namespace rondeau::sqlite
