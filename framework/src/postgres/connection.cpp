#include "postgres/connection.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/timeout.h>

#include "postgres/errors.h"

namespace rondeau::postgres {
namespace {

/// So many rows are taken apart before others have their turn.
constexpr int kRowsInARow = 1024;

sql::Error encode_error(const EncodeFault& fault, std::string_view text) {
  return {sql::ErrorKind::Encode, {.message = shortened(text) + ": encode: parameter $" + std::to_string(fault.parameter) +
                                              ": " + fault.what,
                                   .phase = sql::Phase::Statement,
                                   .text = std::string(text)}};
}

bool is_refusal(const PGresult* result) noexcept {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

}  // namespace

std::int64_t affected_by(PGresult* result) noexcept {
  const std::string_view tag = PQcmdStatus(result);
  if (tag.starts_with("SELECT") || tag.starts_with("FETCH")) return 0;
  const std::string_view count = PQcmdTuples(result);
  std::int64_t affected = 0;
  std::from_chars(count.data(), count.data() + count.size(), affected);
  return affected;
}

Task<Result<std::unique_ptr<Connection>, sql::Error>> Connection::open(std::shared_ptr<const Settings> settings) {
  const Instant deadline = Instant::now() + settings->options().connect_timeout;
  const std::string what = "postgres " + settings->description();
  auto parameters = co_await timeout_at(deadline, settings->parameters());
  if (parameters && *parameters) {
    auto wire = co_await timeout_at(deadline, Wire::connect(**std::move(parameters)));
    if (wire && *wire) co_return std::make_unique<Connection>(**std::move(wire), settings);
    if (wire) co_return lost(wire->error(), what, sql::Phase::Open, sql::Sent::No);
  } else if (parameters) {
    co_return std::move(*parameters).error();
  }
  const std::string phase = parameters ? "connecting" : "looking up its name";
  co_return sql::Error(sql::ErrorKind::Connect, {.message = what + ": connect: time ran out while " + phase,
                                                  .phase = sql::Phase::Open,
                                                  .retry = sql::Retry::Reconnect});
}

Connection::Connection(std::unique_ptr<Wire> wire, std::shared_ptr<const Settings> settings)
    : wire_(std::move(wire)), settings_(std::move(settings)), statements_(settings_->options().statement_cache) {}

sql::Error Connection::broken(std::string_view text, sql::Phase phase, sql::Sent sent) const {
  return lost(wire_->error(), shortened(text), phase, sent);
}

bool Connection::is_lost() const noexcept {
  if (wire_->broken()) return true;
  // A request to stop goes to the pooler's other connections as well as to ours.
  return settings_->behind_transaction_pooler() && wire_->status() == PQTRANS_ACTIVE;
}

void Connection::log_notices() {
  if (!wire_->has_notices()) return;
  for (const Notice& notice : wire_->take_notices()) {
    const auto level = notice.severity == "WARNING" ? log::Level::Warn : log::Level::Debug;
    log::write(level, "postgres", notice.message, {{"severity", notice.severity}, {"sqlstate", notice.sqlstate}});
  }
}

// ---- what comes back

Task<Result<ResultPtr, sql::Error>> Connection::next(std::string_view text, sql::Phase phase) {
  if (wire_->must_flush()) {
    const auto flushed = co_await timeout_at(deadline_, wire_->flush());
    if (!flushed) co_return timed_out(text, phase, sql::Sent::Maybe);
  }
  if (wire_->has_result()) co_return wire_->take_result();
  co_return arrived(co_await timeout_at(deadline_, wire_->next_result()), text, phase);
}

Result<ResultPtr, sql::Error> Connection::arrived(Result<ResultPtr> result, std::string_view text, sql::Phase phase) {
  if (result) {
    if (*result == nullptr && wire_->broken()) return broken(text, phase, sql::Sent::Maybe);
    return *std::move(result);
  }
  if (result.error() == Errc::TimedOut) return timed_out(text, phase, sql::Sent::Yes);
  return closed();
}

bool Connection::Answer::is_whole() {
  while (!is_over_ && connection_.is_here()) take(connection_.wire_->take_result());
  return is_over_;
}

void Connection::Answer::arrived(bool in_time) {
  if (!in_time) return is_late(sql::Sent::Yes);
  Result<ResultPtr> result = connection_.wire_->try_next_result();
  if (result) return take(*std::move(result));
  if (result.error() != Errc::WouldBlock) fail(closed());
}

void Connection::Answer::is_late(sql::Sent sent) {
  fail(timed_out(text_, phase_, sent));
}

void Connection::Answer::fail(sql::Error error) {
  refusal_ = std::move(error);
  is_over_ = true;
}

void Connection::Answer::take(ResultPtr result) {
  if (result == nullptr) {
    is_over_ = true;
    return;
  }
  switch (PQresultStatus(result.get())) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
      if (!refusal_) refusal_ = refused(result.get(), text_, phase_);
      break;
    case PGRES_COPY_IN:
      if (connection_.wire_->end_copy("COPY FROM STDIN is copy_in()") == Wire::Put::Broken) {
        fail(connection_.broken(text_, phase_, sql::Sent::Maybe));
      }
      break;
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      // What is under way is ended by whoever gets the connection back.
      fail(sql::Error(sql::ErrorKind::Server, {.message = shortened(text_) + ": COPY TO STDOUT is copy_out()",
                                               .phase = phase_,
                                               .sent = sql::Sent::Yes,
                                               .text = std::string(text_)}));
      break;
    default:
      last_ = std::move(result);
  }
}

Result<ResultPtr, sql::Error> Connection::Answer::end() && {
  connection_.alarm_.leave();
  if (refusal_) return *std::move(refusal_);
  // A FATAL error, such as the end of the server, comes as the refusal; the end without one is told here.
  if (connection_.wire_->broken()) return connection_.broken(text_, phase_, sql::Sent::Maybe);
  return std::move(last_);
}

Task<void> Connection::flush(Answer& answer) {
  if (!co_await timeout_at(deadline_, wire_->flush())) answer.is_late(sql::Sent::Maybe);
}

Task<Result<ResultPtr, sql::Error>> Connection::collect(std::string_view text, sql::Phase phase) {
  Answer answer(*this, text, phase);
  while (!answer.is_whole()) {
    if (wire_->must_flush()) {
      co_await flush(answer);
    } else {
      answer.arrived(co_await arrival());
    }
  }
  co_return std::move(answer).end();
}

// ---- statements

bool Connection::wants_prepared(const KnownStatement& known) const noexcept {
  return known.name.empty() && known.uses > 0 && !settings_->behind_transaction_pooler();
}

bool Connection::send(KnownStatement& known) {
  const Arguments arguments{encoded_.types(), encoded_.values(), encoded_.lengths(), encoded_.formats()};
  const Wire::Format format = known.in_binary ? Wire::kBinary : Wire::kText;
  if (known.name.empty()) return wire_->send_query(known.text.c_str(), arguments, format);
  return wire_->send_prepared(known.name.c_str(), arguments, format);
}

Task<Result<void, sql::Error>> Connection::prepare(KnownStatement& known) {
  if (statements_.has_obsolete() && wire_->status() == PQTRANS_IDLE) {
    std::string all;
    for (const std::string& name : statements_.take_obsolete()) all += "deallocate " + name + ';';
    RONDEAU_TRY_VOID(co_await command(std::move(all), sql::Phase::Statement));
  }
  std::string name = statements_.next_name();
  if (!wire_->send_prepare(name.c_str(), known.text.c_str(), known.types)) {
    co_return broken(known.text, sql::Phase::Statement, sql::Sent::No);
  }
  RONDEAU_TRY_VOID(co_await collect(known.text, sql::Phase::Statement));
  known.name = std::move(name);
  co_return {};
}

/// 26000: somebody deallocated it; 0A000: a table has changed, and with it the columns of the result.
bool Connection::drop_stale(KnownStatement& known, const sql::Error& error) {
  if (known.name.empty()) return false;
  const bool gone = error.sqlstate() == "26000";
  const bool changed = error.sqlstate() == "0A000";
  if (gone || changed) {
    statements_.forget(known, gone ? Statements::AtServer::Gone : Statements::AtServer::StillThere);
  }
  return gone || changed;
}

KnownStatement* Connection::send_at_once(const sql::Statement& statement) {
  if (statement.timeout || !encoded_.fill(statement.parameters)) return nullptr;
  KnownStatement& known = statements_.find(statement.text.view(), encoded_.types());
  if (wants_prepared(known) || !send(known)) return nullptr;
  ++known.uses;
  return &known;
}

Task<Result<sql::Outcome, sql::Error>> Connection::run(sql::Statement& statement, Scope scope, Try which) {
  const std::string_view text = statement.text.view();
  if (statement.timeout) RONDEAU_TRY_VOID(co_await allow(*statement.timeout, scope));
  if (auto filled = encoded_.fill(statement.parameters); !filled) co_return encode_error(filled.error(), text);
  KnownStatement& known = statements_.find(text, encoded_.types());
  for (;; which = Try::Second) {
    if (wants_prepared(known)) RONDEAU_TRY_VOID(co_await prepare(known));
    if (!send(known)) co_return broken(text, sql::Phase::Statement, sql::Sent::No);
    ++known.uses;
    auto result = co_await collect(text, sql::Phase::Statement);
    if (result) co_return co_await deliver(statement, known, *std::move(result));
    if (!may_run_again(known, result.error()) || which == Try::Second || scope != Scope::Alone) {
      co_return std::move(result).error();
    }
  }
}

Task<Result<sql::Outcome, sql::Error>> Connection::run_unnamed(KnownStatement* known,
                                                               std::unique_ptr<sql::RowSink> sink) {
  static_cast<void>(encoded_.fill({}));
  if (!send(*known)) co_return broken(known->text, sql::Phase::Statement, sql::Sent::No);
  RONDEAU_TRY(ResultPtr result, co_await collect(known->text, sql::Phase::Statement));
  if (result != nullptr) {
    RONDEAU_TRY(const sql::Flow flow, deliver_first(result.get(), *known, *sink));
    if (flow == sql::Flow::More) RONDEAU_TRY_VOID(co_await deliver_rest(result, *known, *sink));
  }
  co_return sql::Outcome{.affected = 0, .sink = std::move(sink)};
}

Task<Result<std::string, sql::Error>> Connection::command(std::string text, sql::Phase phase) {
  if (!wire_->send_query(text.c_str())) co_return broken(text, phase, sql::Sent::No);
  RONDEAU_TRY(const ResultPtr result, co_await collect(text, phase));
  co_return result == nullptr ? std::string() : std::string(PQcmdStatus(result.get()));
}

Task<Result<void, sql::Error>> Connection::allow(std::optional<Duration> needed, Scope scope) {
  if (settings_->behind_transaction_pooler()) co_return {};
  if (needed && *needed <= settings_->options().statement_timeout) co_return {};
  const auto limit = needed ? std::chrono::ceil<std::chrono::milliseconds>(*needed) + std::chrono::seconds(1)
                            : std::chrono::milliseconds(0);
  const bool local = scope == Scope::Transaction;
  if (!local) raised_timeout_ = true;
  RONDEAU_TRY_VOID(co_await command(std::string(local ? "set local" : "set") + " statement_timeout = " +
                                        std::to_string(limit.count()),
                                    sql::Phase::Statement));
  co_return {};
}

// ---- rows

std::optional<Result<sql::Outcome, sql::Error>> Connection::deliver_at_once(sql::Statement& statement,
                                                                            KnownStatement& known,
                                                                            const ResultPtr& result) {
  sql::Outcome outcome;
  if (result != nullptr) {
    if (PQntuples(result.get()) > kRowsInARow) return std::nullopt;
    outcome.affected = affected_by(result.get());
    if (statement.sink != nullptr) {
      if (auto delivered = deliver_first(result.get(), known, *statement.sink); !delivered) return std::move(delivered).error();
    }
  }
  outcome.sink = std::move(statement.sink);
  return outcome;
}

Task<Result<sql::Outcome, sql::Error>> Connection::deliver(sql::Statement& statement, KnownStatement& known,
                                                           ResultPtr result) {
  if (auto outcome = deliver_at_once(statement, known, result)) co_return *std::move(outcome);
  sql::Outcome outcome{.affected = affected_by(result.get())};
  if (statement.sink != nullptr) {
    RONDEAU_TRY(const sql::Flow flow, deliver_first(result.get(), known, *statement.sink));
    if (flow == sql::Flow::More) RONDEAU_TRY_VOID(co_await deliver_rest(result, known, *statement.sink));
  }
  outcome.sink = std::move(statement.sink);
  co_return outcome;
}

Result<void, sql::Error> Connection::begin_delivery(const PGresult* result, KnownStatement& known, sql::RowSink& sink) {
  known.see_columns(result);
  return sink.begin(known.columns, known.plans);
}

Result<sql::Flow, sql::Error> Connection::deliver_row(const PGresult* result, int row, const KnownStatement& known,
                                                      sql::RowSink& sink) {
  scratch_.clear();
  cells_.resize(known.column_types.size());
  const auto decode = PQbinaryTuples(result) != 0 ? decode_binary : decode_text;  // all are asked for in the same form
  for (std::size_t i = 0; i < known.column_types.size(); ++i) {
    const int column = static_cast<int>(i);
    cells_[i] = sql::Cell();
    const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
    if (length == 0 && PQgetisnull(result, row, column) != 0) continue;
    const std::string_view bytes(PQgetvalue(result, row, column), length);
    if (const Fault fault = decode(known.column_types[i], bytes, cells_[i], scratch_)) {
      const sql::Column& at = known.columns[i];
      return sql::Error(sql::ErrorKind::Decode,
                        {.message = shortened(known.text) + ": decode: column \"" + std::string(at.name) + "\" of type " +
                                    std::string(at.type_name) + ": " + fault,
                         .phase = sql::Phase::Statement,
                         .sent = sql::Sent::Yes,
                         .column = std::string(at.name),
                         .text = known.text});
    }
  }
  return sink.take(cells_);
}

Result<sql::Flow, sql::Error> Connection::deliver_rows(const PGresult* result, int from, const KnownStatement& known,
                                                       sql::RowSink& sink) {
  const int rows = PQntuples(result);
  const int end = std::min(rows, from + kRowsInARow);
  for (int row = from; row < end; ++row) {
    RONDEAU_TRY_PLAIN(const sql::Flow flow, deliver_row(result, row, known, sink));
    if (flow == sql::Flow::Enough) return flow;
  }
  return end == rows ? sql::Flow::Enough : sql::Flow::More;
}

Result<sql::Flow, sql::Error> Connection::deliver_first(const PGresult* result, KnownStatement& known, sql::RowSink& sink) {
  RONDEAU_TRY_VOID_PLAIN(begin_delivery(result, known, sink));
  return deliver_rows(result, 0, known, sink);
}

Task<Result<void, sql::Error>> Connection::deliver_rest(ResultPtr& result, KnownStatement& known, sql::RowSink& sink) {
  sql::Flow flow = sql::Flow::More;
  for (int from = kRowsInARow; flow == sql::Flow::More; from += kRowsInARow) {
    co_await yield_now();
    RONDEAU_TRY(flow, deliver_rows(result.get(), from, known, sink));
  }
  co_return {};
}

Task<Result<void, sql::Error>> Connection::begin_rows(sql::Statement statement) {
  streamed_text_ = statement.text.view();
  if (auto filled = encoded_.fill(statement.parameters); !filled) co_return encode_error(filled.error(), streamed_text_);
  KnownStatement& known = statements_.find(streamed_text_, encoded_.types());
  if (wants_prepared(known)) RONDEAU_TRY_VOID(co_await prepare(known));
  ++known.uses;
  if (!send(known) || !wire_->single_rows()) co_return broken(streamed_text_, sql::Phase::Statement, sql::Sent::No);
  streamed_known_ = &known;
  co_return {};
}

Task<Result<bool, sql::Error>> Connection::next_rows(sql::RowSink* sink, std::size_t rows) {
  bool begun = false;
  for (std::size_t count = 0; count < rows;) {
    RONDEAU_TRY(const ResultPtr result, co_await next(streamed_text_, sql::Phase::Statement));
    if (result == nullptr) co_return false;
    if (is_refusal(result.get())) {
      sql::Error error = refused(result.get(), streamed_text_, sql::Phase::Statement);
      drop_stale(*streamed_known_, error);
      static_cast<void>(co_await collect(streamed_text_, sql::Phase::Statement));
      co_return error;
    }
    if (!begun) RONDEAU_TRY_VOID(begin_delivery(result.get(), *streamed_known_, *sink));
    begun = true;
    if (PQresultStatus(result.get()) != PGRES_SINGLE_TUPLE) continue;  // the end of the rows
    RONDEAU_TRY_VOID(deliver_row(result.get(), 0, *streamed_known_, *sink));
    if (++count % kRowsInARow == 0) co_await yield_now();
  }
  co_return true;
}

}  // namespace rondeau::postgres
