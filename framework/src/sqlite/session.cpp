#include "sqlite/session.h"

#include <algorithm>

#include <rondeau/task/context.h>

#include "sqlite/call.h"
#include "sqlite/error.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;
using sql::Outcome;
using sql::Phase;
using sql::Sent;
using sql::Statement;

/// A rollback has its time whatever the caller's deadline is.
constexpr Duration kRollback = std::chrono::seconds(5);

std::shared_ptr<Limit> limit_of(const Lease& lease, std::optional<Duration> timeout = {}) {
  return std::make_shared<Limit>(deadline_of(lease.core(), timeout));
}

/// A statement of a session; what it may not do is to begin or end a transaction by hand.
Result<Outcome, Error> run_one(Connection& connection, const Limit& limit, Core& core, Statement& statement,
                               bool begun) {
  if (begun && !connection.in_transaction()) {
    return error_of(ErrorKind::TransactionFailed, "SQLite has rolled this transaction back", statement.text.view(),
                    Sent::No);
  }
  core.statements.fetch_add(1, std::memory_order_relaxed);
  RONDEAU_TRY_PLAIN(const std::int64_t affected, connection.run(statement, limit));
  if (begun != connection.in_transaction()) {
    connection.clean_up();
    return error_of(ErrorKind::TransactionLeftOpen,
                    begun ? "it ended the transaction by hand" : "it left a transaction open, which was rolled back",
                    statement.text.view(), Sent::Yes);
  }
  return Outcome{.affected = affected, .sink = std::move(statement.sink)};
}

/// A statement that is between two rows. Ended by whoever has the turn.
class OpenRows {
 public:
  OpenRows(std::shared_ptr<Lease> lease, std::unique_ptr<Prepared> rows) noexcept
      : lease_(std::move(lease)), rows_(std::move(rows)) {}
  OpenRows(OpenRows&&) noexcept = default;
  OpenRows& operator=(OpenRows&&) = delete;
  ~OpenRows() {
    if (rows_ != nullptr) lease_->bury(std::move(rows_));
  }
  Prepared& operator*() const noexcept { return *rows_; }
  const std::shared_ptr<Lease>& lease() const noexcept { return lease_; }

 private:
  std::shared_ptr<Lease> lease_;
  std::unique_ptr<Prepared> rows_;
};

class Cursor final : public sql::Cursor {
 public:
  Cursor(OpenRows rows, std::optional<Duration> timeout) : rows_(std::move(rows)), timeout_(timeout) {}

  Task<Result<Fetched, Error>> fetch(std::unique_ptr<sql::RowSink> sink, std::size_t rows) override {
    if (!rows_) co_return Unexpected{error_of(ErrorKind::Closed, "this stream was cancelled", {}, Sent::No)};
    struct Bit {
      OpenRows rows;
      std::unique_ptr<sql::RowSink> sink;
      bool more;
    };
    const std::shared_ptr<Lease> lease = rows_->lease();
    auto work = [from = *std::move(rows_), to = std::move(sink), rows](
                    Connection& connection, const Limit& limit) mutable -> Result<Bit, Error> {
      RONDEAU_TRY_PLAIN(const bool more, connection.fetch(*from, *to, rows, limit));
      return Bit{std::move(from), std::move(to), more};
    };
    rows_.reset();
    auto bit = co_await call(lease, limit_of(*lease, timeout_), std::move(work));
    if (!bit) co_return Unexpected{std::move(bit).error()};
    rows_.emplace(std::move(bit->rows));
    co_return Fetched{std::move(bit->sink), bit->more};
  }

 private:
  std::optional<OpenRows> rows_;
  const std::optional<Duration> timeout_;
};

}  // namespace

Instant deadline_of(const Core& core, std::optional<Duration> timeout) {
  const Instant own = Instant::now() + timeout.value_or(core.options().statement_timeout);
  return std::min(own, Context::current().deadline().value_or(own));
}

Error timed_out(Core& core, std::string_view text, Sent sent) {
  core.timed_out.fetch_add(1, std::memory_order_relaxed);
  return error_of(ErrorKind::Timeout, sent == Sent::No ? "its time was over before it began" : "its time is over", text,
                  sent);
}

Error never_ran(std::string_view text) {
  return error_of(ErrorKind::Closed, "the runtime shuts down, or has no thread for it", text, Sent::No);
}

Task<Result<void, Error>> Session::begin(sql::TransactionOptions options) {
  auto work = [write = lease_->is_writer() && options.mode == sql::AccessMode::ReadWrite,
               lock = options.lock_timeout](Connection& connection, const Limit& limit) {
    return connection.control(write ? "BEGIN IMMEDIATE" : "BEGIN", limit, lock);
  };
  auto done = co_await call(lease_, limit_of(*lease_), std::move(work));
  if (!done) co_return Unexpected{done.error().at(Phase::Begin)};
  begun_ = true;
  co_return {};
}

Task<Result<Outcome, Error>> Session::run(Statement statement) {
  if (lease_->is_writer()) lease_->core().note_holder(statement.text.view());
  auto limit = limit_of(*lease_, statement.timeout);
  auto work = [core = &lease_->core(), owned = std::move(statement), begun = begun_](
                  Connection& connection, const Limit& within) mutable {
    return run_one(connection, within, *core, owned, begun);
  };
  co_return co_await call(lease_, std::move(limit), std::move(work));
}

Task<Outcomes> Session::run_all(std::vector<Statement> statements) {
  auto limit = limit_of(*lease_, statements.front().timeout);
  auto work = [core = &lease_->core(), owned = std::move(statements), begun = begun_](
                  Connection& connection, const Limit& within) mutable -> Outcomes {
    std::vector<Outcome> outcomes;
    for (Statement& statement : owned) {
      auto outcome = run_one(connection, within, *core, statement, begun);
      if (!outcome) return outcome.error().with_index(outcomes.size());
      outcomes.push_back(*std::move(outcome));
    }
    return outcomes;
  };
  co_return co_await call(lease_, std::move(limit), std::move(work));
}

Task<Result<void, Error>> Session::script(std::string text) {
  auto work = [owned = std::move(text), begun = begun_](Connection& connection,
                                                        const Limit& limit) -> Result<void, Error> {
    RONDEAU_TRY_VOID_PLAIN(connection.script(owned, limit));
    if (begun == connection.in_transaction()) return {};
    connection.clean_up();
    return error_of(ErrorKind::TransactionLeftOpen, "it begins or ends a transaction by hand", {}, Sent::Yes);
  };
  co_return co_await call(lease_, limit_of(*lease_), std::move(work));
}

Task<Result<void, Error>> Session::commit() {
  auto work = [](Connection& connection, const Limit& limit) -> Result<void, Error> {
    if (!connection.in_transaction()) {
      return error_of(ErrorKind::TransactionFailed, "SQLite has rolled this transaction back", {}, Sent::Yes);
    }
    return connection.control("COMMIT", limit);
  };
  begun_ = false;
  auto done = co_await call(lease_, limit_of(*lease_), std::move(work));
  if (done) co_return {};
  const Error& why = done.error();
  if (why.kind() == ErrorKind::Timeout && why.sent() == Sent::Maybe) {
    co_return Unexpected{Error(ErrorKind::CommitUnknown,
                               {.message = "the time was over while the commit ran: it may have happened",
                                .phase = Phase::Commit,
                                .sent = Sent::Maybe})};
  }
  co_return Unexpected{why.at(Phase::Commit)};
}

Task<Result<void, Error>> Session::rollback() {
  auto work = [](Connection& connection, const Limit&) -> Result<void, Error> {
    if (connection.clean_up()) return {};
    return error_of(ErrorKind::Server, "SQLite cannot roll back", {}, Sent::Yes);
  };
  begun_ = false;
  auto done = co_await call(lease_, std::make_shared<Limit>(Instant::now() + kRollback), std::move(work));
  if (!done) co_return Unexpected{done.error().at(Phase::Rollback)};
  co_return {};
}

Task<Result<std::unique_ptr<sql::Cursor>, Error>> Session::open(Statement statement) {
  return open_cursor(lease_, std::move(statement));
}

Task<Result<void, Error>> Session::lock_migrations(Duration) {
  co_return {};
}

Task<Result<std::unique_ptr<sql::Cursor>, Error>> open_cursor(std::shared_ptr<Lease> lease, Statement statement) {
  const std::optional<Duration> timeout = statement.timeout;
  auto limit = limit_of(*lease, timeout);
  lease->core().statements.fetch_add(1, std::memory_order_relaxed);
  // The call keeps the lease, and the rows keep it on.
  auto work = [from = lease, owned = std::move(statement)](Connection& connection,
                                                           const Limit&) -> Result<OpenRows, Error> {
    RONDEAU_TRY_PLAIN(auto rows, connection.prepare(owned));
    if (!rows->reads_only()) {
      return error_of(ErrorKind::Config, "a stream only reads: use all() for what a change returns", owned.text.view(),
                      Sent::No);
    }
    return OpenRows(from, std::move(rows));
  };
  auto rows = co_await call(std::move(lease), std::move(limit), std::move(work));
  if (!rows) co_return Unexpected{std::move(rows).error()};
  std::unique_ptr<sql::Cursor> cursor = std::make_unique<Cursor>(*std::move(rows), timeout);
  co_return cursor;
}

}  // namespace rondeau::sqlite
