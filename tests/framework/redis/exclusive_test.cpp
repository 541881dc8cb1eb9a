#include <rondeau/redis/exclusive.h>

#include <chrono>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "peer.h"

using namespace rondeau;
using namespace std::chrono_literals;
using redis::Exclusive;
using support::Peer;
using support::PeerConnection;
using support::kPaused;
using support::wire;

namespace {

struct Both {
  redis::Client client;
  PeerConnection own;
};

Task<Both> client_of(Peer& peer, std::size_t exclusives = 16) {
  redis::Options options = peer.options();
  options.max_exclusive = exclusives;
  redis::Client client = redis::Client::open(std::move(options)).value();
  PeerConnection own = co_await peer.greet();
  co_return Both{std::move(client), std::move(own)};
}

}  // namespace

TEST_CASE("exclusive: a pop waits for its block and a second more") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    Exclusive exclusive = (co_await acquiring).value().value();
    auto popping = spawn(exclusive.blpop({"a", "b"}, 1500ms));
    co_await server.expect_command("BLPOP a b 1.5");
    co_await time::sleep_for(2400ms);
    co_await server.send("*2\r\n$1\r\nb\r\n$1\r\nx\r\n");
    const auto popped = (co_await popping).value().value();
    CHECK(popped->first == "b");
    CHECK(popped->second == "x");
    auto nothing = spawn(exclusive.brpop({"a"}, 1ms));
    co_await server.expect_command("BRPOP a 0.001");
    co_await server.send("_\r\n");
    CHECK_OK((co_await nothing).value(), std::nullopt);
    const Instant begin = Instant::now();
    const auto late = co_await exclusive.blpop({"a"}, 5s);
    CHECK(Instant::now() - begin == 6s);
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK((co_await exclusive.command<void>("PING")).error() == redis::ErrorKind::NotConnected);
  }, kPaused);
}

TEST_CASE("exclusive: without a block it waits for ever, or until the context's deadline") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    Exclusive exclusive = (co_await acquiring).value().value();
    auto moving = spawn(exclusive.blmove("a", "b", redis::End::Left, redis::End::Right, std::nullopt));
    co_await server.expect_command("BLMOVE a b LEFT RIGHT 0");
    co_await time::sleep_for(60s);
    co_await server.send("$1\r\nx\r\n");
    CHECK_OK((co_await moving).value(), "x");
    const Instant begin = Instant::now();
    const auto late = co_await time::timeout(7s, exclusive.bzpopmin({"z"}, std::nullopt));
    CHECK(Instant::now() - begin == 7s);
    CHECK(late.value().error() == redis::ErrorKind::Timeout);
  }, kPaused);
}

TEST_CASE("exclusive: a clean connection is used again, one with an unfinished command is closed") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer, 1);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    {
      Exclusive exclusive = (co_await acquiring).value().value();
      auto asked = spawn(exclusive.command<int>("INCR", "a"));
      co_await server.expect_command("INCR a");
      co_await server.send(":1\r\n");
      CHECK_OK((co_await asked).value(), 1);
    }
    {
      Exclusive exclusive = (co_await Exclusive::acquire(both.client)).value();
      auto popping = spawn(exclusive.blpop({"a"}, 5s));
      co_await server.expect_command("BLPOP a 5");
      popping.abort();
      static_cast<void>(co_await popping);
    }
    auto again = spawn(Exclusive::acquire(both.client));
    co_await server.expect_end();
    PeerConnection fresh = co_await peer.greet();
    CHECK((co_await again).value().has_value());
  }, kPaused);
}

TEST_CASE("exclusive: what was watched is given up before the next user comes") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer, 1);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    {
      Exclusive exclusive = (co_await acquiring).value().value();
      auto watching = spawn(exclusive.watch({"k"}));
      co_await server.expect_command("WATCH k");
      co_await server.send("+OK\r\n");
      CHECK_OK((co_await watching).value());
      auto both_done = spawn(exclusive.multi(redis::command<int>("INCR", "k")));
      co_await server.expect(wire("MULTI") + wire("INCR k") + wire("EXEC"));
      co_await server.send("+OK\r\n+QUEUED\r\n_\r\n");
      CHECK((co_await both_done).value().error() == redis::ErrorKind::WatchFailed);
    }
    auto again = spawn(Exclusive::acquire(both.client));
    co_await server.expect_command("UNWATCH");
    co_await time::sleep_for(1ms);
    CHECK_FALSE(again.is_finished());
    co_await server.send("+OK\r\n");
    CHECK((co_await again).value().has_value());
  }, kPaused);
}

TEST_CASE("exclusive: a connection that its user has changed is nobody's after that") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer, 1);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    {
      Exclusive exclusive = (co_await acquiring).value().value();
      auto asked = spawn(exclusive.command<void>("CLIENT", "TRACKING", "ON"));
      co_await server.expect_command("CLIENT TRACKING ON");
      co_await server.send("+OK\r\n");
      CHECK_OK((co_await asked).value());
      CHECK((co_await exclusive.command<void>("CLIENT", "REPLY", "OFF")).error() == redis::ErrorKind::Config);
    }
    co_await server.expect_end();
  }, kPaused);
}

TEST_CASE("exclusive: streams are read by name, entry by entry") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    Exclusive exclusive = (co_await acquiring).value().value();
    auto reading = spawn(exclusive.xread({{"s", "0"}, {"t", "$"}}, {.count = 2, .block = 250ms}));
    co_await server.expect_command("XREAD COUNT 2 BLOCK 250 STREAMS s t 0 $");
    co_await server.send("%1\r\n+s\r\n*2\r\n*2\r\n+1-0\r\n*4\r\n+f\r\n+1\r\n+f\r\n+2\r\n*2\r\n+2-0\r\n*0\r\n");
    const auto entries = (co_await reading).value().value();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].first == "s");
    CHECK(entries[0].second[0].id == "1-0");
    CHECK(entries[0].second[0].fields == std::vector<std::pair<std::string, std::string>>{{"f", "1"}, {"f", "2"}});
    CHECK(entries[0].second[1].fields.empty());
    auto member = spawn(exclusive.xreadgroup("g", "c", {{"s", ">"}}));
    co_await server.expect_command("XREADGROUP GROUP g c STREAMS s >");
    co_await server.send("*1\r\n*2\r\n+s\r\n*1\r\n*2\r\n+1-0\r\n_\r\n");
    CHECK((co_await member).value().value()[0].second[0].fields.empty());
    auto nothing = spawn(exclusive.xread({{"s", "$"}}, {.block = 1ms}));
    co_await server.expect_command("XREAD BLOCK 1 STREAMS s $");
    co_await server.send("_\r\n");
    CHECK((co_await nothing).value().value().empty());
  }, kPaused);
}

TEST_CASE("exclusive: with all connections in use the next one waits, and is told when its time is up") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer, 1);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    Exclusive exclusive = (co_await acquiring).value().value();
    const Instant begin = Instant::now();
    const auto late = co_await Exclusive::acquire(both.client);
    CHECK(Instant::now() - begin == 5s);
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK(late.error().phase() == redis::Phase::Acquire);
    peer.refuse(true);
  }, kPaused);
}

TEST_CASE("exclusive: monitor gives the server's lines until the connection ends") {
  test::run([]() -> Task<void> {
    Peer peer;
    const Both both = co_await client_of(peer);
    auto acquiring = spawn(Exclusive::acquire(both.client));
    PeerConnection server = co_await peer.greet();
    Exclusive exclusive = (co_await acquiring).value().value();
    auto lines = std::move(exclusive).monitor();
    auto next = spawn([](AsyncGenerator<redis::Result<std::string>>& from) -> Task<std::string> {
      co_return (co_await from.next())->value();
    }, std::ref(lines));
    co_await server.expect_command("MONITOR");
    co_await server.send("+OK\r\n+1 [0 127.0.0.1:1] \"GET\" \"a\"\r\n+2\r\n");
    CHECK((co_await next).value() == "1 [0 127.0.0.1:1] \"GET\" \"a\"");
    CHECK((co_await lines.next())->value() == "2");
    server.close();
    CHECK((co_await lines.next())->error() == redis::ErrorKind::Io);
    CHECK((co_await lines.next()) == std::nullopt);
  }, kPaused);
}
