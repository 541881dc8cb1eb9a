#include "sqlite/backend.h"

#include <algorithm>

#include <rondeau/runtime/handle.h>

#include "sqlite/call.h"
#include "sqlite/error.h"
#include "sqlite/session.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;
using sql::ErrorParts;
using sql::Outcome;
using sql::Phase;
using sql::Sent;
using sql::Statement;

Error closed(std::string_view text) {
  return error_of(ErrorKind::Closed, "the database was closed", text, Sent::No);
}

Error exhausted(std::string_view what) {
  return Error(ErrorKind::PoolExhausted,
               {.message = "too many wait for " + std::string(what) + " already", .phase = Phase::Acquire});
}

/// One more that waits, while it lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<std::size_t>& count) noexcept : count_(count) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { count_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t>& count_;
};

/// In the queue for the writer, while it lives.
class InQueue {
 public:
  InQueue(std::shared_ptr<Core> core, std::shared_ptr<Write> write) noexcept
      : core_(std::move(core)), write_(std::move(write)) {}
  InQueue(const InQueue&) = delete;
  InQueue& operator=(const InQueue&) = delete;
  ~InQueue() { leave(); }
  /// Whether it had not begun.
  bool leave() noexcept { return core_->leave(write_); }

 private:
  std::shared_ptr<Core> core_;
  std::shared_ptr<Write> write_;
};

Error writer_is_busy(Core& core, std::string_view text) {
  core.timed_out.fetch_add(1, std::memory_order_relaxed);
  return error_of(ErrorKind::Busy, "the writer is held " + core.holder(), text, Sent::No).at(Phase::Acquire);
}

Instant soonest(Instant deadline, Duration at_most) {
  return std::min(deadline, Instant::now() + at_most);
}

/// What a reader made of a statement of which nobody knew whether it only reads.
struct Read {
  std::optional<Outcome> outcome;  ///< nothing: it writes
  Statement statement;
};

Result<Read, Error> read_on(Connection& connection, const Limit& limit, Core& core, Statement& statement) {
  const auto reads = connection.reads_only(statement.text.view());
  // A reader may know an old schema, and refuses what fits the new one: then the writer is asked.
  if (!reads) return Read{std::nullopt, std::move(statement)};
  core.learn(statement.text.view(), *reads);
  if (!*reads) return Read{std::nullopt, std::move(statement)};
  core.statements.fetch_add(1, std::memory_order_relaxed);
  RONDEAU_TRY_PLAIN(const std::int64_t affected, connection.run(statement, limit));
  return Read{Outcome{.affected = affected, .sink = std::move(statement.sink)}, {}};
}

/// Several that only read, of one state of the database.
Outcomes read_all_on(Connection& connection, const Limit& limit, Core& core, std::vector<Statement>& statements) {
  RONDEAU_TRY_VOID_PLAIN(connection.control("BEGIN", limit));
  std::vector<Outcome> outcomes;
  for (Statement& statement : statements) {
    core.statements.fetch_add(1, std::memory_order_relaxed);
    auto affected = connection.run(statement, limit);
    if (!affected) return affected.error().with_index(outcomes.size());  // the lease rolls back
    outcomes.push_back({.affected = *affected, .sink = std::move(statement.sink)});
  }
  RONDEAU_TRY_VOID_PLAIN(connection.control("COMMIT", limit));
  return outcomes;
}

}  // namespace

Result<std::shared_ptr<Limit>, Error> Backend::limit_of(std::optional<Duration> timeout, std::string_view text) const {
  if (core_->is_closed()) return closed(text);
  auto limit = std::make_shared<Limit>(deadline_of(*core_, timeout));
  if (limit->over()) return timed_out(*core_, text, Sent::No);
  return limit;
}

std::optional<Error> Backend::would_wait_for_itself(std::string_view text) const {
  if (!sql::is_in_transaction(*this)) return std::nullopt;
  return error_of(ErrorKind::NestedTransaction,
                  "within a transaction of the same task this would wait for itself: run it on the transaction", text,
                  Sent::No);
}

Task<Result<Outcome, Error>> Backend::run(Statement statement) {
  RONDEAU_TRY(auto limit, limit_of(statement.timeout, statement.text.view()));
  StatementKind kind = core_->kind_of(statement.text.view());
  if (!core_->in_memory() && (kind == StatementKind::Unknown || kind == StatementKind::Reads)) {
    RONDEAU_TRY(auto lease, co_await reader(limit));
    auto work = [core = core_, owned = std::move(statement)](Connection& connection, const Limit& within) mutable {
      return read_on(connection, within, *core, owned);
    };
    RONDEAU_TRY(Read read, co_await call(std::move(lease), limit, std::move(work)));
    if (read.outcome) co_return *std::move(read.outcome);
    statement = std::move(read.statement);
    kind = StatementKind::Writes;
    // The call before cancelled its limit when it ended.
    limit = std::make_shared<Limit>(limit->deadline());
  }
  std::vector<Statement> one;
  one.push_back(std::move(statement));
  RONDEAU_TRY(auto outcomes,
              co_await write(kind == StatementKind::Alone ? Write::Way::Alone : Write::Way::Grouped, std::move(one),
                             std::move(limit), false));
  co_return std::move(outcomes.front());
}

Task<Outcomes> Backend::run_all(std::vector<Statement> statements) {
  RONDEAU_TRY(auto limit, limit_of(statements.front().timeout, statements.front().text.view()));
  bool reads = !core_->in_memory();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string_view text = statements[i].text.view();
    const StatementKind kind = core_->kind_of(text);
    reads = reads && kind == StatementKind::Reads;
    if (kind != StatementKind::Alone) continue;
    co_return Unexpected{
        error_of(ErrorKind::Config, "it cannot be in a transaction, so in no batch", text, Sent::No).with_index(i)};
  }
  if (!reads) co_return co_await write(Write::Way::Grouped, std::move(statements), std::move(limit), true);
  RONDEAU_TRY(auto lease, co_await reader(limit));
  auto work = [core = core_, owned = std::move(statements)](Connection& connection, const Limit& within) mutable {
    return read_all_on(connection, within, *core, owned);
  };
  co_return co_await call(std::move(lease), std::move(limit), std::move(work));
}

Task<Outcomes> Backend::write(Write::Way way, std::vector<Statement> statements, std::shared_ptr<Limit> limit,
                              bool is_batch) {
  const std::string text(statements.front().text.view());
  if (auto itself = would_wait_for_itself(text)) co_return Unexpected{*std::move(itself)};
  auto [reply, answer] = sync::oneshot<Outcomes>();
  auto write = std::make_shared<Write>(Write{.way = way, .limit = limit, .is_batch = is_batch});
  write->statements = std::move(statements);
  write->reply.emplace(std::move(reply));
  const CancelOnExit stopping(limit);
  InQueue queued(core_, write);
  switch (core_->enqueue(write)) {
    case Core::Entry::Open:
      break;
    case Core::Entry::Closed:
      co_return Unexpected{closed(text)};
    case Core::Entry::Full:
      co_return Unexpected{exhausted("the writer")};
  }
  write.reset();
  const Instant patience = soonest(limit->deadline(), core_->options().acquire_timeout);
  auto answered = co_await time::timeout_at(patience, answer);
  if (!answered && queued.leave()) {
    co_return Unexpected{patience < limit->deadline() ? writer_is_busy(*core_, text)
                                                      : timed_out(*core_, text, Sent::No)};
  }
  if (!answered) answered = co_await time::timeout_at(limit->deadline(), answer);
  if (!answered) co_return Unexpected{timed_out(*core_, text, Sent::Maybe)};
  if (!*answered) co_return Unexpected{never_ran(text)};
  co_return **std::move(answered);
}

Task<Backend::Leased> Backend::reader(std::shared_ptr<Limit> limit) {
  if (core_->in_memory()) co_return co_await writer(std::move(limit));
  if (auto permit = sync::Semaphore::try_acquire_owned(core_->readers())) {
    co_return std::make_shared<Lease>(core_, *std::move(permit));
  }
  const Waiting waiting(core_->waiting_readers);
  if (core_->waiting_readers.load(std::memory_order_relaxed) > core_->options().max_waiting) {
    co_return Unexpected{exhausted("a reader")};
  }
  const Instant patience = soonest(limit->deadline(), core_->options().acquire_timeout);
  auto permit = co_await time::timeout_at(patience, sync::Semaphore::acquire_owned(core_->readers()));
  if (permit) co_return std::make_shared<Lease>(core_, *std::move(permit));
  core_->timed_out.fetch_add(1, std::memory_order_relaxed);
  const sql::Stats stats = core_->stats();
  co_return Unexpected{Error(ErrorKind::PoolTimeout,
                             {.message = "no reader came free in time: " + std::to_string(core_->reader_count()) +
                                         " are in use, " + std::to_string(stats.waiting) + " calls wait",
                              .phase = Phase::Acquire})};
}

Task<Backend::Leased> Backend::writer(std::shared_ptr<Limit> limit) {
  if (auto itself = would_wait_for_itself({})) co_return Unexpected{*std::move(itself)};
  auto [grant, granted] = sync::oneshot<std::shared_ptr<Lease>>();
  auto write = std::make_shared<Write>(Write{.way = Write::Way::Lease, .limit = limit});
  write->grant.emplace(std::move(grant));
  InQueue queued(core_, write);
  switch (core_->enqueue(write)) {
    case Core::Entry::Open:
      break;
    case Core::Entry::Closed:
      co_return Unexpected{closed({})};
    case Core::Entry::Full:
      co_return Unexpected{exhausted("the writer")};
  }
  write.reset();
  const Instant patience = soonest(limit->deadline(), core_->options().acquire_timeout);
  auto lease = co_await time::timeout_at(patience, granted);
  if (!lease && queued.leave()) co_return Unexpected{writer_is_busy(*core_, {})};
  if (!lease) lease = co_await time::timeout_at(limit->deadline(), granted);  // it is on its way
  if (!lease) co_return Unexpected{timed_out(*core_, {}, Sent::No)};
  if (!*lease) co_return Unexpected{never_ran({})};
  co_return **std::move(lease);
}

Task<Result<std::unique_ptr<sql::Session>, Error>> Backend::acquire(sql::Access access) {
  RONDEAU_TRY(auto limit, limit_of(std::nullopt, {}));
  const bool write = access == sql::Access::Write || core_->in_memory();
  RONDEAU_TRY(auto lease, write ? co_await writer(std::move(limit)) : co_await reader(std::move(limit)));
  std::unique_ptr<sql::Session> session = std::make_unique<Session>(std::move(lease));
  co_return session;
}

Task<Result<std::unique_ptr<sql::Cursor>, Error>> Backend::open(Statement statement) {
  RONDEAU_TRY(auto limit, limit_of(statement.timeout, statement.text.view()));
  RONDEAU_TRY(auto lease, co_await reader(std::move(limit)));
  co_return co_await open_cursor(std::move(lease), std::move(statement));
}

Task<Result<void, Error>> Backend::check() {
  static constexpr char kVersion[] = "pragma schema_version";
  const auto version = [](Connection& connection, const Limit& limit) -> Result<std::int64_t, Error> {
    Statement statement{.text = sql::StatementText(kVersion),
                        .parameters = {},
                        .sink = std::make_unique<sql::OneRowSink<std::int64_t>>()};
    RONDEAU_TRY_VOID_PLAIN(connection.run(statement, limit));
    return std::move(static_cast<sql::OneRowSink<std::int64_t>&>(*statement.sink)).take().value_or(0);
  };
  RONDEAU_TRY(auto limit, limit_of(std::nullopt, kVersion));
  RONDEAU_TRY(auto lease, co_await reader(limit));
  auto work = [core = core_, version](Connection& known, const Limit& within) -> Result<void, Error> {
    RONDEAU_TRY_PLAIN(const std::int64_t before, version(known, within));
    if (core->in_memory()) return {};
    RONDEAU_TRY_VOID_PLAIN(core->same_file());
    RONDEAU_TRY_PLAIN(auto witness, Connection::open(core->options(), Connection::Role::Witness, within));
    RONDEAU_TRY_PLAIN(const std::int64_t now, version(*witness, within));
    if (now >= before) return {};
    return Error(ErrorKind::Connect, {.message = "it is another database now", .phase = Phase::Open});
  };
  auto checked = co_await call(std::move(lease), std::move(limit), std::move(work));
  if (checked) co_return {};
  const Error& why = checked.error();
  co_return Unexpected{Error(why.kind(), {.message = "check sqlite:" + core_->options().file + ": " + why.message(),
                                          .phase = why.phase(),
                                          .sent = why.sent(),
                                          .retry = why.retry(),
                                          .sqlstate = why.sqlstate(),
                                          .code = why.code()})};
}

Task<void> Backend::close(Duration at_most) {
  core_->close();
  const std::shared_ptr<Core> core = core_;
  const Instant deadline = Instant::now() + at_most;
  auto readers = co_await time::timeout_at(
      deadline, sync::Semaphore::acquire_many_owned(core->readers(), core->reader_count()));
  auto [grant, granted] = sync::oneshot<std::shared_ptr<Lease>>();
  auto write = std::make_shared<Write>(Write{.way = Write::Way::Lease, .limit = std::make_shared<Limit>(deadline)});
  write->grant.emplace(std::move(grant));
  const InQueue queued(core, write);
  core->enqueue(write, true);
  write.reset();
  auto lease = co_await time::timeout_at(deadline, granted);
  // What is still in use is closed when it returns.
  auto work = [core, writer = lease && *lease ? **std::move(lease) : nullptr]() mutable {
    const OnPool here;
    core->close_idle();
    if (writer != nullptr) writer->finish();
    writer.reset();
  };
  static_cast<void>(co_await task::blocking(kPool, std::move(work)));
}

void Backend::begin_close() noexcept {
  if (!core_->close()) return;
  auto work = [core = core_] {
    const OnPool here;
    core->close_idle();
  };
  if (!runtime::Handle::try_current() || OnPool::here()) {
    work();
  } else {
    static_cast<void>(task::spawn_blocking(kPool, std::move(work)));
  }
}

}  // namespace rondeau::sqlite
