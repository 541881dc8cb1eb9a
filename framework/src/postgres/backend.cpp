#include "postgres/backend.h"

#include <algorithm>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/time/timeout.h>

#include "postgres/errors.h"

namespace rondeau::postgres {
namespace {

/// A connection that lay idle for longer is asked whether it lives: what stands between may have forgotten it in silence.
constexpr Duration kTrusted = std::chrono::seconds(30);
constexpr Duration kPing = std::chrono::seconds(1);

connect::PoolOptions pool_options(const Settings& settings) {
  const Options& options = settings.options();
  return {.name = "postgres " + settings.description(),
          .max = options.max_connections,
          .min_idle = options.min_connections,
          .acquire_timeout = options.acquire_timeout,
          .idle_timeout = options.idle_timeout,
          .lifetime = options.lifetime,
          .recycle_timeout = options.clean_timeout};
}

sql::Error left_open(std::string_view text) {
  return {sql::ErrorKind::TransactionLeftOpen,
          {.message = shortened(text) + ": transaction left open: BEGIN by hand is rolled back; use transaction()",
           .phase = sql::Phase::Statement,
           .sent = sql::Sent::Yes,
           .text = std::string(text)}};
}

Instant within_context(Instant own) {
  return std::min(own, task::Context::current().deadline().value_or(own));
}

bool must_be_asked(const Slot& slot) {
  return slot.idle_for() > kTrusted;
}

}  // namespace

Instant deadline_after(Duration span) {
  return within_context(Instant::now() + span);
}

// ---- the pool's side

connect::Recycle ConnectionManager::on_release(std::unique_ptr<Connection>& connection) noexcept {
  if (connection->is_lost()) return connect::Recycle::Close;
  if (connection->must_be_cleaned()) return connect::Recycle::Clean;
  return connection->settle() ? connect::Recycle::Keep : connect::Recycle::Close;
}

Task<bool> ConnectionManager::recycle(std::unique_ptr<Connection>& connection) {
  if (!co_await connection->clean()) co_return false;
  co_return connection->settle();
}

bool ConnectionManager::on_idle_readable(std::unique_ptr<Connection>& connection) noexcept {
  const bool lives = connection->wire().consume_idle();
  connection->log_notices();
  return lives;
}

// ---- the users' side

Backend::Backend(std::shared_ptr<const Settings> settings)
    : settings_(settings), pool_(std::make_shared<ConnectionManager>(settings), pool_options(*settings)) {}

Instant Backend::deadline_at(Instant now, std::optional<Duration> timeout) const {
  return within_context(now + timeout.value_or(settings_->options().statement_timeout));
}

Instant Backend::deadline_for(std::optional<Duration> timeout) const {
  return deadline_at(Instant::now(), timeout);
}

Task<Result<Slot, sql::Error>> Backend::take(Instant deadline, std::optional<Slot> slot) {
  while (true) {
    const Instant now = Instant::now();
    // One that was taken is asked even so: given back unasked it would be trusted.
    if (!slot) {
      if (now >= deadline) co_return timed_out("acquire", sql::Phase::Acquire, sql::Sent::No);
      slot = pool_.try_acquire();
    }
    if (!slot) {
      const Duration left = deadline.saturating_since(now);
      auto acquired = co_await pool_.acquire({.timeout = std::min(settings_->options().acquire_timeout, left)});
      if (!acquired) co_return no_connection(acquired.error());
      slot.emplace(*std::move(acquired));
    }
    Connection& connection = ***slot;
    if (must_be_asked(*slot)) {
      connection.set_deadline(std::min(deadline, Instant::now() + kPing));
      if (!co_await connection.ping()) {
        slot->discard();
        slot.reset();
        continue;
      }
    }
    connection.set_deadline(deadline);
    co_return *std::move(slot);
  }
}

void Backend::count(const std::optional<sql::Error>& error) noexcept {
  // Statistics.
  if (error && error->is_timeout()) counters_->timed_out.fetch_add(1, std::memory_order_relaxed);
}

Task<Result<sql::Outcome, sql::Error>> Backend::run(sql::Statement statement) {
  counters_->statements.fetch_add(1, std::memory_order_relaxed);
  std::optional<Slot> slot = pool_.try_acquire();
  const Instant now = slot ? slot->taken_at() : Instant::now();
  const Instant deadline = deadline_at(now, statement.timeout);
  if (slot && now >= deadline) {
    std::move(*slot).give_back_unused();
    slot.reset();  // take() tells the rest
  }
  if (slot && !must_be_asked(*slot)) {
    (**slot)->set_deadline(deadline);
  } else {
    auto taken = co_await take(deadline, std::move(slot));
    if (!taken) {
      count(taken.error());
      co_return std::move(taken).error();
    }
    slot.emplace(*std::move(taken));
  }
  Connection& connection = ***slot;
  std::optional<Result<sql::Outcome, sql::Error>> outcome;
  auto which = Connection::Try::First;
  if (KnownStatement* const known = connection.send_at_once(statement)) {
    Connection::Answer answer(connection, statement.text.view(), sql::Phase::Statement);
    while (!answer.is_whole()) {
      if (connection.wire().must_flush()) {
        co_await connection.flush(answer);
      } else {
        answer.arrived(co_await connection.arrival());
      }
    }
    if (auto result = std::move(answer).end()) {
      outcome = connection.deliver_at_once(statement, *known, *result);
      if (!outcome) outcome = co_await connection.deliver(statement, *known, *std::move(result));
    } else if (connection.may_run_again(*known, result.error())) {
      which = Connection::Try::Second;
    } else {
      outcome = std::move(result).error();
    }
  }
  if (!outcome) outcome = co_await connection.run(statement, Scope::Alone, which);
  if (!*outcome) count(outcome->error());
  if (connection.is_in_transaction()) {
    slot->discard(connect::CloseReason::Dirty);
    co_return left_open(statement.text.view());
  }
  co_return *std::move(outcome);
}

Task<Result<std::vector<sql::Outcome>, sql::Error>> Backend::run_all(std::vector<sql::Statement> statements) {
  if (statements.empty()) co_return std::vector<sql::Outcome>();
  counters_->statements.fetch_add(statements.size(), std::memory_order_relaxed);
  counters_->transactions.fetch_add(1, std::memory_order_relaxed);
  std::optional<Duration> timeout;
  for (const sql::Statement& statement : statements) {
    if (statement.timeout) timeout = std::max(timeout.value_or(Duration::zero()), *statement.timeout);
  }
  RONDEAU_TRY(Slot slot, co_await take(deadline_for(timeout)));
  Connection& connection = **slot;
  auto outcomes = co_await connection.run_all(std::move(statements), Scope::Alone);
  if (!outcomes) count(outcomes.error());
  if (outcomes && connection.is_in_transaction()) {
    slot.discard(connect::CloseReason::Dirty);
    co_return left_open("a batch");
  }
  co_return outcomes;
}

Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> Backend::open(sql::Statement statement) {
  counters_->statements.fetch_add(1, std::memory_order_relaxed);
  const Duration timeout = statement.timeout.value_or(settings_->options().statement_timeout);
  RONDEAU_TRY(Slot slot, co_await take(deadline_for(timeout)));
  Connection& connection = **slot;
  // Who reads slowly keeps the statement running: the time of each fetch is ours to watch.
  RONDEAU_TRY_VOID(co_await connection.allow(std::nullopt, Scope::Alone));
  RONDEAU_TRY_VOID(co_await connection.begin_rows(std::move(statement)));
  co_return make_cursor(std::move(slot), timeout);
}

Task<Result<std::unique_ptr<sql::Session>, sql::Error>> Backend::acquire(sql::Access) {
  RONDEAU_TRY(Slot slot, co_await take(deadline_for(std::nullopt)));
  co_return make_session(std::move(slot), settings_, counters_);
}

sql::Stats Backend::stats() const {
  const connect::PoolStats pool = pool_.stats();
  return {.open = pool.open,
          .in_use = pool.in_use,
          .idle = pool.idle,
          .waiting = pool.waiting,
          .statements = counters_->statements.load(std::memory_order_relaxed),
          .transactions = counters_->transactions.load(std::memory_order_relaxed),
          .timed_out = counters_->timed_out.load(std::memory_order_relaxed)};
}

Task<void> Backend::close(Duration at_most) {
  pool_.begin_close();
  static_cast<void>(co_await timeout(at_most, pool_.close()));
}

}  // namespace rondeau::postgres
