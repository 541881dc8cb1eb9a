// How connections begin, how long they live, and how they end.
#include <rondeau/redis/client.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
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

TEST_CASE("client: a client that is closed while its first command comes answers that, too") {
  for (int i = 0; i < 200; ++i) {
    Peer silent;  // takes the connection, and greets nobody
    const redis::Client client = open(silent.options());
    auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
    runtime.block_on([&]() -> Task<void> {
      auto asked = spawn(client.command<void>("PING"));
      co_await client.close(0s);
      CHECK((co_await asked).value().error().kind() == redis::ErrorKind::Closed);
    });
  }
}

TEST_CASE("client: one that is opened while its runtime ends answers, and can be closed from another") {
  struct OpensAtItsEnd {
    std::optional<redis::Client>& client;
    redis::Options options;
    ~OpensAtItsEnd() { client = open(options); }
  };
  Peer silent;
  std::optional<redis::Client> client;
  {
    auto ending = runtime::Builder::multi_thread().worker_threads(1).build().value();
    ending.block_on([&]() -> Task<void> {
      Notify begun;
      spawn([&client, &begun, options = silent.options()]() -> Task<void> {
        const OpensAtItsEnd guard{client, options};
        begun.notify_one();
        co_await time::sleep_for(1h);
      }).detach();
      co_await begun.notified();
    });
  }
  REQUIRE(client.has_value());
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  runtime.block_on([&]() -> Task<void> {
    CHECK((co_await client->command<void>("PING")).error().kind() == redis::ErrorKind::Closed);
    co_await client->close(1h);
  });
}

TEST_CASE("client: attempts to connect are spaced, and closer while somebody waits") {
  test::run([]() -> Task<void> {
    Peer peer;
    peer.refuse(true);
    const redis::Client client = open(peer.options());
    co_await time::sleep_for(600s);
    const std::size_t alone = peer.dials();
    CHECK(alone >= 120);  // pauses end at 5 s, and are half of that on average
    CHECK(alone <= 600);
    for (int i = 0; i < 60; ++i) static_cast<void>(co_await client.run(redis::command<void>("PING").timeout(10s)));
    CHECK(peer.dials() - alone >= 1200);
  }, kPaused);
}

TEST_CASE("client: a connection that answers nothing for 2 s is given up, with commands waiting, not without") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    co_await time::sleep_for(10s);
    CHECK(client.stats().losses == 0);
    const Instant begin = Instant::now();
    CHECK((co_await client.command<void>("SET", "a", 1)).error() == redis::ErrorKind::Timeout);
    PeerConnection again = co_await peer.greet();
    CHECK(Instant::now() - begin >= 2s);
    CHECK(Instant::now() - begin < 2100ms);
    CHECK(client.stats().losses == 1);
  }, kPaused);
}

TEST_CASE("client: a large value that goes out slowly is no silence") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    const std::string large(1024 * 1024, 'x');
    auto asked = spawn(client.run(redis::command<void>("SET", "a", large).timeout(1900ms)));
    const std::string bytes = wire("SET a " + large);
    for (std::size_t at = 0; at < bytes.size(); at += 128 * 1024) {
      co_await server.expect(bytes.substr(at, 128 * 1024));
      co_await time::sleep_for(500ms);
    }
    co_await server.send("+OK\r\n");
    co_await time::sleep_for(1ms);
    CHECK(client.stats().losses == 0);
    CHECK(client.stats().replies == 1);
    CHECK((co_await asked).value().error() == redis::ErrorKind::Timeout);
  }, kPaused);
}

TEST_CASE("client: its connections are not under the deadline of who opened it") {
  test::run([]() -> Task<void> {
    Peer peer;
    redis::Options options = peer.options();
    std::vector<Duration> times;
    options.dial = [dial = options.dial, &times]() -> Task<Result<io::AnyStream>> {
      // Asked where it runs: it is lazy.
      return [](redis::Dial made, std::vector<Duration>& out) -> Task<Result<io::AnyStream>> {
        out.push_back(task::Context::current().deadline().value() - Instant::now());
        co_return co_await made();
      }(dial, times);
    };
    std::optional<redis::Client> client;
    static_cast<void>(co_await time::timeout(10ms, [](std::optional<redis::Client>& out, redis::Options with) -> Task<void> {
      out = open(std::move(with));
      co_await yield_now();
    }(client, options)));
    PeerConnection server = co_await peer.greet();
    co_await time::sleep_for(1s);
    server.close();
    PeerConnection again = co_await peer.greet();
    CHECK(times == std::vector<Duration>{2s, 2s});  // the time to connect
    auto asked = spawn(client->command<int>("INCR", "a"));
    co_await again.expect_command("INCR a");
    co_await again.send(":1\r\n");
    CHECK_OK((co_await asked).value(), 1);
  }, kPaused);
}

TEST_CASE("client: a command that was given more time keeps a silent connection alive that long") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    auto slow = spawn(client.run(redis::command<int>("EVAL", "slow", 0).timeout(10s)));
    co_await server.expect_command("EVAL slow 0");
    co_await time::sleep_for(9s);
    co_await server.send(":1\r\n");
    CHECK_OK((co_await slow).value(), 1);
    CHECK(client.stats().losses == 0);
  }, kPaused);
}

TEST_CASE("client: an idle connection is pinged every 30 s, and given up where that is not answered") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    const Instant begin = Instant::now();
    co_await server.expect_command("PING");
    CHECK(Instant::now() - begin >= 30s);
    co_await server.send("+PONG\r\n");
    co_await server.expect_command("PING");
    CHECK(Instant::now() - begin >= 60s);
    PeerConnection again = co_await peer.greet();
    CHECK(Instant::now() - begin >= 62s);
    CHECK(client.stats().losses == 1);
  }, kPaused);
}

TEST_CASE("client: an end seen while idle costs the next command nothing") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    server.close();
    PeerConnection again = co_await peer.greet();
    auto asked = spawn(client.command<int>("INCR", "a"));
    co_await again.expect_command("INCR a");
    co_await again.send(":1\r\n");
    CHECK_OK((co_await asked).value(), 1);
  }, kPaused);
}

TEST_CASE("client: close finishes what was begun, refuses what comes later, and ends in time") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = open(peer.options());
    PeerConnection server = co_await peer.greet();
    auto asked = spawn(client.command<int>("INCR", "a"));
    co_await server.expect_command("INCR a");
    auto closing = spawn(client.close(5s));
    co_await time::sleep_for(1ms);
    CHECK((co_await client.command<int>("INCR", "a")).error() == redis::ErrorKind::Closed);
    co_await server.send(":1\r\n");
    CHECK_OK((co_await asked).value(), 1);
    CHECK((co_await closing).has_value());
    co_await server.expect_end();

    Peer silent;
    const redis::Client other = open(silent.options());
    PeerConnection mute = co_await silent.greet();
    auto lost = spawn(other.run(redis::command<int>("INCR", "a").timeout(60s)));
    co_await mute.expect_command("INCR a");
    const Instant begin = Instant::now();
    co_await other.close(3s);
    CHECK(Instant::now() - begin == 3s);
    CHECK((co_await lost).value().error() == redis::ErrorKind::MaybeExecuted);
  }, kPaused);
}

TEST_CASE("client: the last handle gone, its connection ends") {
  test::run([]() -> Task<void> {
    Peer peer;
    {
      const redis::Client client = open(peer.options());
      PeerConnection server = co_await peer.greet();
      auto copy = std::make_unique<redis::Client>(client);
      auto asked = spawn(copy->command<int>("INCR", "a"));
      copy.reset();
      co_await server.expect_command("INCR a");
      co_await server.send(":1\r\n");
      CHECK_OK((co_await asked).value(), 1);
    }
    peer.refuse(true);
    const std::size_t dials = peer.dials();
    co_await time::sleep_for(60s);
    CHECK(peer.dials() == dials);
  }, kPaused);
}

TEST_CASE("client: opened outside of a runtime it begins with the first command") {
  Peer peer;
  const redis::Client client = open(peer.options());
  CHECK(peer.dials() == 0);
  test::run([&]() -> Task<void> {
    auto asked = spawn(client.command<int>("INCR", "a"));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("INCR a");
    co_await server.send(":1\r\n");
    CHECK_OK((co_await asked).value(), 1);
    co_await client.close(1s);
  }, kPaused);
  const redis::Client unused = open(peer.options());
}
