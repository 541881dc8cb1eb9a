// Batches: statements in one flight with one Sync, which makes them one implicit transaction.
//
// NULL from PQgetResult ends the results of one statement, not those of the flight: the flight ends with the answer to
// its Sync. After a refusal the rest comes back as aborted.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <rondeau/time/timeout.h>

#include "postgres/connection.h"
#include "postgres/errors.h"

namespace rondeau::postgres {
namespace {

/// In one flight at most, so that buffers stay bounded. More are a transaction of several flights.
constexpr std::size_t kFlight = 1000;

sql::Error aborted(std::string_view text) {
  return {sql::ErrorKind::TransactionFailed, {.message = shortened(text) + ": did not run: an earlier statement failed",
                                              .phase = sql::Phase::Statement,
                                              .text = std::string(text)}};
}

}  // namespace

Task<Result<void, sql::Error>> Connection::send_flight(std::vector<sql::Statement>& statements,
                                                       std::vector<Flight>& flights) {
  if (!wire_->enter_pipeline()) co_return broken("a batch", sql::Phase::Statement, sql::Sent::No);
  in_pipeline_ = true;
  synced_ = false;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string_view text = statements[i].text.view();
    if (auto filled = encoded_.fill(statements[i].parameters); !filled) {
      co_return sql::Error(sql::ErrorKind::Encode, {.message = shortened(text) + ": encode: parameter $" +
                                                               std::to_string(filled.error().parameter) + ": " +
                                                               filled.error().what,
                                                    .phase = sql::Phase::Statement,
                                                    .text = std::string(text),
                                                    .index = i});
    }
    KnownStatement& known = statements_.find(text, encoded_.types());
    Flight& flight = flights.emplace_back(&known);
    bool accepted = true;
    if (wants_prepared(known)) {
      flight.name = statements_.next_name();
      known.name = flight.name;
      accepted = wire_->send_prepare(known.name.c_str(), known.text.c_str(), known.types);
    }
    ++known.uses;
    if (!accepted || !send(known)) co_return broken(text, sql::Phase::Statement, sql::Sent::Maybe).with_index(i);
    if (wire_->must_flush() && !co_await timeout_at(deadline_, wire_->flush())) {
      co_return timed_out(text, sql::Phase::Statement, sql::Sent::Maybe).with_index(i);
    }
  }
  if (!wire_->sync()) co_return broken("a batch", sql::Phase::Statement, sql::Sent::Maybe);
  synced_ = true;
  co_return {};
}

/// What came of one statement; its results are read to their end.
Task<Result<sql::Outcome, sql::Error>> Connection::land(sql::Statement& statement, Flight& flight) {
  const std::string_view text = statement.text.view();
  const int answers = flight.name.empty() ? 1 : 2;
  std::optional<sql::Error> failed;
  sql::Outcome outcome;
  for (int answer = 0; answer < answers;) {
    ResultPtr result;
    if (is_here()) {
      result = wire_->take_result();
    } else {
      RONDEAU_TRY(result, co_await next(text, sql::Phase::Statement));
    }
    if (result == nullptr) {
      ++answer;
      continue;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_ABORTED:
        if (!failed) failed = aborted(text);
        break;
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        if (!failed) failed = refused(result.get(), text, sql::Phase::Statement);
        break;
      default:
        if (answer + 1 < answers) {  // it is prepared, perhaps after a change of its tables
          flight.known->has_fixed_columns = false;
          break;
        }
        outcome.affected = affected_by(result.get());
        if (statement.sink != nullptr && !failed) {
          auto flow = deliver_first(result.get(), *flight.known, *statement.sink);
          if (!flow) {
            failed = std::move(flow).error();
          } else if (*flow == sql::Flow::More) {
            auto delivered = co_await deliver_rest(result, *flight.known, *statement.sink);
            if (!delivered) failed = std::move(delivered).error();
          }
        }
    }
    if (failed && answer + 1 < answers) flight.known->is_not_prepared();  // not prepared after all
  }
  if (failed) co_return *std::move(failed);
  outcome.sink = std::move(statement.sink);
  co_return outcome;
}

Task<Result<void, sql::Error>> Connection::end_pipeline() {
  RONDEAU_TRY(const ResultPtr synced, co_await next("a batch", sql::Phase::Statement));
  if (synced == nullptr || PQresultStatus(synced.get()) != PGRES_PIPELINE_SYNC || !wire_->leave_pipeline()) {
    co_return broken("a batch", sql::Phase::Statement, sql::Sent::Maybe);
  }
  in_pipeline_ = false;
  co_return {};
}

Task<Result<std::vector<sql::Outcome>, sql::Error>> Connection::run_all(std::vector<sql::Statement> statements,
                                                                        Scope scope) {
  std::vector<sql::Outcome> outcomes;
  outcomes.reserve(statements.size());
  const bool own_transaction = scope == Scope::Alone && statements.size() > kFlight;
  if (own_transaction) RONDEAU_TRY_VOID(co_await command("begin", sql::Phase::Begin));
  for (std::size_t from = 0; from < statements.size(); from += kFlight) {
    const std::size_t to = std::min(from + kFlight, statements.size());
    std::vector<sql::Statement> chunk(std::make_move_iterator(statements.begin() + static_cast<std::ptrdiff_t>(from)),
                                      std::make_move_iterator(statements.begin() + static_cast<std::ptrdiff_t>(to)));
    std::vector<Flight> flights;
    flights.reserve(chunk.size());
    if (auto sent = co_await send_flight(chunk, flights); !sent) {
      const std::size_t index = sent.error().index().value_or(0) + from;
      co_return std::move(sent).error().with_index(index);
    }
    std::optional<sql::Error> failed;
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      auto outcome = co_await land(chunk[i], flights[i]);
      if (outcome) {
        outcomes.push_back(*std::move(outcome));
      } else if (!failed) {
        failed = outcome.error().with_index(from + i);
        if (wire_->broken() || failed->kind() == sql::ErrorKind::Timeout) co_return *std::move(failed);
      }
    }
    RONDEAU_TRY_VOID(co_await end_pipeline());
    if (failed) {
      drop_stale(*flights[*failed->index() - from].known, *failed);
      if (own_transaction) static_cast<void>(co_await command("rollback", sql::Phase::Rollback));
      co_return *std::move(failed);
    }
  }
  if (own_transaction) RONDEAU_TRY_VOID(co_await command("commit", sql::Phase::Commit));
  co_return outcomes;
}

}  // namespace rondeau::postgres
