#include <rondeau/sql/database.h>

namespace rondeau::sql {

/// Shared by the handles and by all that runs through them; its end begins the end of the connections.
struct Database::Handle {
  explicit Handle(std::shared_ptr<Backend> shared) noexcept : backend(std::move(shared)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { backend->begin_close(); }

  const std::shared_ptr<Backend> backend;
};

namespace {

Task<Result<std::vector<Outcome>, Error>> run_all(std::shared_ptr<Backend> backend, Collected collected) {
  if (collected.refused) co_return Unexpected{*std::move(collected.refused)};
  if (collected.statements.empty()) co_return std::vector<Outcome>();
  co_return co_await backend->run_all(std::move(collected.statements));
}

/// The cursor and what it needs.
class KeptCursor final : public Cursor {
 public:
  KeptCursor(std::shared_ptr<Backend> backend, std::unique_ptr<Cursor> cursor) noexcept
      : backend_(std::move(backend)), cursor_(std::move(cursor)) {}
  Task<Result<Fetched, Error>> fetch(std::unique_ptr<RowSink> sink, std::size_t rows) override {
    return cursor_->fetch(std::move(sink), rows);
  }

 private:
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<Cursor> cursor_;
};

Task<Result<std::unique_ptr<Cursor>, Error>> open(std::shared_ptr<Backend> backend, Prepared statement) {
  if (!statement) co_return Unexpected{std::move(statement).error()};
  RONDEAU_TRY(auto cursor, co_await backend->open(*std::move(statement)));
  std::unique_ptr<Cursor> kept = std::make_unique<KeptCursor>(std::move(backend), std::move(cursor));
  co_return kept;
}

Task<Result<OpenTransaction, Error>> begin_open(std::shared_ptr<Backend> backend, TransactionOptions options) {
  if (is_in_transaction(*backend)) co_return Unexpected{nested_transaction()};
  RONDEAU_TRY(auto session, co_await begin_session(std::move(backend), options));
  co_return OpenTransaction(std::make_unique<Transaction>(std::move(session), 1));
}

Task<void> close_all(std::shared_ptr<Backend> backend, Duration at_most) {
  co_await backend->close(at_most);
}

}  // namespace

Database::Database(std::shared_ptr<Backend> backend) : handle_(std::make_shared<Handle>(std::move(backend))) {}

std::shared_ptr<Backend> Database::backend() const noexcept {
  return std::shared_ptr<Backend>(handle_, handle_->backend.get());
}

Database Database::with_timeout(Duration timeout) const {
  Database changed = *this;
  changed.timeout_ = timeout;
  return changed;
}

std::string_view Database::system() const noexcept {
  return handle_->backend->system();
}
Stats Database::stats() const {
  return handle_->backend->stats();
}
Task<void> Database::close(Duration at_most) const {
  return close_all(backend(), at_most);
}

Started Database::start(Prepared statement) const {
  if (!statement) return {nullptr, refuse(std::move(statement).error())};
  if (timeout_) statement->timeout = timeout_;
  return {handle_, handle_->backend->run(*std::move(statement))};
}

Task<Result<std::vector<Outcome>, Error>> Database::start_all(Collected statements) const {
  for (Statement& statement : statements.statements) {
    if (timeout_) statement.timeout = timeout_;
  }
  return run_all(backend(), std::move(statements));
}

Task<Result<std::unique_ptr<Cursor>, Error>> Database::start_stream(Prepared statement) const {
  if (statement && timeout_) statement->timeout = timeout_;
  return open(backend(), std::move(statement));
}

Task<Result<OpenTransaction, Error>> Database::begin(TransactionOptions options) const {
  return begin_open(backend(), options);
}

Task<Result<MigrationReport, Error>> Database::migrate(Migrations migrations, MigrateOptions options) const {
  return sql::migrate(backend(), std::move(migrations), options);
}

Task<Result<std::vector<MigrationState>, Error>> Database::migration_status(Migrations migrations) const {
  return sql::migration_status(backend(), std::move(migrations));
}

}  // namespace rondeau::sql
