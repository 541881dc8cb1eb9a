#include <rondeau/observe/database.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/observe/span.h>
#include <rondeau/text/ascii.h>

namespace rondeau::observe {
namespace {

using sql::Outcome;
using sql::Statement;

constexpr std::string_view kOther = "_OTHER";

/// So that what a program makes at run time makes no series.
std::string_view operation_of(std::string_view text) noexcept {
  constexpr std::string_view kKnown[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH",   "VALUES", "MERGE",  "CALL",
                                         "CREATE", "ALTER",  "DROP",   "PRAGMA", "VACUUM", "ANALYZE", "EXPLAIN", "SET",
                                         "SHOW",   "COPY",   "LISTEN", "NOTIFY", "LOCK",   "TRUNCATE", "REPLACE"};
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return kOther;
  const std::string_view rest = text.substr(begin);
  const auto end = std::ranges::find_if_not(rest, text::is_alpha);
  const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  const auto* const known = std::ranges::find_if(kKnown, [&](std::string_view one) {
    return text::equals_ignoring_case(one, word);
  });
  return known == std::end(kKnown) ? kOther : *known;
}

/// What the calls of one database have in common.
struct Watch {
  std::shared_ptr<Registry> registry;
  std::string pool;
  std::string system;
  Family<Histogram>& duration;
};

/// One call. Destroyed before it was told how that ended: it was given up.
class Call {
 public:
  Call(const Watch& watch, std::string_view operation, std::string_view literal = {})
      : watch_(watch), operation_(operation), span_(Span::begin(operation, SpanKind::Client)) {
    if (!span_) return;
    span_.set("db.system.name", watch.system);
    span_.set("db.operation.name", operation);
    span_.set("db.client.connection.pool.name", watch.pool);
    if (!literal.empty()) span_.set("db.query.text", literal);
  }
  Call(const Watch& watch, const Statement& statement)
      : Call(watch, operation_of(statement.text.view()),
             statement.text.literal() != nullptr ? statement.text.view() : std::string_view()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (!told_) record("cancelled");
  }

  /// Passes the result on.
  template <class T>
  Result<T, sql::Error> ended(Result<T, sql::Error> result) {
    told_ = true;
    record(result ? std::string_view() : to_string(result.error().kind()));
    return result;
  }

 private:
  void record(std::string_view error) {
    const std::chrono::duration<double> took = began_.elapsed();
    watch_.duration.with({watch_.pool, watch_.system, operation_, error}).observe(took.count());
    if (!error.empty()) span_.fail(error);
  }

  const Watch& watch_;
  const std::string_view operation_;
  const Instant began_ = Instant::now();
  Span span_;
  bool told_ = false;
};

class WatchedSession final : public sql::Session {
 public:
  WatchedSession(std::shared_ptr<const Watch> watch, std::unique_ptr<sql::Session> inner) noexcept
      : watch_(std::move(watch)), inner_(std::move(inner)) {}

  Task<Result<void, sql::Error>> begin(sql::TransactionOptions options) override {
    Call call(*watch_, "BEGIN");
    co_return call.ended(co_await inner_->begin(options));
  }
  Task<Result<Outcome, sql::Error>> run(Statement statement) override {
    Call call(*watch_, statement);
    co_return call.ended(co_await inner_->run(std::move(statement)));
  }
  Task<Result<std::vector<Outcome>, sql::Error>> run_all(std::vector<Statement> statements) override {
    Call call(*watch_, "BATCH");
    co_return call.ended(co_await inner_->run_all(std::move(statements)));
  }
  Task<Result<void, sql::Error>> script(std::string text) override {
    Call call(*watch_, "SCRIPT");
    co_return call.ended(co_await inner_->script(std::move(text)));
  }
  Task<Result<void, sql::Error>> commit() override {
    Call call(*watch_, "COMMIT");
    co_return call.ended(co_await inner_->commit());
  }
  Task<Result<void, sql::Error>> rollback() override {
    Call call(*watch_, "ROLLBACK");
    co_return call.ended(co_await inner_->rollback());
  }
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(Statement statement) override {
    Call call(*watch_, statement);
    co_return call.ended(co_await inner_->open(std::move(statement)));
  }
  Task<Result<void, sql::Error>> lock_migrations(Duration at_most) override { return inner_->lock_migrations(at_most); }

 private:
  const std::shared_ptr<const Watch> watch_;
  const std::unique_ptr<sql::Session> inner_;
};

class WatchedBackend final : public sql::Backend {
 public:
  WatchedBackend(std::shared_ptr<const Watch> watch, std::shared_ptr<sql::Backend> inner) noexcept
      : watch_(std::move(watch)), inner_(std::move(inner)) {}

  std::string_view system() const noexcept override { return inner_->system(); }
  Task<Result<Outcome, sql::Error>> run(Statement statement) override {
    Call call(*watch_, statement);
    co_return call.ended(co_await inner_->run(std::move(statement)));
  }
  Task<Result<std::vector<Outcome>, sql::Error>> run_all(std::vector<Statement> statements) override {
    Call call(*watch_, "BATCH");
    co_return call.ended(co_await inner_->run_all(std::move(statements)));
  }
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(Statement statement) override {
    Call call(*watch_, statement);
    co_return call.ended(co_await inner_->open(std::move(statement)));
  }
  Task<Result<std::unique_ptr<sql::Session>, sql::Error>> acquire(sql::Access access) override {
    Call call(*watch_, "ACQUIRE");
    auto session = call.ended(co_await inner_->acquire(access));
    if (!session) co_return session;
    co_return std::make_unique<WatchedSession>(watch_, *std::move(session));
  }
  sql::Stats stats() const override { return inner_->stats(); }
  Task<void> close(Duration at_most) override { return inner_->close(at_most); }
  void begin_close() noexcept override { inner_->begin_close(); }
  sql::Backend& innermost() noexcept override { return inner_->innermost(); }

 private:
  const std::shared_ptr<const Watch> watch_;
  const std::shared_ptr<sql::Backend> inner_;
};

void tell(Samples& out, std::string_view pool, const sql::Stats& stats) {
  const auto count = [&](std::string_view state, std::size_t connections) {
    out.gauge("db_client_connection_count", "Connections of the pool.", static_cast<double>(connections),
              {{"db_client_connection_pool_name", pool}, {"db_client_connection_state", state}});
  };
  count("idle", stats.idle);
  count("used", stats.in_use);
  out.gauge("db_client_connection_pending_requests", "Calls that wait for a connection.",
            static_cast<double>(stats.waiting), {{"db_client_connection_pool_name", pool}});
}

}  // namespace

sql::Database watched(const sql::Database& database, std::shared_ptr<Registry> registry, std::string pool) {
  Family<Histogram>& duration = registry->histogram(
      "db_client_operation_duration_seconds", "Duration of database client operations.",
      {"db_client_connection_pool_name", "db_system_name", "db_operation_name", "error_type"});
  Registry& page = *registry;
  const auto watch = std::make_shared<const Watch>(
      Watch{std::move(registry), std::move(pool), std::string(database.system()), duration});
  auto backend = std::make_shared<WatchedBackend>(watch, database.backend());
  // The page keeps neither the database open nor the registry alive.
  page.collect([seen = std::weak_ptr<sql::Backend>(backend), pool = watch->pool](Samples& out) {
    if (const auto open = seen.lock()) tell(out, pool, open->stats());
  });
  return sql::Database(std::move(backend));
}

}  // namespace rondeau::observe
