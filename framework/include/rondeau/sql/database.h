// Database: the handle that services hold, whatever database stands behind it.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/batch.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/migrations.h>
#include <rondeau/sql/options.h>
#include <rondeau/sql/statement.h>
#include <rondeau/sql/stream.h>
#include <rondeau/sql/transaction.h>
#include <rondeau/task/task.h>

namespace rondeau::sql {

/// Statements with `$1 …`, rows as structs:
///
///     struct User { std::int64_t id; std::string name; std::optional<std::string> mail; };
///     auto users = co_await db.all<User>("select id, name, mail from users where org = $1", org);
///     auto name = co_await db.maybe<std::string>("select name from users where id = $1", id);
///     auto gone = co_await db.exec("delete from users where id = $1", id);
///
/// sqlite::open and postgres::open make one. Every call copies its arguments before it returns, and ends at the earliest
/// of the statement's timeout and the context's deadline. The last handle gone, what is under way ends and the connections
/// are closed; close() waits for it.
/// Copies are the same database. Thread safety: any thread.
class Database : public Verbs<Database>, public Batches<Database>, public Streams<Database> {
 public:
  /// For those who implement a Backend.
  explicit Database(std::shared_ptr<Backend> backend);

  /// The same database, whose statements may take so long; the context's deadline still counts.
  Database with_timeout(Duration timeout) const;
  /// "postgresql", "sqlite": for statements that differ.
  std::string_view system() const noexcept;

  /// Runs `closure(Transaction&)`, which gives a Task of a Result or of a value: commits on a value, rolls back on an error,
  /// an exception, or when it is cancelled.
  ///
  ///     auto order = co_await db.transaction([&](sql::Transaction& tx) -> Task<Result<Order, sql::Error>> { … });
  ///
  /// Where other transactions were in the way (serialization failure, deadlock, commit included), and where the connection
  /// was lost before COMMIT was sent, the closure is run again, TransactionOptions::attempts times in all, within the
  /// deadline: keep effects outside of the database out of it. On SQLite it has the only writer meanwhile: do not wait for
  /// the network in it.
  /// Errors: the closure's; those of begin and commit; NestedTransaction within another of the same task: use
  /// Transaction::savepoint. Lifetime: the closure is kept; what it refers to must live until the task ends.
  template <class F>
    requires std::invocable<F&, Transaction&>
  auto transaction(TransactionOptions options, F closure) const {
    return run_transaction(backend(), options, std::move(closure));
  }
  template <class F>
    requires std::invocable<F&, Transaction&>
  auto transaction(F closure) const {
    return run_transaction(backend(), TransactionOptions(), std::move(closure));
  }
  Task<Result<OpenTransaction, Error>> begin(TransactionOptions options = {}) const;

  /// Brings the tables to what the program was made for. Several programs may do so at once.
  Task<Result<MigrationReport, Error>> migrate(Migrations migrations, MigrateOptions options = {}) const;
  /// What is applied and what is not; changes nothing.
  Task<Result<std::vector<MigrationState>, Error>> migration_status(Migrations migrations) const;

  Stats stats() const;
  /// New calls fail with Closed; waits for those under way, at most so long. Idempotent, of all copies.
  Task<void> close(Duration at_most = std::chrono::seconds(5)) const;

  // For the verbs, and for back ends that offer more.
  Started start(Prepared statement) const;
  Task<Result<std::vector<Outcome>, Error>> start_all(Collected statements) const;
  Task<Result<std::unique_ptr<Cursor>, Error>> start_stream(Prepared statement) const;
  /// Keeps the handle, too: the database stays open as long as this is held.
  std::shared_ptr<Backend> backend() const noexcept;

 private:
  struct Handle;
  std::shared_ptr<Handle> handle_;
  std::optional<Duration> timeout_;
};

}  // namespace rondeau::sql
