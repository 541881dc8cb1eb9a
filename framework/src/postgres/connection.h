// Connection: statements over a Wire. Knows what is prepared, when time is over, and how to become fit for the next user.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/task/task.h>
#include <rondeau/time/alarm.h>
#include <rondeau/time/readable_by.h>

#include "postgres/decode.h"
#include "postgres/encode.h"
#include "postgres/settings.h"
#include "postgres/statements.h"
#include "postgres/wire.h"

namespace rondeau::postgres {

/// Whether a statement stands alone or within a transaction.
enum class Scope : bool { Alone, Transaction };

/// One operation at a time, each of which ends at the deadline that was set for it. An operation that ended early, by an
/// error of its own, by time, or by being destroyed, may leave the session in the middle of something: clean() ends that.
class Connection {
 public:
  /// Errors: Connect, Auth, Tls.
  static Task<Result<std::unique_ptr<Connection>, sql::Error>> open(std::shared_ptr<const Settings> settings);
  Connection(std::unique_ptr<Wire> wire, std::shared_ptr<const Settings> settings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Of the operations that follow.
  void set_deadline(Instant deadline) noexcept { deadline_ = deadline; }
  Instant deadline() const noexcept { return deadline_; }

  /// The second one, of what the server had forgotten, is the last.
  enum class Try : bool { First, Second };
  /// `statement` is the caller's until the task has ended; its sink comes back with the outcome.
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement& statement, Scope scope, Try which = Try::First);

  // The same in steps, for a coroutine that needs no further one for what most statements are, one request and one answer:
  //
  //     if (KnownStatement* known = connection.send_at_once(statement)) {
  //       Connection::Answer answer(connection, statement.text.view(), sql::Phase::Statement);
  //       while (!answer.is_whole()) answer.arrived(co_await connection.arrival());  // or flush(), where that must be
  //       …                                                                          // end(), deliver_at_once()

  /// Null: run() has more to do first, or tells what is wrong.
  KnownStatement* send_at_once(const sql::Statement& statement);
  class Answer;
  /// Sends what is left, where the socket did not take it all.
  Task<void> flush(Answer& answer);
  /// False: the deadline has passed first. Cancellation: safe.
  auto arrival() noexcept { return time::readable_by(wire_->reader(), alarm_, deadline_); }
  /// Forgets what the server has forgotten. True: run() may do what `error` is about.
  bool may_run_again(KnownStatement& known, const sql::Error& error) { return drop_stale(known, error) && is_idle(); }
  /// Hands the rows on.
  Task<Result<sql::Outcome, sql::Error>> deliver(sql::Statement& statement, KnownStatement& known, ResultPtr result);
  /// The same where there are few of them; elsewhere nothing.
  std::optional<Result<sql::Outcome, sql::Error>> deliver_at_once(sql::Statement& statement, KnownStatement& known,
                                                                  const ResultPtr& result);

  /// A statement without parameters that the caller keeps, and is not to be prepared.
  Task<Result<sql::Outcome, sql::Error>> run_unnamed(KnownStatement* known, std::unique_ptr<sql::RowSink> sink);
  /// In one flight, with one Sync: all or nothing.
  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement> statements, Scope scope);
  /// One or several statements without parameters, as they stand. Gives the tag of the last: "COMMIT".
  Task<Result<std::string, sql::Error>> command(std::string text, sql::Phase phase);

  /// Sends a statement whose rows come one by one, with next_rows().
  Task<Result<void, sql::Error>> begin_rows(sql::Statement statement);
  /// Gives up to `rows` further ones to the sink; false: those were the last.
  Task<Result<bool, sql::Error>> next_rows(sql::RowSink* sink, std::size_t rows);

  /// Sends a COPY statement. Errors: the server's; Server, where it is none in this direction.
  Task<Result<void, sql::Error>> begin_copy(std::string text, ExecStatusType direction);
  Task<Result<void, sql::Error>> put_copy(std::string piece);
  /// `failure`: the server forgets what came. Gives the number of rows.
  Task<Result<std::int64_t, sql::Error>> end_copy(std::optional<std::string> failure);
  /// Empty at the end.
  Task<Result<std::string, sql::Error>> next_copy();
  /// After that: how it ended.
  Task<Result<void, sql::Error>> finish_copy();

  /// The server lets statements of the session run so long; nullopt: for ever.
  Task<Result<void, sql::Error>> allow(std::optional<Duration> needed, Scope scope);

  /// Nothing is under way, and no transaction is open.
  bool is_idle() const noexcept { return !wire_->broken() && wire_->status() == PQTRANS_IDLE; }
  bool is_in_transaction() const noexcept {
    const PGTransactionStatusType status = wire_->status();
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
  }
  /// To be closed, not cleaned.
  bool is_lost() const noexcept;
  bool must_be_cleaned() const noexcept { return !is_idle() || in_pipeline_ || raised_timeout_; }
  /// Fit for the next user, it is put aside. False: it broke.
  bool settle();
  /// Ends what is under way: asks the server to stop it, reads to its end, rolls back. False: it is to be closed.
  Task<bool> clean();
  /// Asks the server to answer.
  Task<bool> ping();

  Wire& wire() noexcept { return *wire_; }
  const Settings& settings() const noexcept { return *settings_; }
  /// What the server said beside results goes to the log.
  void log_notices();

 private:
  Task<Result<ResultPtr, sql::Error>> collect(std::string_view text, sql::Phase phase);
  Task<Result<ResultPtr, sql::Error>> next(std::string_view text, sql::Phase phase);
  /// What waiting for a result came to.
  Result<ResultPtr, sql::Error> arrived(Result<ResultPtr> result, std::string_view text, sql::Phase phase);
  /// next() would not wait: Wire::take_result() tells the same.
  bool is_here() noexcept { return !wire_->must_flush() && wire_->has_result(); }
  Task<Result<void, sql::Error>> prepare(KnownStatement& known);
  bool send(KnownStatement& known);
  /// For its next use.
  bool wants_prepared(const KnownStatement& known) const noexcept;
  bool drop_stale(KnownStatement& known, const sql::Error& error);

  Result<void, sql::Error> begin_delivery(const PGresult* result, KnownStatement& known, sql::RowSink& sink);
  Result<sql::Flow, sql::Error> deliver_row(const PGresult* result, int row, const KnownStatement& known,
                                            sql::RowSink& sink);
  /// As many as are taken apart before others have their turn; More: there are further ones.
  Result<sql::Flow, sql::Error> deliver_rows(const PGresult* result, int from, const KnownStatement& known,
                                             sql::RowSink& sink);
  Result<sql::Flow, sql::Error> deliver_first(const PGresult* result, KnownStatement& known, sql::RowSink& sink);
  /// After deliver_first(), where there are more.
  Task<Result<void, sql::Error>> deliver_rest(ResultPtr& result, KnownStatement& known, sql::RowSink& sink);

  /// What was sent for one statement of a pipeline.
  struct Flight {
    explicit Flight(KnownStatement* statement) noexcept : known(statement) { known->in_flight = true; }
    Flight(Flight&& other) noexcept : known(std::exchange(other.known, nullptr)), name(std::move(other.name)) {}
    Flight& operator=(Flight&&) = delete;
    ~Flight() {
      if (known != nullptr) known->in_flight = false;
    }
    KnownStatement* known;
    std::string name;  ///< it is to be prepared as this first
  };
  Task<Result<void, sql::Error>> send_flight(std::vector<sql::Statement>& statements, std::vector<Flight>& flights);
  Task<Result<sql::Outcome, sql::Error>> land(sql::Statement& statement, Flight& flight);
  Task<Result<void, sql::Error>> end_pipeline();
  Task<bool> drain();

  [[gnu::cold]] sql::Error broken(std::string_view text, sql::Phase phase, sql::Sent sent) const;

  std::unique_ptr<Wire> wire_;
  std::shared_ptr<const Settings> settings_;
  Statements statements_;
  Instant deadline_ = Instant::far_future();
  time::Alarm alarm_;  // of whoever waits for an answer
  bool raised_timeout_ = false;
  bool in_pipeline_ = false;
  bool synced_ = false;  // the Sync of the pipeline is sent

  // Of the statement under way; kept for their memory.
  Encoded encoded_;
  Scratch scratch_;
  std::vector<sql::Cell> cells_;
  std::string streamed_text_;
  KnownStatement* streamed_known_ = nullptr;
};

/// What the results of one request come to. One at a time.
class Connection::Answer {
 public:
  Answer(Connection& connection, std::string_view text, sql::Phase phase) noexcept
      : connection_(connection), text_(text), phase_(phase) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { connection_.alarm_.leave(); }

  /// Takes what is here. False: more has to arrive.
  bool is_whole();
  void arrived(bool in_time);
  /// Time ran out.
  void is_late(sql::Sent sent);
  /// The last result. Errors: the first refusal; that of the connection, where it broke.
  Result<ResultPtr, sql::Error> end() &&;

 private:
  void take(ResultPtr result);
  void fail(sql::Error error);

  Connection& connection_;
  std::string_view text_;
  sql::Phase phase_;
  bool is_over_ = false;
  std::optional<sql::Error> refusal_;
  ResultPtr last_;
};

/// Rows that a result says were inserted, updated or deleted.
std::int64_t affected_by(PGresult* result) noexcept;

}  // namespace rondeau::postgres
