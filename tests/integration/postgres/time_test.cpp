#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include <rondeau/task/context.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::database;
using integration::good;
using integration::server;
using sql::ErrorKind;

TEST_CASE("postgres: a statement whose time is over is stopped, and its connection serves on") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .clean_timeout = 20s});
    const int process = good(co_await db.scalar<int>("select pg_backend_pid()"));
    const auto late = co_await db.with_timeout(30ms).exec("select pg_sleep(60)");
    REQUIRE_FALSE(late);
    CHECK(late.error().kind() == ErrorKind::Timeout);
    CHECK(late.error().sent() == sql::Sent::Yes);
    CHECK(good(co_await db.scalar<int>("select pg_backend_pid()")) == process);
    CHECK(db.stats().timed_out == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: the context's deadline counts where it is the earlier one, and one that has passed sends nothing") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const auto within = [&](Duration span) -> Task<Result<std::int64_t, sql::Error>> {
      co_return co_await with_context(task::Context::current().with_deadline(Instant::now() + span), db.exec("select pg_sleep(60)"));
    };
    auto late = co_await within(30ms);
    CHECK(late.error().kind() == ErrorKind::Timeout);
    late = co_await within(0ms);
    CHECK(late.error().kind() == ErrorKind::Timeout);
    CHECK(late.error().phase() == sql::Phase::Acquire);
    CHECK(late.error().sent() == sql::Sent::No);
    co_await db.close();
  });
}

TEST_CASE("postgres: a statement may take longer than usual where it says so, and only that one") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .statement_timeout = 1s});
    CHECK(good(co_await db.with_timeout(20s).scalar<std::string>("show statement_timeout")) == "21s");
    CHECK(good(co_await db.scalar<std::string>("show statement_timeout")) == "2s");
    CHECK(good(co_await db.scalar<std::string>("show idle_in_transaction_session_timeout")) == "1min");
    co_await db.close();
  });
}

TEST_CASE("postgres: what the server stops by itself is told apart from time that is over") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    const auto stopped = co_await db.exec(
        "select pg_sleep(60) from (select pg_cancel_backend(pg_backend_pid()) offset 0) as soon");
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind() == ErrorKind::CancelledByServer);
    co_await db.close();
  });
}

TEST_CASE("postgres: who finds no connection in time learns who has them") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .acquire_timeout = 50ms});
    auto held = good(co_await db.begin());
    const auto none = co_await db.scalar<int>("select 1");
    REQUIRE_FALSE(none);
    CHECK(none.error().kind() == ErrorKind::PoolTimeout);
    CHECK(none.error().message().find("1 of 1") != std::string::npos);
    co_await std::move(held).rollback();
    { const auto given_back = std::move(held); }
    co_await db.close();
  });
}

TEST_CASE("postgres: statements may be given up at every point, and their connection serves on") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const auto read = [&] { return db.all<int>("select i from generate_series(1, 2000) as i"); };
    for (int i = 0; i < 3; ++i) good(co_await read());
    const auto report = co_await test::CancelEverywhere{read, [&](auto result) -> Task<bool> {
                                                          if (result && !*result) co_return false;
                                                          co_return good(co_await db.scalar<int>("select 7")) == 7;
                                                        }}.run();
    CHECK(report.suspensions >= 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: a frozen server costs the statement its time, and its connection is replaced") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const int process = good(co_await db.scalar<int>("select pg_backend_pid()"));
    support::PostgresServer::freeze(process);
    const auto late = co_await db.with_timeout(30ms).exec("select 1");
    REQUIRE_FALSE(late);
    CHECK(late.error().kind() == ErrorKind::Timeout);
    // It is asked to stop, does not, and is given up after a second.
    CHECK(good(co_await db.scalar<int>("select pg_backend_pid()")) != process);
    support::PostgresServer::thaw(process);
    co_await db.close();
  });
}

}  // namespace
