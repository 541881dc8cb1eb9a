// Transactions: a closure that commits when it returns a value, and leaves no trace when it does not.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/batch.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/options.h>
#include <rondeau/sql/statement.h>
#include <rondeau/sql/stream.h>
#include <rondeau/task/task.h>
#include <rondeau/task/task_local.h>

namespace rondeau::sql {

/// What a closure of `T` gives: itself where it is a Result, else a Result of it.
template <class T>
struct ClosureResult {
  using type = Result<T, Error>;
};
template <class T, class E>
struct ClosureResult<Result<T, E>> {
  static_assert(std::constructible_from<E, Error>, "rondeau: a transaction's error type is made from sql::Error");
  using type = Result<T, E>;
};

/// An open transaction. Exists within the closure that it was given to, and no longer.
///
/// One task at a time: a second statement while one runs aborts the program. After a statement failed, or was cancelled,
/// every further one fails at once with TransactionFailed, whose cause() is that first error, and so does the commit;
/// only a savepoint around it goes on.
class Transaction : public Verbs<Transaction>, public Batches<Transaction>, public Streams<Transaction> {
 public:
  Transaction(std::unique_ptr<Session> session, std::size_t attempt) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Which run of the closure this is, from 1.
  std::size_t attempt() const noexcept { return attempt_; }
  /// The error that nothing but a rollback follows; null while all is well.
  const Error* failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

  /// Runs `closure(Transaction&)`, which gives a Task of a Result or of a value, so that it can fail alone: what it did is
  /// undone on an error or an exception, and this transaction goes on.
  /// Cancellation: undone before the next statement.
  template <class F>
  auto savepoint(F closure) -> Task<typename ClosureResult<typename std::invoke_result_t<F&, Transaction&>::value_type>::type>;

  // For the verbs, and for those who end it.
  Started start(Prepared statement) const;
  Task<Result<std::vector<Outcome>, Error>> start_all(Collected statements) const;
  Task<Result<std::unique_ptr<Cursor>, Error>> start_stream(Prepared statement) const;
  Task<Result<void, Error>> commit();
  Task<void> rollback();

 private:
  class Call;
  class Savepoint;

  Task<Result<Outcome, Error>> run(Prepared statement) const;
  std::optional<Error> why_not(const StatementText& text) const;
  Task<Result<void, Error>> settle() const;
  Task<Result<void, Error>> run_text(std::string text) const;
  void fail(const Error& error) const;
  Task<Result<std::size_t, Error>> open_savepoint();
  Task<Result<void, Error>> release_savepoint(std::size_t level);
  Task<Result<void, Error>> undo_savepoint(std::size_t level) const;

  const std::unique_ptr<Session> session_;
  const std::size_t attempt_;
  // The verbs are const, as those of Database are; the transaction is the task's own.
  mutable std::optional<Error> failure_;
  mutable std::size_t failed_at_ = 0;            // the level of failure_
  mutable std::size_t level_ = 0;                // open savepoints
  mutable std::optional<std::size_t> abandoned_;  // the outermost savepoint whose closure was cancelled
  mutable bool busy_ = false;
};

/// Ends a savepoint whose closure was cancelled.
class Transaction::Savepoint {
 public:
  Savepoint(Transaction& transaction, std::size_t level) noexcept : transaction_(transaction), level_(level) {}
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  ~Savepoint() {
    if (!ended_ && (!transaction_.abandoned_ || *transaction_.abandoned_ > level_)) transaction_.abandoned_ = level_;
  }
  void end() noexcept { ended_ = true; }

 private:
  Transaction& transaction_;
  const std::size_t level_;
  bool ended_ = false;
};

template <class F>
auto Transaction::savepoint(F closure)
    -> Task<typename ClosureResult<typename std::invoke_result_t<F&, Transaction&>::value_type>::type> {
  using Value = typename std::invoke_result_t<F&, Transaction&>::value_type;
  auto level = co_await open_savepoint();
  if (!level) co_return Unexpected{std::move(level).error()};
  Savepoint guard(*this, *level);
  std::optional<typename ClosureResult<Value>::type> result;
  std::exception_ptr thrown;
  try {
    if constexpr (std::is_void_v<Value>) {
      co_await std::invoke(closure, *this);
      result.emplace();
    } else {
      result.emplace(co_await std::invoke(closure, *this));
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!thrown && result->has_value()) {
    auto released = co_await release_savepoint(*level);
    guard.end();
    if (!released) co_return Unexpected{std::move(released).error()};
    co_return *std::move(result);
  }
  static_cast<void>(co_await undo_savepoint(*level));
  guard.end();
  if (thrown) std::rethrow_exception(std::move(thrown));
  co_return *std::move(result);
}

/// A transaction without a closure, for the rare case that none fits: `auto tx = co_await db.begin();`, `(*tx)->exec(…)`,
/// `co_await std::move(*tx).commit()`. Destroyed before, it rolls back. One that fails is not run again.
class OpenTransaction {
 public:
  explicit OpenTransaction(std::unique_ptr<Transaction> transaction) noexcept : transaction_(std::move(transaction)) {}

  Transaction& operator*() const noexcept { return *transaction_; }
  Transaction* operator->() const noexcept { return transaction_.get(); }

  Task<Result<void, Error>> commit() &&;
  Task<void> rollback() &&;

 private:
  std::unique_ptr<Transaction> transaction_;
};

// What transaction() below is made of.
class InTransaction {
 public:
  explicit InTransaction(const Backend& backend) noexcept;
  const Backend* backend() const noexcept { return backend_; }
  const InTransaction* outer() const noexcept { return outer_; }

 private:
  const Backend* backend_;
  const InTransaction* outer_;
};
extern const TaskLocal<InTransaction> current_transaction;

Error nested_transaction();
Task<Result<std::unique_ptr<Session>, Error>> begin_session(std::shared_ptr<Backend> backend,
                                                            TransactionOptions options);
/// Whether the closure is to run again, after a wait.
Task<bool> wait_for_next(TransactionOptions options, std::size_t attempt, Error why);

template <class F>
auto run_transaction(std::shared_ptr<Backend> backend, TransactionOptions options, F closure)
    -> Task<typename ClosureResult<typename std::invoke_result_t<F&, Transaction&>::value_type>::type> {
  using Value = typename std::invoke_result_t<F&, Transaction&>::value_type;
  using R = typename ClosureResult<Value>::type;
  if (is_in_transaction(*backend)) co_return Unexpected{nested_transaction()};
  for (std::size_t attempt = 1;; ++attempt) {
    auto session = co_await begin_session(backend, options);
    if (!session) {
      if (co_await wait_for_next(options, attempt, session.error())) continue;
      co_return Unexpected{std::move(session).error()};
    }
    Transaction transaction(*std::move(session), attempt);
    std::optional<R> result;
    std::exception_ptr thrown;
    try {
      const InTransaction here(*backend);
      if constexpr (std::is_void_v<Value>) {
        co_await current_transaction.scope(here, std::invoke(closure, transaction));
        result.emplace();
      } else {
        result.emplace(co_await current_transaction.scope(here, std::invoke(closure, transaction)));
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    std::optional<Error> failed;
    if (!thrown && result->has_value()) {
      auto committed = co_await transaction.commit();
      if (committed) co_return *std::move(result);
      failed = std::move(committed).error();
      result.emplace(Unexpected{*failed});
    } else if (const Error* failure = transaction.failure()) {
      failed = *failure;
    }
    co_await transaction.rollback();
    if (thrown) std::rethrow_exception(std::move(thrown));
    if (!failed || !co_await wait_for_next(options, attempt, *failed)) co_return *std::move(result);
  }
}

}  // namespace rondeau::sql
