// Database: PostgreSQL as a sql::Database, and what only PostgreSQL has: COPY, LISTEN.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/postgres/listener.h>
#include <rondeau/postgres/options.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/task.h>

namespace rondeau::postgres {

class Backend;

/// Pieces of a COPY: any bytes, cut anywhere. An error ends the copy, and nothing of it stays.
using Pieces = AsyncGenerator<Result<std::string, sql::Error>>;

/// Everything of sql::Database; copies are the same database. Thread safety: any thread.
class Database : public sql::Database {
 public:
  explicit Database(std::shared_ptr<Backend> backend);

  /// Sends `source` to a `COPY … FROM STDIN` in the format that stands there; gives the number of rows.
  ///
  /// What the server refuses, at any row, comes at the end, and then no row stays. Time: the statement timeout for each
  /// piece, the context's deadline for all of it. Errors: those of the source, the server's. Cancellation: no row stays.
  Task<Result<std::int64_t, sql::Error>> copy_in(sql::Text<> text, Pieces source) const;
  /// Rows as text, for `COPY … FROM STDIN` without options: what copy_row() wrote.
  Task<Result<std::int64_t, sql::Error>> copy_in(sql::Text<> text, std::string rows) const;
  /// What a `COPY … TO STDOUT` gives, a row (text, CSV) or about as much (binary) each.
  ///
  /// Lazy; not reading is the back-pressure. It has a connection from the first next() to its end. Destroyed before its
  /// end it stops the server.
  Pieces copy_out(sql::Text<> text) const;

  /// Hears what NOTIFY and pg_notify() say on these channels, over a connection of its own, beyond max_connections.
  /// Begins at once, and goes on until the Listener is destroyed. On a thread of a runtime.
  Listener listen(std::vector<std::string> channels, ListenOptions options = {}) const;
  /// Tells those who listen; within a transaction of its own. Errors: Encode for more than 7,999 bytes.
  Task<Result<void, sql::Error>> notify(std::string channel, std::string payload) const;

 private:
  const std::shared_ptr<Backend>& own() const noexcept { return own_; }
  std::shared_ptr<Backend> own_;
};

/// `postgres://user:password@host:port/name?sslmode=…`, or libpq's `key=value` form; several hosts are asked in turn.
///
/// Makes one connection, so that what is wrong is known at the start. Errors: Config, Connect, Auth, Tls. On a thread of a
/// runtime, where its tasks run. Cancellation: nothing stays.
Task<Result<Database, sql::Error>> open(std::string url, Options options = {});
/// The same without a connection: those are made when they are needed, by when the server may have come. Errors: Config.
Result<Database, sql::Error> open_lazy(const std::string& url, Options options = {});

/// A field in COPY's text format, with what has to be escaped; null: NULL.
void append_copy_field(std::string& row, const std::string* field);

}  // namespace rondeau::postgres
