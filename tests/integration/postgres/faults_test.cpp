#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <rondeau/task/join.h>
#include <rondeau/task/join_set.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::database;
using integration::good;
using integration::server;
using postgres::Event;
using postgres::Gap;
using sql::ErrorKind;
using Done = Result<void, sql::Error>;

Task<bool> terminate(const postgres::Database& by, int process) {
  co_return good(co_await by.scalar<bool>("select pg_terminate_backend($1)", process));
}

TEST_CASE("postgres: an idle connection that the server ends is gone before anybody meets it") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const auto other = co_await database();
    for (int round = 0; round < 5; ++round) {
      const int process = good(co_await db.scalar<int>("select pg_backend_pid()"));
      CHECK(co_await terminate(other, process));
      while (db.stats().open != 0) co_await sleep_for(1ms);
      CHECK(good(co_await db.scalar<int>("select pg_backend_pid()")) != process);
    }
    co_await db.close();
    co_await other.close();
  });
}

TEST_CASE("postgres: a connection ended in a statement, in a transaction or in a COPY is an error to come back for") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const auto other = co_await database();
    good(co_await db.exec("create table t (a int)"));
    const auto cut = [&]() -> Task<void> {
      while (good(co_await other.scalar<std::int64_t>(
                 "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%sleep(60)%' "
                 "and state = 'active' and pid <> pg_backend_pid()")) == 0) {
      }
    };
    {
      const auto [ended, cutting] = co_await join(db.exec("select pg_sleep(60)"), cut());
      REQUIRE_FALSE(ended);
      CHECK(ended.error().kind() == ErrorKind::Connect);
      CHECK(ended.error().retry() == sql::Retry::Reconnect);
      CHECK(ended.error().sent() != sql::Sent::No);
    }
    {
      std::size_t runs = 0;
      const auto ended = co_await db.transaction([&](sql::Transaction& tx) -> Task<Done> {
        ++runs;
        RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (1)"));
        RONDEAU_TRY(const int process, co_await tx.scalar<int>("select pg_backend_pid()"));
        if (tx.attempt() == 1) CHECK(co_await terminate(other, process));
        RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (2)"));
        co_return {};
      });
      // Nothing of it had happened: it was run again, on another connection.
      CHECK_OK(ended);
      CHECK(runs == 2);
      CHECK(good(co_await other.scalar<std::int64_t>(
                "select count(*) from pg_stat_activity where state like 'idle in tr%'")) == 0);
      CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from t")) == 2);
    }
    {
      auto pieces = db.copy_out("copy (select repeat('x', 1000) from generate_series(1, 10000000)) to stdout");
      CHECK(good(*co_await pieces.next()).size() == 1001);
      CHECK(good(co_await other.scalar<std::int64_t>("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                                     "where query like 'copy (select%' and state = 'active'")) == 1);
      std::optional<sql::Error> error;
      while (auto piece = co_await pieces.next()) {
        if (!*piece) error = piece->error();
      }
      CHECK(error);
    }
    CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    co_await db.close();
    co_await other.close();
  });
}

TEST_CASE("postgres: a listener hears, and says where something may have been missed") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    auto listener = db.listen({"jobs", "Odd \"name\""}, {.queue = 3});
    const auto is_connected = [](const Event& event) {
      const Gap* gap = std::get_if<Gap>(&event);
      return gap != nullptr && gap->reason == Gap::Reason::Connected;
    };
    CHECK(is_connected(co_await listener.next()));
    CHECK_OK(co_await db.notify("jobs", "1"));
    CHECK_OK(co_await db.notify("Odd \"name\"", "2"));
    CHECK(std::get<postgres::Notification>(co_await listener.next()).payload == "1");
    CHECK(std::get<postgres::Notification>(co_await listener.next()).channel == "Odd \"name\"");

    CHECK(good(co_await db.scalar<std::int64_t>("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                                "where query like 'listen %'")) == 1);
    CHECK(is_connected(co_await listener.next()));

    CHECK_OK(co_await db.exec("select pg_notify('jobs', i::text) from generate_series(1, 10) as i"));
    // Until it has heard all of them.
    const auto heard = "select count(*) from pg_stat_activity where query like 'listen %' and state = 'idle' and wait_event = 'ClientRead'";
    while (good(co_await db.scalar<std::int64_t>(sql::unchecked(heard))) != 1) {
    }
    co_await sleep_for(20ms);
    std::vector<std::string> payloads;
    for (int i = 0; i < 3; ++i) payloads.push_back(std::get<postgres::Notification>(co_await listener.next()).payload);
    CHECK(payloads == std::vector<std::string>{"1", "2", "3"});
    const Event overflow = co_await listener.next();
    REQUIRE(std::holds_alternative<Gap>(overflow));
    CHECK(std::get<Gap>(overflow).dropped == 7);
    CHECK((co_await db.notify("jobs", std::string(8000, 'x'))).error().kind() == ErrorKind::Encode);
    CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: a listener pings a server that says nothing, and leaves one that does not answer") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    auto listener = db.listen({"quiet"}, {.ping = 5ms});
    static_cast<void>(co_await listener.next());
    const auto pings = [&] {
      return db.scalar<std::int64_t>("select count(*) from pg_stat_activity where query = '' and backend_type = 'client backend'");
    };
    while (good(co_await pings()) == 0) co_await sleep_for(1ms);
    CHECK_OK(co_await db.notify("quiet", "still there"));
    CHECK(std::get<postgres::Notification>(co_await listener.next()).payload == "still there");
    co_await db.close();
  });
}

/// What many users count.
struct Counts {
  std::atomic<int> good{0};
  std::atomic<int> failed{0};
  std::atomic<bool> stop{false};
};
/// One of them: works until told to stop. What it gets is its own answer.
Task<void> use(postgres::Database db, std::shared_ptr<Counts> counts, int number) {
  while (!counts->stop) {
    const auto value = co_await db.with_timeout(2s).scalar<int>("select $1 + 1", number);
    if (value) {
      CHECK(*value == number + 1);
      ++counts->good;
    } else {
      ++counts->failed;
      co_await sleep_for(1ms);
    }
  }
}

TEST_CASE("postgres: a server that dies under load costs errors, and all is well within two seconds of its return") {
  const auto many_threads = test::Options{.flavor = test::Flavor::MultiThread, .limit = 60s};
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 8, .acquire_timeout = 1s});
    for (int round = 0; round < 3; ++round) {
      const auto counts = std::make_shared<Counts>();
      JoinSet<void> users;
      for (int i = 0; i < 50; ++i) users.spawn(use(db, counts, i));
      while (counts->good < 200) co_await sleep_for(1ms);
      server().crash();
      while (counts->failed < 20) co_await sleep_for(1ms);
      server().start();
      const Instant back = Instant::now();
      const int before = counts->good;
      while (counts->good == before && back.elapsed() < 10s) co_await sleep_for(1ms);
      CHECK(back.elapsed() < 2s);
      counts->stop = true;
      while (auto ended = co_await users.join_next()) CHECK(*ended);
      // The last ones are still being given back.
      for (int turns = 0; db.stats().open != db.stats().idle && turns < 5000; ++turns) co_await sleep_for(1ms);
      CHECK(db.stats().in_use == 0);
      CHECK(db.stats().waiting == 0);
      CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    }
    co_await db.close();
  }, many_threads);
}

TEST_CASE("postgres: users on several threads who give up at any moment leave the pool whole") {
  const auto many_threads = test::Options{.flavor = test::Flavor::MultiThread, .limit = 60s};
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 4});
    JoinSet<void> users;
    for (int user = 0; user < 8; ++user) {
      users.spawn([](postgres::Database mine, int number) -> Task<void> {
        for (int i = 0; i < 30; ++i) {
          const auto patience = std::chrono::microseconds((number * 37 + i * 101) % 1500);
          static_cast<void>(co_await timeout(patience, mine.transaction([&](sql::Transaction& tx) -> Task<Done> {
            RONDEAU_TRY(const int value, co_await tx.scalar<int>("select $1 + 1", i));
            CHECK(value == i + 1);
            co_return {};
          })));
          const auto value = co_await mine.scalar<int>("select $1 + 2", i);
          CHECK(value.value_or(i + 2) == i + 2);
        }
      }(db, user));
    }
    while (auto ended = co_await users.join_next()) CHECK(*ended);
    for (int turns = 0; db.stats().open != db.stats().idle && turns < 5000; ++turns) co_await sleep_for(1ms);
    CHECK(db.stats().in_use == 0);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_stat_activity where state like 'idle in tr%'")) == 0);
    co_await db.close();
  }, many_threads);
}

}  // namespace
