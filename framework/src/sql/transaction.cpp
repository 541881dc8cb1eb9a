#include <rondeau/sql/transaction.h>

#include <algorithm>
#include <cstring>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>
#include <rondeau/task/context.h>
#include <rondeau/time/sleep.h>

namespace rondeau::sql {
namespace {

constexpr std::string_view kSavepoint = "rondeau_";

Statement plain(std::string text) {
  return {.text = StatementText(unchecked(std::move(text))), .parameters = {}};
}

/// Tells the transaction what went wrong with a stream within it.
class TransactionCursor final : public Cursor {
 public:
  TransactionCursor(std::unique_ptr<Cursor> cursor, const Transaction& transaction, void (*fail)(const Transaction&, const Error&)) noexcept
      : cursor_(std::move(cursor)), transaction_(transaction), fail_(fail) {}

  Task<Result<Fetched, Error>> fetch(std::unique_ptr<RowSink> sink, std::size_t rows) override {
    auto fetched = co_await cursor_->fetch(std::move(sink), rows);
    if (!fetched) fail_(transaction_, fetched.error());
    co_return fetched;
  }

 private:
  std::unique_ptr<Cursor> cursor_;
  const Transaction& transaction_;
  void (*fail_)(const Transaction&, const Error&);
};

}  // namespace

/// One call of the session. Destroyed before it was settled: nobody knows what became of it.
class Transaction::Call {
 public:
  explicit Call(const Transaction& transaction) noexcept : transaction_(transaction) {
    if (transaction.busy_) base::fail("a transaction runs one statement at a time: await the first before the next");
    transaction.busy_ = true;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    transaction_.busy_ = false;
    if (settled_) return;
    transaction_.fail(Error(ErrorKind::TransactionFailed, {.message = "a statement of this transaction was cancelled",
                                                           .phase = Phase::Statement,
                                                           .sent = Sent::Maybe}));
  }
  /// The session answered.
  template <class T>
  Result<T, Error> settle(Result<T, Error> result) {
    settled_ = true;
    if (!result) transaction_.fail(result.error());
    return result;
  }

 private:
  const Transaction& transaction_;
  bool settled_ = false;
};

Transaction::Transaction(std::unique_ptr<Session> session, std::size_t attempt) noexcept
    : session_(std::move(session)), attempt_(attempt) {}
Transaction::~Transaction() = default;

void Transaction::fail(const Error& error) const {
  if (failure_) return;
  failure_ = error;
  failed_at_ = level_;
}

std::optional<Error> Transaction::why_not(const StatementText& text) const {
  if (!failure_) return std::nullopt;
  return Error(ErrorKind::TransactionFailed,
               {.message = "this transaction failed before: " + failure_->message(),
                .phase = Phase::Statement,
                .text = std::string(text.view())})
      .caused_by(*failure_);
}

Task<Result<void, Error>> Transaction::settle() const {
  if (!abandoned_) co_return {};
  const std::size_t level = *abandoned_;
  auto undone = co_await undo_savepoint(level);
  if (undone) abandoned_.reset();
  co_return undone;
}

Started Transaction::start(Prepared statement) const {
  return {nullptr, run(std::move(statement))};
}

Task<Result<Outcome, Error>> Transaction::run(Prepared statement) const {
  if (!statement) co_return Unexpected{std::move(statement).error()};
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(statement->text)) co_return Unexpected{*std::move(failed)};
  Call call(*this);
  co_return call.settle(co_await session_->run(*std::move(statement)));
}

Task<Result<std::vector<Outcome>, Error>> Transaction::start_all(Collected statements) const {
  if (statements.refused) co_return Unexpected{*std::move(statements.refused)};
  if (statements.statements.empty()) co_return std::vector<Outcome>();
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(statements.texts.front())) co_return Unexpected{*std::move(failed)};
  Call call(*this);
  co_return call.settle(co_await session_->run_all(std::move(statements.statements)));
}

Task<Result<std::unique_ptr<Cursor>, Error>> Transaction::start_stream(Prepared statement) const {
  if (!statement) co_return Unexpected{std::move(statement).error()};
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(statement->text)) co_return Unexpected{*std::move(failed)};
  Call call(*this);
  auto opened = call.settle(co_await session_->open(*std::move(statement)));
  if (!opened) co_return Unexpected{std::move(opened).error()};
  std::unique_ptr<Cursor> cursor = std::make_unique<TransactionCursor>(
      *std::move(opened), *this, [](const Transaction& self, const Error& error) { self.fail(error); });
  co_return cursor;
}

Task<Result<void, Error>> Transaction::run_text(std::string text) const {
  Call call(*this);
  auto done = call.settle(co_await session_->run(plain(std::move(text))));
  if (!done) co_return Unexpected{std::move(done).error()};
  co_return {};
}

Task<Result<void, Error>> Transaction::commit() {
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(StatementText("commit"))) co_return Unexpected{failed->at(Phase::Commit)};
  Call call(*this);
  co_return call.settle(co_await session_->commit());
}

Task<void> Transaction::rollback() {
  // Whatever it answers: a session that is given back is looked at.
  static_cast<void>(co_await session_->rollback());
}

Task<Result<std::size_t, Error>> Transaction::open_savepoint() {
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(StatementText("savepoint"))) co_return Unexpected{*std::move(failed)};
  const std::size_t level = level_ + 1;
  {
    // Cancelled on the way, it may be there or not: nothing but the end of the transaction helps.
    RONDEAU_TRY_VOID(co_await run_text("savepoint " + std::string(kSavepoint) + std::to_string(level)));
  }
  level_ = level;
  co_return level;
}

Task<Result<void, Error>> Transaction::release_savepoint(std::size_t level) {
  RONDEAU_TRY_VOID(co_await settle());
  if (auto failed = why_not(StatementText("release savepoint"))) {
    static_cast<void>(co_await undo_savepoint(level));
    co_return Unexpected{*std::move(failed)};
  }
  RONDEAU_TRY_VOID(co_await run_text("release savepoint " + std::string(kSavepoint) + std::to_string(level)));
  level_ = level - 1;
  co_return {};
}

Task<Result<void, Error>> Transaction::undo_savepoint(std::size_t level) const {
  const bool heals = !failure_ || failed_at_ >= level;
  const std::optional<Error> before = std::exchange(failure_, std::nullopt);
  const std::string name = std::string(kSavepoint) + std::to_string(level);
  auto undone = co_await run_text("rollback to savepoint " + name);
  if (undone) undone = co_await run_text("release savepoint " + name);
  if (undone) {
    level_ = level - 1;
    if (!heals) failure_ = before;
  } else {
    // The database has no such savepoint any more: it gave up the whole transaction, for the first reason.
    failure_ = before ? before : std::optional<Error>(undone.error());
    failed_at_ = 0;
  }
  co_return undone;
}

Task<Result<void, Error>> OpenTransaction::commit() && {
  // A coroutine that is a member: the transaction moves into its frame.
  return [](std::unique_ptr<Transaction> transaction) -> Task<Result<void, Error>> {
    co_return co_await transaction->commit();
  }(std::move(transaction_));
}
Task<void> OpenTransaction::rollback() && {
  return [](std::unique_ptr<Transaction> transaction) -> Task<void> { co_await transaction->rollback(); }(
             std::move(transaction_));
}

constinit const TaskLocal<InTransaction> current_transaction;

InTransaction::InTransaction(const Backend& backend) noexcept : backend_(&backend), outer_(nullptr) {
  current_transaction.try_with([this](const InTransaction& outer) { outer_ = &outer; });
}

bool is_in_transaction(const Backend& backend) noexcept {
  bool found = false;
  current_transaction.try_with([&](const InTransaction& innermost) {
    for (const InTransaction* at = &innermost; at != nullptr && !found; at = at->outer()) {
      found = &at->backend()->innermost() == &backend.innermost();
    }
  });
  return found;
}

Error nested_transaction() {
  return Error(ErrorKind::NestedTransaction,
               {.message = "transaction() within a transaction of the same task would wait for itself: "
                           "use the savepoint() of the one that is open",
                .phase = Phase::Begin});
}

Task<Result<std::unique_ptr<Session>, Error>> begin_session(std::shared_ptr<Backend> backend,
                                                            TransactionOptions options) {
  RONDEAU_TRY(auto session,
              co_await backend->acquire(options.mode == AccessMode::ReadOnly ? Access::Read : Access::Write));
  RONDEAU_TRY_VOID(co_await session->begin(options));
  co_return session;
}

Task<bool> wait_for_next(TransactionOptions options, std::size_t attempt, Error why) {
  // A connection that was lost took its transaction with it; after COMMIT that is another error.
  const bool lost = why.kind() == ErrorKind::Connect && why.retry() == Retry::Reconnect;
  if ((!why.is_retryable() && !lost) || attempt >= options.attempts) co_return false;
  Duration most = options.backoff;
  for (std::size_t i = 1; i < attempt && most < options.max_backoff; ++i) most *= 2;
  most = std::min(most, options.max_backoff);
  std::uint64_t random = 0;
  base::current_driver().random(std::as_writable_bytes(std::span(&random, 1)));
  const Duration wait = most.count() <= 0 ? Duration::zero()
                                          : Duration(static_cast<std::int64_t>(
                                                random % (static_cast<std::uint64_t>(most.count()) + 1)));
  if (const auto deadline = Context::current().deadline(); deadline && Instant::now() + wait >= *deadline) {
    co_return false;
  }
  co_await time::sleep_for(wait);
  co_return true;
}

}  // namespace rondeau::sql
