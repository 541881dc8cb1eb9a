// How a database plugs in. Services hold a sql::Database; this is what stands behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/options.h>
#include <rondeau/sql/text.h>
#include <rondeau/sql/value.h>
#include <rondeau/task/task.h>

namespace rondeau::sql {

/// What a result's columns mean for a type of rows, kept with the prepared statement, so that names are compared once.
///
/// A back end has one for each statement it keeps, and clears it when the columns may have changed: never between begin()
/// of a sink and its last row.
/// Thread safety: one thread at a time, that of the connection.
class PlanSlot {
 public:
  /// Null where there is none for `shape`.
  const std::vector<std::size_t>* find(const void* shape) const noexcept;
  const std::vector<std::size_t>& keep(const void* shape, std::vector<std::size_t> columns);
  void clear() noexcept { plans_.clear(); }

 private:
  std::vector<std::pair<const void*, std::unique_ptr<std::vector<std::size_t>>>> plans_;
};

enum class Flow : std::uint8_t {
  More,
  Enough,  ///< no further row is wanted; the statement is reset and was not in vain
};

/// Where rows go. Made for one result; called on whichever thread has the connection, one at a time.
class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  /// Before the first row, and where there is none. Called again when a statement is run again: starts anew.
  virtual Result<void, Error> begin(std::span<const Column> columns, PlanSlot& plans) = 0;
  /// `cells` are the columns of begin(). An error ends the statement.
  virtual Result<Flow, Error> row(std::span<const Cell> cells) = 0;
  /// What back ends call: row(), where an exception, of a codec of the program's own, is an error. Errors: also Decode.
  Result<Flow, Error> take(std::span<const Cell> cells);
};

/// A statement with all that it needs, in memory of its own: it outlives whoever made it.
struct Statement {
  StatementText text;
  std::vector<Value> parameters;
  std::unique_ptr<RowSink> sink = nullptr;         ///< null: rows are not wanted
  std::optional<Duration> timeout = std::nullopt;  ///< nullopt: that of the database
};

/// What a statement did.
struct Outcome {
  std::int64_t affected = 0;  ///< rows inserted, updated or deleted
  std::unique_ptr<RowSink> sink = nullptr;
};

/// Rows that are fetched as they are wanted; has a connection of its own, or is within a Session that must outlive it.
///
/// Destroying it at any time ends the statement and gives the connection back.
class Cursor {
 public:
  Cursor() = default;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  virtual ~Cursor() = default;

  struct Fetched {
    std::unique_ptr<RowSink> sink;
    bool more = false;  ///< false: that were the last rows
  };
  /// Gives about `rows` further rows to `sink`, whose begin() is called first. Cancellation: ends the cursor.
  virtual Task<Result<Fetched, Error>> fetch(std::unique_ptr<RowSink> sink, std::size_t rows) = 0;
};

/// A connection that one task has for itself, for a transaction or a migration. One call at a time.
///
/// Destroying it gives the connection back at any time, also while a call of it was cancelled and still runs: the back
/// end rolls back what is open, or closes it. A cancelled call's effect is not known; the Transaction above knows that.
/// The tasks of the calls must end before the session.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual Task<Result<void, Error>> begin(TransactionOptions options) = 0;
  virtual Task<Result<Outcome, Error>> run(Statement statement) = 0;
  /// In order, the first error ends it and carries its index.
  virtual Task<Result<std::vector<Outcome>, Error>> run_all(std::vector<Statement> statements) = 0;
  /// Several statements without parameters, separated by semicolons.
  virtual Task<Result<void, Error>> script(std::string text) = 0;
  /// Errors: that of the database; CommitUnknown where it cannot be known whether it happened.
  virtual Task<Result<void, Error>> commit() = 0;
  virtual Task<Result<void, Error>> rollback() = 0;
  virtual Task<Result<std::unique_ptr<Cursor>, Error>> open(Statement statement) = 0;
  /// Keeps other programs from migrating this database until the session ends; waits at most so long.
  virtual Task<Result<void, Error>> lock_migrations(Duration at_most) = 0;
};

/// What a Session is for.
enum class Access : std::uint8_t { Read, Write };

/// A database as its driver sees it. Shared by the handles and by all that is under way.
///
/// Every task ends at the earliest of the statement's timeout and the context's deadline, which the back end watches
/// itself, and may be destroyed at any suspension point. Thread safety: any thread.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// "postgresql", "sqlite": OpenTelemetry's words, and the suffixes of migrations.
  virtual std::string_view system() const noexcept = 0;

  /// Outside of a transaction.
  virtual Task<Result<Outcome, Error>> run(Statement statement) = 0;
  /// All or nothing, in one transaction; the error carries the index of the statement that failed.
  virtual Task<Result<std::vector<Outcome>, Error>> run_all(std::vector<Statement> statements) = 0;
  virtual Task<Result<std::unique_ptr<Cursor>, Error>> open(Statement statement) = 0;
  /// Waits for a connection, at most as the pool's options say.
  virtual Task<Result<std::unique_ptr<Session>, Error>> acquire(Access access) = 0;

  virtual Stats stats() const = 0;
  /// From now on new calls fail with Closed; those under way end, at most until the time is over. Idempotent.
  virtual Task<void> close(Duration at_most) = 0;
  /// The last handle is gone: begins the same and does not wait.
  virtual void begin_close() noexcept = 0;
  /// The database itself, where this one stands around another.
  virtual Backend& innermost() noexcept { return *this; }
  const Backend& innermost() const noexcept { return const_cast<Backend&>(*this).innermost(); }
};

/// Whether the calling task is within a transaction() of this database: a wait for a second connection, or for the one
/// writer, could be one for itself.
bool is_in_transaction(const Backend& backend) noexcept;

}  // namespace rondeau::sql
