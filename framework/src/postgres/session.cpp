// A connection that one task has for itself: transactions, migrations.
#include <chrono>
#include <string>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/time/sleep.h>

#include "postgres/backend.h"
#include "postgres/errors.h"

namespace rondeau::postgres {
namespace {

/// Of pg_advisory_lock, which is of one database: "rondeau" as bytes.
constexpr const char* kMigrationLock = "select pg_try_advisory_lock(32210667266466165)";
constexpr Duration kLockLook = std::chrono::milliseconds(50);

std::string begin_text(const sql::TransactionOptions& options) {
  std::string text = "begin";
  if (options.isolation == sql::Isolation::ReadCommitted) text += " isolation level read committed";
  if (options.isolation == sql::Isolation::RepeatableRead) text += " isolation level repeatable read";
  if (options.isolation == sql::Isolation::Serializable) text += " isolation level serializable";
  if (options.mode == sql::AccessMode::ReadOnly) text += " read only";
  if (options.deferrable == sql::Deferrable::Yes) text += " deferrable";
  if (options.lock_timeout) {
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(*options.lock_timeout);
    text += "; set local lock_timeout = " + std::to_string(limit.count());
  }
  return text;
}

/// The only value of the only row.
class OneBool final : public sql::RowSink {
 public:
  Result<void, sql::Error> begin(std::span<const sql::Column>, sql::PlanSlot&) override { return {}; }
  Result<sql::Flow, sql::Error> row(std::span<const sql::Cell> cells) override {
    value = !cells.empty() && cells[0].integer != 0;
    return sql::Flow::Enough;
  }
  bool value = false;
};

/// Rows by a cursor of the server's, so that one given up early does not cost the transaction.
class PortalCursor final : public sql::Cursor {
 public:
  PortalCursor(Connection& connection, std::string name, Duration timeout, std::shared_ptr<std::vector<std::string>> ended)
      : connection_(connection), name_(std::move(name)), timeout_(timeout), ended_(std::move(ended)) {}
  ~PortalCursor() override { ended_->push_back(std::move(name_)); }

  Task<Result<Fetched, sql::Error>> fetch(std::unique_ptr<sql::RowSink> sink, std::size_t rows) override {
    connection_.set_deadline(deadline_after(timeout_));
    auto counting = std::make_unique<CountingSink>(std::move(sink));
    known_.text = "fetch forward " + std::to_string(rows) + " from " + name_;
    RONDEAU_TRY(sql::Outcome outcome, co_await connection_.run_unnamed(&known_, std::move(counting)));
    auto& counted = static_cast<CountingSink&>(*outcome.sink);
    co_return Fetched{std::move(counted.inner), counted.rows == rows};
  }

 private:
  struct CountingSink final : sql::RowSink {
    explicit CountingSink(std::unique_ptr<sql::RowSink> sink) : inner(std::move(sink)) {}
    Result<void, sql::Error> begin(std::span<const sql::Column> columns, sql::PlanSlot& plans) override {
      rows = 0;
      return inner->begin(columns, plans);
    }
    Result<sql::Flow, sql::Error> row(std::span<const sql::Cell> cells) override {
      ++rows;
      return inner->row(cells);
    }
    std::unique_ptr<sql::RowSink> inner;
    std::size_t rows = 0;
  };

  Connection& connection_;
  std::string name_;
  Duration timeout_;
  std::shared_ptr<std::vector<std::string>> ended_;
  KnownStatement known_;
};

class Session final : public sql::Session {
 public:
  Session(Slot slot, std::shared_ptr<const Settings> settings, std::shared_ptr<Counters> counters)
      : slot_(std::move(slot)), settings_(std::move(settings)), counters_(std::move(counters)) {}
  ~Session() override {
    if (has_lock_) slot_.discard(connect::CloseReason::Dirty);
  }

  Task<Result<void, sql::Error>> begin(sql::TransactionOptions options) override {
    start(std::nullopt);
    counters_->transactions.fetch_add(1, std::memory_order_relaxed);
    RONDEAU_TRY_VOID(co_await connection().command(begin_text(options), sql::Phase::Begin));
    begun_ = true;
    co_return {};
  }

  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override {
    start(statement.timeout);
    counters_->statements.fetch_add(1, std::memory_order_relaxed);
    RONDEAU_TRY_VOID(co_await close_cursors());
    const sql::StatementText text = statement.text;
    auto outcome = co_await connection().run(statement, scope());
    if (outcome && begun_ && connection().is_idle()) co_return ended_by_hand(text.view());
    co_return outcome;
  }

  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement> statements) override {
    if (statements.empty()) co_return std::vector<sql::Outcome>();
    start(std::nullopt);
    counters_->statements.fetch_add(statements.size(), std::memory_order_relaxed);
    RONDEAU_TRY_VOID(co_await close_cursors());
    auto outcomes = co_await connection().run_all(std::move(statements), scope());
    if (outcomes && begun_ && connection().is_idle()) co_return ended_by_hand("a batch");
    co_return outcomes;
  }

  Task<Result<void, sql::Error>> script(std::string text) override {
    // As long as it takes, or the context allows.
    connection().set_deadline(task::Context::current().deadline().value_or(Instant::far_future()));
    RONDEAU_TRY_VOID(co_await close_cursors());
    RONDEAU_TRY_VOID(co_await connection().command(std::move(text), sql::Phase::Statement));
    co_return {};
  }

  Task<Result<void, sql::Error>> commit() override {
    start(std::nullopt);
    auto tag = co_await connection().command("commit", sql::Phase::Commit);
    begun_ = false;
    if (tag && *tag == "COMMIT") co_return {};
    if (tag) {
      co_return sql::Error(sql::ErrorKind::TransactionFailed,
                           {.message = "commit: the server rolled back, since a statement had failed",
                            .phase = sql::Phase::Commit,
                            .sent = sql::Sent::Yes});
    }
    const sql::Error& error = tag.error();
    const bool is_answer = error.kind() != sql::ErrorKind::Connect && error.kind() != sql::ErrorKind::Timeout;
    if (is_answer || error.sent() == sql::Sent::No) co_return error;
    co_return sql::Error(sql::ErrorKind::CommitUnknown,
                         {.message = "commit: it may have happened: " + error.message(),
                          .phase = sql::Phase::Commit,
                          .sent = sql::Sent::Maybe,
                          .retry = sql::Retry::Never,
                          .sqlstate = error.sqlstate()})
        .caused_by(error);
  }

  Task<Result<void, sql::Error>> rollback() override {
    begun_ = false;
    // In the middle of something: whoever gets the connection back ends that, and the transaction with it.
    if (!connection().is_in_transaction()) co_return {};
    start(std::nullopt);
    RONDEAU_TRY_VOID(co_await connection().command("rollback", sql::Phase::Rollback));
    co_return {};
  }

  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement statement) override {
    start(statement.timeout);
    const Duration timeout = statement.timeout.value_or(settings_->options().statement_timeout);
    std::string name = "rondeau_" + std::to_string(++cursors_);
    statement.text = sql::StatementText(
        sql::unchecked("declare " + name + " no scroll cursor for " + std::string(statement.text.view())));
    statement.sink = nullptr;
    RONDEAU_TRY_VOID(co_await close_cursors());
    RONDEAU_TRY_VOID(co_await connection().run(statement, scope()));
    co_return std::make_unique<PortalCursor>(connection(), std::move(name), timeout, ended_cursors_);
  }

  Task<Result<void, sql::Error>> lock_migrations(Duration at_most) override {
    if (settings_->behind_transaction_pooler()) {
      co_return sql::Error(sql::ErrorKind::Config,
                           {.message = "migrations hold a lock of the session, which a transaction pooler does not keep: "
                                       "migrate past the pooler",
                            .phase = sql::Phase::Migrate});
    }
    const Instant deadline = deadline_after(at_most);
    connection().set_deadline(deadline);
    RONDEAU_TRY_VOID(co_await connection().command(
        "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0", sql::Phase::Migrate));
    has_lock_ = true;  // with it go these settings
    // Not pg_advisory_lock: who waits in a statement holds a snapshot, for which CREATE INDEX CONCURRENTLY would wait.
    while (true) {
      sql::Statement look{.text = sql::StatementText(std::string_view(kMigrationLock)),
                          .parameters = {},
                          .sink = std::make_unique<OneBool>()};
      RONDEAU_TRY(const sql::Outcome outcome, co_await connection().run(look, Scope::Alone));
      if (static_cast<const OneBool&>(*outcome.sink).value) co_return {};
      if (Instant::now() + kLockLook >= deadline) break;
      co_await sleep_for(kLockLook);
    }
    co_return sql::Error(sql::ErrorKind::Busy, {.message = "migrate: another program migrates this database",
                                                 .phase = sql::Phase::Migrate,
                                                 .sent = sql::Sent::Yes});
  }

 private:
  Connection& connection() noexcept { return **slot_; }
  Scope scope() const noexcept { return begun_ ? Scope::Transaction : Scope::Alone; }
  void start(std::optional<Duration> timeout) {
    connection().set_deadline(deadline_after(timeout.value_or(settings_->options().statement_timeout)));
  }
  sql::Error ended_by_hand(std::string_view text) {
    begun_ = false;
    return {sql::ErrorKind::TransactionFailed,
            {.message = shortened(text) + ": a COMMIT or ROLLBACK by hand ended the transaction",
             .phase = sql::Phase::Statement,
             .sent = sql::Sent::Yes,
             .text = std::string(text)}};
  }
  /// Those that were given up.
  Task<Result<void, sql::Error>> close_cursors() {
    if (ended_cursors_->empty()) co_return {};
    std::string all;
    for (const std::string& name : std::exchange(*ended_cursors_, {})) all += "close " + name + ';';
    RONDEAU_TRY_VOID(co_await connection().command(std::move(all), sql::Phase::Statement));
    co_return {};
  }

  Slot slot_;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<Counters> counters_;
  std::shared_ptr<std::vector<std::string>> ended_cursors_ = std::make_shared<std::vector<std::string>>();
  std::size_t cursors_ = 0;
  bool begun_ = false;
  bool has_lock_ = false;
};

}  // namespace

std::unique_ptr<sql::Session> make_session(Slot slot, std::shared_ptr<const Settings> settings,
                                           std::shared_ptr<Counters> counters) {
  return std::make_unique<Session>(std::move(slot), std::move(settings), std::move(counters));
}

}  // namespace rondeau::postgres
