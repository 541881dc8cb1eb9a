#include <doctest/doctest.h>

#include <deque>

#include <rondeau/sql/sql.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using sql::ErrorKind;
using sql::Transaction;

namespace {

/// What sessions were told, and what they answer: an error for each text that is planned to fail.
struct Play {
  std::vector<std::string> said;
  std::deque<std::pair<std::string, ErrorKind>> failures;
  std::size_t open_sessions = 0;

  Result<void, sql::Error> say(std::string text) {
    said.push_back(text);
    if (failures.empty() || failures.front().first != text) return {};
    const ErrorKind kind = failures.front().second;
    failures.pop_front();
    return sql::Error(kind, {.message = "planned"});
  }
};

class PlayedSession final : public sql::Session {
 public:
  explicit PlayedSession(Play& play) : play_(play) { ++play_.open_sessions; }
  ~PlayedSession() override {
    --play_.open_sessions;
    play_.said.emplace_back("-");
  }
  Task<Result<void, sql::Error>> begin(sql::TransactionOptions) override { co_return play_.say("begin"); }
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override {
    RONDEAU_TRY_VOID(play_.say(std::string(statement.text.view())));
    co_return sql::Outcome{.affected = 1};
  }
  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement>) override {
    co_return std::vector<sql::Outcome>();
  }
  Task<Result<void, sql::Error>> script(std::string text) override { co_return play_.say(std::move(text)); }
  Task<Result<void, sql::Error>> commit() override { co_return play_.say("commit"); }
  Task<Result<void, sql::Error>> rollback() override { co_return play_.say("rollback"); }
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement) override {
    co_return sql::Error(ErrorKind::Config, {});
  }
  Task<Result<void, sql::Error>> lock_migrations(Duration) override { co_return {}; }

 private:
  Play& play_;
};

class PlayedBackend final : public sql::Backend {
 public:
  explicit PlayedBackend(Play& play) : play_(play) {}
  std::string_view system() const noexcept override { return "played"; }
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement) override { co_return sql::Outcome(); }
  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement>) override {
    co_return std::vector<sql::Outcome>();
  }
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement) override {
    co_return sql::Error(ErrorKind::Config, {});
  }
  Task<Result<std::unique_ptr<sql::Session>, sql::Error>> acquire(sql::Access) override {
    std::unique_ptr<sql::Session> session = std::make_unique<PlayedSession>(play_);
    co_return session;
  }
  sql::Stats stats() const override { return {}; }
  Task<void> close(Duration) override { co_return; }
  void begin_close() noexcept override {}

 private:
  Play& play_;
};

Task<Result<std::size_t, sql::Error>> one_statement(Transaction& tx) {
  RONDEAU_TRY([[maybe_unused]] const auto one, co_await tx.exec("work"));
  co_return tx.attempt();
}

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("sql: a closure is run again where other transactions were in the way, the commit included") {
  test::run([]() -> Task<void> {
    Play play;
    const sql::Database db(std::make_shared<PlayedBackend>(play));
    play.failures = {{"work", ErrorKind::Serialization}, {"commit", ErrorKind::Serialization}};
    const auto begun = Instant::now();
    CHECK((co_await db.transaction(one_statement)).value() == 3);
    CHECK(play.said == Said{"begin", "work", "rollback", "-", "begin", "work", "commit", "rollback", "-", "begin", "work",
                            "commit", "-"});
    CHECK(begun.elapsed() <= 15ms);  // full jitter: 5 ms and 10 ms at most
  }, {.start_paused = true});
}

TEST_CASE("sql: the runs of a closure are counted, other errors are not run again") {
  test::run([]() -> Task<void> {
    Play play;
    const sql::Database db(std::make_shared<PlayedBackend>(play));
    play.failures.assign(10, {"work", ErrorKind::Serialization});
    const auto often = co_await db.transaction(one_statement);
    CHECK(often.error().kind() == ErrorKind::Serialization);
    CHECK(play.failures.size() == 5);
    for (const ErrorKind kind : {ErrorKind::CommitUnknown, ErrorKind::Server, ErrorKind::Busy, ErrorKind::Timeout}) {
      play.failures = {{"commit", kind}, {"commit", kind}};
      CHECK((co_await db.transaction(one_statement)).error().kind() == kind);
      CHECK(play.failures.size() == 1);
    }
    play.failures = {{"begin", ErrorKind::Serialization}};
    CHECK((co_await db.transaction(one_statement)).value() == 2);
    CHECK(play.open_sessions == 0);
  }, {.start_paused = true});
}

TEST_CASE("sql: no run begins after the deadline") {
  test::run([]() -> Task<void> {
    Play play;
    const sql::Database db(std::make_shared<PlayedBackend>(play));
    play.failures.assign(100, {"work", ErrorKind::Serialization});
    const auto begun = Instant::now();
    const auto result = co_await time::timeout(
        1s, db.transaction({.attempts = 1000, .backoff = 300ms, .max_backoff = 300ms}, one_statement));
    REQUIRE(result);
    CHECK(result->error().kind() == ErrorKind::Serialization);
    CHECK(begun.elapsed() <= 1s);
    CHECK(play.failures.size() < 99);
  }, {.start_paused = true});
}

TEST_CASE("sql: savepoints nest by name, and an error goes back to the innermost") {
  test::run([]() -> Task<void> {
    Play play;
    const sql::Database db(std::make_shared<PlayedBackend>(play));
    play.failures = {{"work", ErrorKind::Constraint}};
    const auto done = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      co_return co_await tx.savepoint([](Transaction& outer) -> Task<Result<void, sql::Error>> {
        const auto inner = co_await outer.savepoint(one_statement);
        CHECK(inner.error().kind() == ErrorKind::Constraint);
        co_return {};
      });
    });
    CHECK(done);
    CHECK(play.said == Said{"begin", "savepoint rondeau_1", "savepoint rondeau_2", "work", "rollback to savepoint rondeau_2",
                            "release savepoint rondeau_2", "release savepoint rondeau_1", "commit", "-"});
  });
}

TEST_CASE("sql: a savepoint that cannot be undone ends the transaction, with the first error") {
  test::run([]() -> Task<void> {
    Play play;
    const sql::Database db(std::make_shared<PlayedBackend>(play));
    play.failures = {{"work", ErrorKind::Timeout}, {"rollback to savepoint rondeau_1", ErrorKind::Server}};
    const auto done = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      static_cast<void>(co_await tx.savepoint(one_statement));
      co_return {};
    });
    REQUIRE(!done);
    CHECK(done.error().kind() == ErrorKind::TransactionFailed);
    REQUIRE(done.error().cause() != nullptr);
    CHECK(done.error().cause()->kind() == ErrorKind::Timeout);
  });
}
