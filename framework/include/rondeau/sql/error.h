// What can go wrong between a program and its database, as a value that says what, where and what to do about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/error.h>

namespace rondeau::sql {

enum class ErrorKind : std::uint8_t {
  Config,                ///< the URL or an option cannot be used
  Connect,               ///< the server or the file cannot be reached
  Auth,                  ///< it does not let us in
  Tls,
  PoolTimeout,           ///< no connection came free in time
  PoolExhausted,         ///< too many wait for one already
  Timeout,               ///< the statement's time is over; it was stopped
  CancelledByServer,     ///< the server stopped the statement by itself
  Server,                ///< the database refused the statement: sqlstate() says why
  Constraint,            ///< … because a constraint does not hold
  Serialization,         ///< … because other transactions were in the way: run it again
  RowMissing,            ///< one() or scalar() found none
  TooManyRows,           ///< one(), maybe() or scalar() found more than one
  ColumnMissing,         ///< a field has no column, or more than one
  TypeMismatch,          ///< a column's type does not fit the field's
  NullValue,             ///< NULL for a field that is no std::optional
  Encode,                ///< a parameter cannot be written for this database
  Decode,                ///< a value cannot be read: out of range, no UTF-8, malformed
  Migration,
  CommitUnknown,         ///< the connection was lost after COMMIT was sent: it may have happened
  TransactionLeftOpen,   ///< a BEGIN written by hand; it was rolled back
  TransactionFailed,     ///< an earlier statement of this transaction failed: cause() is its error
  NestedTransaction,     ///< transaction() within a transaction of the same task
  Busy,                  ///< somebody else holds the database's lock
  Closed,                ///< the database was closed
};
/// "pool timeout".
std::string_view to_string(ErrorKind kind) noexcept;

/// What was being done.
enum class Phase : std::uint8_t { None, Open, Acquire, Begin, Statement, Commit, Rollback, Migrate, Close };
std::string_view to_string(Phase phase) noexcept;

/// Whether the database may have acted on it.
enum class Sent : std::uint8_t { No, Maybe, Yes };

/// What a caller may do about it.
enum class Retry : std::uint8_t {
  Never,
  Now,        ///< the same again may succeed
  Backoff,    ///< … after a while
  Reconnect,  ///< … on another connection, which comes by itself
};

/// What an Error is made of; back ends fill in what they know. Never holds a parameter: those may be secret.
struct ErrorParts {
  std::string message = {};                   ///< one line for people, with its whole chain of causes once
  Phase phase = Phase::None;
  Sent sent = Sent::No;
  std::optional<Retry> retry = std::nullopt;  ///< nullopt: as the kind and the SQLSTATE have it
  std::string sqlstate = {};                  ///< five characters
  int code = 0;                               ///< SQLite's extended result code
  std::string detail = {};
  std::string hint = {};
  std::string schema = {};
  std::string table = {};
  std::string column = {};
  std::string constraint = {};
  std::size_t position = 0;                    ///< in text(), in characters from 1; 0: not known
  std::string text = {};                       ///< of the statement
  std::optional<std::size_t> index = std::nullopt;  ///< of the item of a batch
};

/// A failed operation. One pointer beside its kind; a copy shares its parts.
///
/// Converts to base::Error: unique violations to AlreadyExists, RowMissing and a file that is not there to NotFound, Busy and
/// a pool that is full to Overloaded, time to TimedOut, Closed to Closed, what cannot be written to ReadOnly, a full disk to
/// NoSpace. Thread safety: as for a std::string.
class [[nodiscard]] Error {
 public:
  /// Cold, so that the way there is laid out apart from that of results.
  [[gnu::cold]] Error(ErrorKind kind, ErrorParts parts);
  Error(const Error&) = default;
  Error(Error&&) noexcept = default;
  Error& operator=(const Error&) = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error();

  ErrorKind kind() const noexcept { return kind_; }
  Phase phase() const noexcept { return phase_; }
  Sent sent() const noexcept { return sent_; }
  Retry retry() const noexcept { return retry_; }

  /// "insert into links …: constraint: duplicate key value violates unique constraint "links_pkey" (23505)".
  const std::string& message() const noexcept { return parts_->message; }
  const std::string& sqlstate() const noexcept { return parts_->sqlstate; }
  int code() const noexcept { return parts_->code; }
  const std::string& detail() const noexcept { return parts_->detail; }
  const std::string& hint() const noexcept { return parts_->hint; }
  const std::string& schema() const noexcept { return parts_->schema; }
  const std::string& table() const noexcept { return parts_->table; }
  const std::string& column() const noexcept { return parts_->column; }
  const std::string& constraint() const noexcept { return parts_->constraint; }
  std::size_t position() const noexcept { return parts_->position; }
  const std::string& text() const noexcept { return parts_->text; }
  std::optional<std::size_t> index() const noexcept { return parts_->index; }
  /// The error that this one follows from, or null. Lifetime: this object's.
  const Error* cause() const noexcept { return cause_.get(); }

  bool is_unique_violation() const noexcept { return sqlstate() == "23505"; }
  bool is_foreign_key_violation() const noexcept { return sqlstate() == "23503"; }
  bool is_not_null_violation() const noexcept { return sqlstate() == "23502"; }
  bool is_check_violation() const noexcept { return sqlstate() == "23514"; }
  bool is_timeout() const noexcept { return kind_ == ErrorKind::Timeout || kind_ == ErrorKind::PoolTimeout; }
  /// The transaction may succeed when it is run again: serialization failures and deadlocks.
  bool is_retryable() const noexcept { return kind_ == ErrorKind::Serialization; }

  /// The same as it happened elsewhere.
  Error at(Phase phase) const;
  Error with_text(std::string_view text) const;
  Error with_index(std::size_t index) const;
  Error caused_by(const Error& cause) const;

  operator base::Error() const;  // NOLINT(google-explicit-constructor): passes through RONDEAU_TRY

 private:
  ErrorKind kind_;
  Phase phase_;
  Sent sent_;
  Retry retry_;
  std::shared_ptr<const ErrorParts> parts_;
  std::shared_ptr<const Error> cause_;
};

}  // namespace rondeau::sql
