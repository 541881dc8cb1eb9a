#include <rondeau/redis/client.h>

#include <chrono>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/context.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "peer.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Peer;
using support::PeerConnection;
using support::kPaused;
using support::open;
using support::wire;

TEST_CASE("client: a command goes out and its reply comes back as its type") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    auto asked = spawn(client.command<int>("INCR", "hits"));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("INCR hits");
    co_await server.send(":42\r\n");
    CHECK_OK((co_await asked).value(), 42);
    CHECK(client.stats().connected == 1);
  }, kPaused);
}

TEST_CASE("client: a command that was given away is not run, however long it was") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    for (const std::size_t length : {1u, 1000u}) {
      auto command = redis::command<void>("SET", "key", std::string(length, 'x'));
      auto once = client.run(std::move(command));
      const auto twice = co_await client.run(std::move(command));
      REQUIRE_FALSE(twice.has_value());
      CHECK(twice.error().kind() == redis::ErrorKind::Config);
    }
  }, kPaused);
}

TEST_CASE("client: commands of many tasks go out in one write, and replies find their tasks") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    JoinSet<redis::Result<int>> asked;
    std::string expected;
    std::string replies;
    for (int i = 0; i < 200; ++i) {
      asked.spawn(client.command<int>("ECHO", i));
      expected += wire("ECHO " + std::to_string(i));
      replies += ":" + std::to_string(i) + "\r\n";
    }
    co_await server.expect(expected);
    CHECK(client.stats().writes <= 2);
    co_await server.send(replies);
    int sum = 0;
    while (auto one = co_await asked.join_next()) sum += one->value().value();
    CHECK(sum == 199 * 200 / 2);
  }, kPaused);
}

TEST_CASE("client: a task that is not awaited sends nothing") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    discard(client.command<void>("SET", "a", 1));
    auto asked = spawn(client.command<void>("PING"));
    co_await server.expect_command("PING");
    co_await server.send("+PONG\r\n");
    CHECK_OK((co_await asked).value());
  }, kPaused);
}

TEST_CASE("client: without a reply a command ends in its own time, or by the context's deadline") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    const Instant begin = Instant::now();
    auto late = co_await client.command<std::string>("GET", "a");
    CHECK(Instant::now() - begin == 1s);
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK(late.error().phase() == redis::Phase::Reply);
    CHECK(late.error().sent() == redis::Sent::Maybe);
    CHECK(late.error().message() == "GET: no reply within 1000 ms, redis 127.0.0.1:6379; it may have been executed");
    auto under_deadline = co_await time::timeout(300ms, client.command<std::string>("GET", "a"));
    REQUIRE(under_deadline);
    CHECK(under_deadline->error().message() == "GET: no reply within 300 ms, redis 127.0.0.1:6379; it may have been executed");
    auto own = co_await client.run(redis::command<std::string>("GET", "a").timeout(50ms));
    CHECK(own.error().message() == "GET: no reply within 50 ms, redis 127.0.0.1:6379; it may have been executed");
  }, kPaused);
}

TEST_CASE("client: under a deadline that has passed nothing is sent") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    const auto passed = Context::current().with_deadline(Instant::now());
    const auto late = co_await with_context(passed, client.command<void>("SET", "a", 1));
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK(late.error().sent() == redis::Sent::No);
    co_await time::sleep_for(10ms);
    CHECK(server.take_all().empty());
  }, kPaused);
}

TEST_CASE("client: the reply of a cancelled command reaches nobody else") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    auto first = spawn(client.command<std::string>("GET", "a"));
    auto second = spawn(client.command<std::string>("GET", "b"));
    co_await server.expect(wire("GET a") + wire("GET b"));
    first.abort();
    static_cast<void>(co_await first);
    co_await server.send("$1\r\nA\r\n$1\r\nB\r\n");
    CHECK_OK((co_await second).value(), "B");
  }, kPaused);
}

TEST_CASE("client: a reply that is not RESP ends the connection, and only its command says so") {
  test::run([]() -> Task<void> {
    for (const auto& [bytes, kind] : {std::pair{std::string("?\r\n"), redis::ErrorKind::Protocol},
                                      {std::string("$-2\r\n"), redis::ErrorKind::Protocol},
                                      {std::string("$1073741824\r\n"), redis::ErrorKind::TooLarge}}) {
      Peer peer;
      const redis::Client client = open(peer.options());
      PeerConnection server = co_await peer.greet();
      auto first = spawn(client.command<std::string>("GET", "a"));
      auto read = spawn(client.command<std::string>("GET", "b"));
      auto write = spawn(client.command<int>("INCR", "c"));
      co_await server.expect(wire("GET a") + wire("GET b") + wire("INCR c"));
      co_await server.send(bytes);
      CHECK((co_await first).value().error() == kind);
      co_await server.expect_end();
      const auto lost = (co_await write).value();
      CHECK(lost.error() == redis::ErrorKind::MaybeExecuted);
      CHECK(lost.error().sent() == redis::Sent::Maybe);
      PeerConnection again = co_await peer.greet();
      co_await again.expect_command("GET b");
      co_await again.send("$1\r\nB\r\n");
      CHECK_OK((co_await read).value(), "B");
      CHECK(client.stats().repeated == 1);
    }
  }, kPaused);
}

TEST_CASE("client: what was not sent, or cut in its middle, goes over the next connection") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    // More than the pipe takes: the second is cut, the third has not begun.
    const std::string large(200 * 1024, 'x');
    auto first = spawn(client.command<void>("SET", "a", large));
    auto second = spawn(client.command<void>("SET", "b", large));
    auto third = spawn(client.command<void>("SET", "c", 1));
    co_await time::sleep_for(10ms);
    server.close();
    CHECK((co_await first).value().error() == redis::ErrorKind::MaybeExecuted);
    PeerConnection again = co_await peer.greet();
    co_await again.expect(wire("SET b " + large) + wire("SET c 1"));
    co_await again.send("+OK\r\n+OK\r\n");
    CHECK_OK((co_await second).value());
    CHECK_OK((co_await third).value());
  }, kPaused);
}

TEST_CASE("client: a read-only command is repeated once and no more") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    auto asked = spawn(client.command<std::string>("GET", "a"));
    for (int i = 0; i < 2; ++i) {
      PeerConnection server = co_await peer.greet();
      co_await server.expect_command("GET a");
    }
    const auto lost = (co_await asked).value();
    CHECK(lost.error() == redis::ErrorKind::MaybeExecuted);
    CHECK(lost.error().message().starts_with("GET: sent, and the connection was lost before the reply: "));
  }, kPaused);
}

TEST_CASE("client: while there is no connection a command waits, or fails at once where that is asked for") {
  test::run([]() -> Task<void> {
    Peer peer;
    peer.refuse(true);
    const redis::Client waits = open(peer.options());
    redis::Options options = peer.options();
    options.while_down = redis::WhileDown::FailFast;
    const redis::Client fails = open(options);
    const Instant begin = Instant::now();
    const auto late = co_await waits.command<void>("SET", "a", 1);
    CHECK(Instant::now() - begin == 1s);
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK(late.error().phase() == redis::Phase::Connect);
    CHECK(late.error().sent() == redis::Sent::No);
    CHECK(late.error().message() ==
          "SET: no connection within 1000 ms: redis 127.0.0.1:6379: connect here: connection refused");
    const Instant then = Instant::now();
    const auto refused = co_await fails.command<void>("SET", "a", 1);
    CHECK(Instant::now() == then);
    CHECK(refused.error() == redis::ErrorKind::NotConnected);

    auto waiting = spawn(waits.command<void>("SET", "a", 1));
    peer.refuse(false);
    PeerConnection one = co_await peer.greet();
    PeerConnection two = co_await peer.greet();
    co_await time::sleep_for(1ms);
    const std::string sent = one.take_all() + two.take_all();
    CHECK(sent == wire("SET a 1"));
    waiting.abort();
  }, kPaused);
}

TEST_CASE("client: bytes that nobody asked for end the connection and are no reply") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    co_await server.send("+surprise\r\n");
    co_await server.expect_end();
    PeerConnection again = co_await peer.greet();
    auto asked = spawn(client.command<std::string>("GET", "a"));
    co_await again.expect_command("GET a");
    co_await again.send("+mine\r\n");
    CHECK_OK((co_await asked).value(), "mine");
  }, kPaused);
}

TEST_CASE("client: pushes go to the hook, between replies and alone") {
  test::run([]() -> Task<void> {
    Peer peer;
    auto options = peer.options();
    std::vector<std::string> pushed;
    options.on_push = [&](const redis::Value& push) { pushed.emplace_back(push.items().front().text()); };
    const redis::Client client = open(options);
    PeerConnection server = co_await peer.greet();
    co_await server.send(">2\r\n+invalidate\r\n*1\r\n+k\r\n");
    auto asked = spawn(client.command<std::string>("GET", "a"));
    co_await server.expect_command("GET a");
    co_await server.send(">1\r\n+other\r\n+mine\r\n");
    CHECK_OK((co_await asked).value(), "mine");
    CHECK(pushed == std::vector<std::string>{"invalidate", "other"});
    CHECK(client.stats().pushes == 2);
  }, kPaused);
}

TEST_CASE("client: so many commands are in flight and no more, the others wait in order") {
  test::run([]() -> Task<void> {
    Peer peer;
    auto options = peer.options();
    options.max_in_flight = 2;
    options.max_waiting = 2;
    const redis::Client client = open(options);
    PeerConnection server = co_await peer.greet();
    std::vector<JoinHandle<redis::Result<int>>> asked;
    for (int i = 0; i < 2; ++i) asked.push_back(spawn(client.command<int>("ECHO", i)));
    co_await time::sleep_for(1ms);
    for (int i = 2; i < 5; ++i) asked.push_back(spawn(client.command<int>("ECHO", i)));
    co_await time::sleep_for(1ms);
    CHECK(server.take_all() == wire("ECHO 0") + wire("ECHO 1"));
    CHECK((co_await asked[4]).value().error() == redis::ErrorKind::Overloaded);
    co_await server.send(":0\r\n");
    co_await time::sleep_for(1ms);
    CHECK(server.take_all() == wire("ECHO 2"));
    co_await server.send(":1\r\n:2\r\n");
    co_await server.expect_command("ECHO 3");
    co_await time::sleep_for(1ms);
    const auto late = (co_await asked[3]).value();
    CHECK(late.error() == redis::ErrorKind::Timeout);
    CHECK(late.error().phase() == redis::Phase::Reply);
  }, kPaused);
}

TEST_CASE("client: bytes in flight are bounded too, one large command goes alone") {
  test::run([]() -> Task<void> {
    Peer peer;
    auto options = peer.options();
    options.max_in_flight_bytes = 100;
    const redis::Client client = open(options);
    PeerConnection server = co_await peer.greet();
    const std::string large(1000, 'x');
    auto first = spawn(client.command<std::string>("ECHO", large));
    auto second = spawn(client.command<std::string>("ECHO", "b"));
    co_await server.expect_command("ECHO " + large);
    co_await time::sleep_for(1ms);
    CHECK(server.take_all().empty());
    co_await server.send("+a\r\n");
    co_await server.expect_command("ECHO b");
    co_await server.send("+b\r\n");
    CHECK_OK((co_await first).value(), "a");
    CHECK_OK((co_await second).value(), "b");
  }, kPaused);
}
