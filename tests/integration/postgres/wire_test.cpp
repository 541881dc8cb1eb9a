#include "postgres/wire.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include <rondeau/test/check.h>
#include <rondeau/test/manual.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>

#include "server.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::server;
using postgres::Parameters;
using postgres::ResultPtr;
using postgres::Wire;
using postgres::WireError;

Parameters parameters() {
  return {{"hostaddr", "127.0.0.1"}, {"port", std::to_string(server().port())}, {"user", "postgres"},
          {"dbname", "postgres"},    {"sslmode", "disable"},                    {"gssencmode", "disable"}};
}

Task<std::unique_ptr<Wire>> connected(Parameters with = parameters()) {
  auto wire = co_await Wire::connect(std::move(with));
  REQUIRE_MESSAGE(wire, wire.error().message);
  co_return *std::move(wire);
}

Task<ResultPtr> next(Wire& wire) {
  if (wire.must_flush()) CHECK_OK(co_await wire.flush());
  if (wire.has_result()) co_return wire.take_result();
  auto result = co_await wire.next_result();
  REQUIRE(result);
  co_return *std::move(result);
}

/// The first value of the request's last result.
Task<std::string> value(Wire& wire) {
  std::string found = "nothing";
  while (ResultPtr result = co_await next(wire)) {
    found = PQresultStatus(result.get()) == PGRES_TUPLES_OK && PQntuples(result.get()) > 0
                ? PQgetvalue(result.get(), 0, 0)
                : PQresStatus(PQresultStatus(result.get()));
  }
  co_return found;
}

TEST_CASE("postgres: a session is opened over TCP and over a Unix socket, and answers") {
  test::run([]() -> Task<void> {
    for (const std::string& host : {std::string("127.0.0.1"), server().socket_directory()}) {
      Parameters with = parameters();
      with[0] = host.front() == '/' ? std::pair("host", host) : std::pair("hostaddr", host);
      auto wire = co_await connected(with);
      CHECK(wire->status() == PQTRANS_IDLE);
      REQUIRE(wire->send_query("select 'hello'"));
      CHECK(co_await value(*wire) == "hello");
      CHECK(wire->server_version() >= 120000);
      CHECK(wire->process() > 0);
    }
  });
}

TEST_CASE("postgres: a refused start says why and by which code") {
  test::run([]() -> Task<void> {
    Parameters wrong = parameters();
    wrong[3].second = "nowhere";
    auto refused = co_await Wire::connect(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == WireError::Kind::Connect);
    CHECK(refused.error().sqlstate == "3D000");
    CHECK(refused.error().message.ends_with("FATAL:  database \"nowhere\" does not exist"));

    wrong = parameters();
    wrong[1].second = "1";
    refused = co_await Wire::connect(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("Connection refused") != std::string::npos);

    wrong = parameters();
    wrong[4].second = "require";
    refused = co_await Wire::connect(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == WireError::Kind::Tls);
  });
}

TEST_CASE("postgres: rows that arrived whole before the first look are read to their end") {
  test::run([]() -> Task<void> {
    auto wire = co_await connected();
    auto other = co_await connected();
    const std::string state = "select state from pg_stat_activity where pid = " + std::to_string(wire->process());
    for (const int size : {1, 8'000, 19'000, 64'000, 136'000, 1'000'000}) {
      const std::string text = "select repeat('x', " + std::to_string(size) + ")";
      REQUIRE(wire->send_query(text.c_str()));
      CHECK(co_await wire->readable());
      // A server that is idle has given the kernel all of it. The largest does not fit, and leaves it waiting.
      for (std::string seen; size < 1'000'000 && seen != "idle"; seen = co_await value(*other)) {
        REQUIRE(other->send_query(state.c_str()));
      }
      const std::string got = co_await value(*wire);
      CHECK(got.size() == static_cast<std::size_t>(size));
    }
  });
}

TEST_CASE("postgres: a statement larger than every buffer is sent while its answers are read") {
  test::run([]() -> Task<void> {
    auto wire = co_await connected();
    // The server answers the first statement while it reads the second: with one side only both would wait for ever.
    const std::string text = "select repeat('y', 8000000); select '" + std::string(16'000'000, 'z') + "'";
    REQUIRE(wire->send_query(text.c_str()));
    CHECK((co_await value(*wire)).size() == 16'000'000);
  });
}

TEST_CASE("postgres: a cancelled statement ends with 57014, and the session goes on") {
  test::run([]() -> Task<void> {
    auto wire = co_await connected();
    REQUIRE(wire->send_query("select pg_sleep(60)"));
    CHECK_FALSE(co_await timeout(20ms, wire->next_result()));
    CHECK(wire->status() == PQTRANS_ACTIVE);
    REQUIRE(co_await wire->cancel());
    const ResultPtr ended = co_await next(*wire);
    REQUIRE(ended);
    CHECK(std::string(PQresultErrorField(ended.get(), PG_DIAG_SQLSTATE)) == "57014");
    CHECK_FALSE(co_await next(*wire));
    REQUIRE(wire->send_query("select 1"));
    CHECK(co_await value(*wire) == "1");
  });
}

TEST_CASE("postgres: an idle session that the server ends is seen to be broken") {
  test::run([]() -> Task<void> {
    auto wire = co_await connected();
    auto other = co_await connected();
    CHECK(wire->consume_idle());
    const std::string end = "select pg_terminate_backend(" + std::to_string(wire->process()) + ")";
    REQUIRE(other->send_query(end.c_str()));
    CHECK(co_await value(*other) == "t");
    do {
      CHECK(co_await wire->readable());
    } while (wire->consume_idle());
    CHECK(wire->broken());
    CHECK(wire->error().kind == WireError::Kind::Lost);
  });
}

TEST_CASE("postgres: notices are collected, and notifications come while idle") {
  test::run([]() -> Task<void> {
    auto wire = co_await connected();
    REQUIRE(wire->send_query("listen jobs; do $$ begin raise warning 'look out'; end $$"));
    CHECK(co_await value(*wire) == "PGRES_COMMAND_OK");
    const auto notices = wire->take_notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].severity == "WARNING");
    CHECK(notices[0].message == "look out");
    CHECK(wire->consume_idle());

    auto other = co_await connected();
    REQUIRE(other->send_query("select pg_notify('jobs', '17')"));
    CHECK(co_await value(*other) == "");
    CHECK(co_await wire->readable());
    CHECK(wire->consume_idle());
    const auto told = wire->take_notifications();
    REQUIRE(told.size() == 1);
    CHECK(told[0].channel == "jobs");
    CHECK(told[0].payload == "17");
    CHECK(told[0].process == other->process());
  });
}

TEST_CASE("postgres: connecting may be given up at every step, and leaves no descriptor") {
  const auto before = support::open_descriptors();
  test::run([]() -> Task<void> {
    for (int steps = 0; steps < 40; ++steps) {
      test::Manual attempt(Wire::connect(parameters()));
      bool ended = false;
      for (int step = 0; step <= steps && !ended; ++step) {
        ended = attempt.poll().is_ready();
        if (!ended) co_await attempt.woken_again();
      }
      if (ended) break;
      for (attempt.abort(); !attempt.is_finished(); static_cast<void>(attempt.poll())) co_await attempt.woken_again();
    }
  });
  for (int turns = 0; turns < 1000 && support::open_descriptors() > before; ++turns) ::usleep(1000);
  CHECK(support::open_descriptors() <= before);
}

}  // namespace
