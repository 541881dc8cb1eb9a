// Connections without a request: how long they may stay, and how they end.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Router<> hello() {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  return app;
}

}  // namespace

TEST_CASE("server: who sends no byte within 10 s is silently closed") {
  TestApp app(hello());
  testing::Wire wire = app.connect();
  app.advance(9'999ms);
  CHECK_FALSE(wire.closed());
  app.advance(1ms);
  CHECK(wire.closed());
  testing::Wire late = app.connect();
  app.advance(9'999ms);
  late.send(kGet);
  CHECK(late.received().starts_with("HTTP/1.1 200"));
}

TEST_CASE("server: a head has 10 s from its first byte, and drips do not extend that") {
  TestApp app(hello());
  testing::Wire wire = app.connect();
  app.advance(5s);
  wire.send("G");
  std::string_view rest = kGet.substr(1);
  for (int i = 0; i < 9; ++i) {
    app.advance(1s);
    wire.send(rest.substr(0, 1));
    rest.remove_prefix(1);
  }
  app.advance(999ms);
  CHECK_FALSE(wire.closed());
  SUBCASE("complete in time") {
    wire.send(rest);
    CHECK(wire.received().starts_with("HTTP/1.1 200"));
  }
  SUBCASE("late") {
    app.advance(1ms);
    const std::string answer = wire.received();
    CHECK(answer.starts_with("HTTP/1.1 408"));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(wire.closed());
  }
}

TEST_CASE("server: the second head of a connection has 10 s, too") {
  TestApp app(hello());
  testing::Wire wire = app.connect();
  wire.send(std::string(kGet) + "GE");
  CHECK(wire.received().ends_with("hello"));
  app.advance(10s);
  CHECK(wire.received().starts_with("HTTP/1.1 408"));
  CHECK(wire.closed());
}

TEST_CASE("server: a kept connection may be idle for 75 s, counted anew after each answer") {
  TestApp app(hello());
  testing::Wire wire = app.connect();
  for (int i = 0; i < 3; ++i) {
    wire.send(kGet);
    CHECK(wire.received().ends_with("hello"));
    app.advance(74'999ms);
    CHECK_FALSE(wire.closed());
  }
  app.advance(1ms);
  CHECK(wire.closed());
  CHECK(wire.received().empty());
}

TEST_CASE("server: blank lines do not begin a head") {
  TestApp app(hello());
  testing::Wire wire = app.connect();
  wire.send("\r\n");
  app.advance(10s);
  CHECK(wire.received().empty());
  CHECK(wire.closed());
}

TEST_CASE("server: who sends a blank line behind an answer is not idle, nor cut for what lay before it") {
  Router<> router = hello();
  router.get<"/slow">([]() -> Task<std::string> {
    co_await sleep_for(20s);
    co_return "slow";
  });
  TestApp app(std::move(router));
  testing::Wire wire = app.connect();
  wire.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
  app.advance(20s);
  CHECK(wire.received().ends_with("slow"));
  app.advance(9s);
  REQUIRE_FALSE(wire.closed());
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(wire.received().starts_with("HTTP/1.1 200"));
  wire.send("\r\n");
  app.advance(10s);
  CHECK(wire.closed());
  CHECK(wire.received().empty());
}

TEST_CASE("server: a peer that leaves ends its connection") {
  TestApp app(hello());
  {
    testing::Wire wire = app.connect();
    wire.send(kGet);
    CHECK(app.live_tasks() == 1);
  }
  app.settle();
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("server: while draining, idle connections end and answers close theirs") {
  TestApp app(hello());
  testing::Wire idle = app.connect();
  idle.send(kGet);
  idle.received();
  testing::Wire busy = app.connect();
  busy.send("GET / HT");
  app.begin_drain();
  CHECK(idle.closed());
  CHECK_FALSE(busy.closed());
  busy.send("TP/1.1\r\nHost: a\r\n\r\n");
  CHECK(busy.received().find("Connection: close\r\n") != std::string::npos);
  CHECK(busy.closed());
}
