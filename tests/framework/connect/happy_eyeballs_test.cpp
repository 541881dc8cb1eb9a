#include "connect/happy_eyeballs.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/connect/connector.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/check.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using connect::ConnectErrorKind;
using connect::Connector;
using connect::HostPort;

namespace {

std::vector<SocketAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<SocketAddress> parsed;
  for (const char* text : texts) parsed.push_back(SocketAddress::parse(text).value());
  return parsed;
}

/// Takes connections and keeps them.
Task<void> serve() {
  auto listener = net::TcpListener::bind("0.0.0.0:80").value();
  std::vector<net::TcpStream> all;
  for (;;) {
    if (auto stream = co_await listener.accept()) all.push_back(*std::move(stream));
  }
}

Task<void> nothing() {
  co_await sleep_for(10h);
}

/// "many" has the addresses of the hosts that are named, in this order.
Connector connector_to(const sim::Runtime& world, std::initializer_list<const char*> hosts,
                       connect::ConnectorOptions options = {}) {
  connect::Addresses found;
  for (const char* host : hosts) found.push_back(world.address(host));
  options.resolver.set("many", found);
  return Connector(std::move(options));
}

sim::Options quiet() {
  return {.faults = sim::Faults::none()};
}

}  // namespace

TEST_CASE("connect: the families take turns, beginning with that of the first address (RFC 8305 §4)") {
  using connect::interleave;
  CHECK(interleave(addresses({"[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1", "2.2.2.2:1"}), 8) ==
        addresses({"[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"}));
  CHECK(interleave(addresses({"1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1", "[::1]:1"}), 8) ==
        addresses({"1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "3.3.3.3:1"}));
  CHECK(interleave(addresses({"1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1", "[::1]:1"}), 2) ==
        addresses({"1.1.1.1:1", "[::1]:1"}));
  CHECK(interleave(addresses({"1.1.1.1:1"}), 8) == addresses({"1.1.1.1:1"}));
}

TEST_CASE("connect: an address that swallows everything costs a quarter of a second, not the connection") {
  sim::Runtime world(11, quiet());
  world.host("black", nothing);
  world.host("good", serve);
  world.block_on([&]() -> Task<void> {
    world.partition("main", "black");
    const Connector connector = connector_to(world, {"black", "good"});
    const Instant began = Instant::now();
    auto connected = co_await connector.connect({.address = HostPort{"many", 80}});
    REQUIRE(connected);
    CHECK(connected->remote.ip() == world.address("good"));
    CHECK(began.elapsed() >= 250ms);
    CHECK(began.elapsed() < 300ms);
  });
}

TEST_CASE("connect: an address that refuses has the next one tried at once") {
  sim::Runtime world(12, quiet());
  world.host("refuses", nothing);
  world.host("good", serve);
  world.block_on([&]() -> Task<void> {
    const Connector connector = connector_to(world, {"refuses", "refuses", "good"});
    co_await sleep_for(1ms);
    const Instant began = Instant::now();
    auto connected = co_await connector.connect({.address = HostPort{"many", 80}});
    REQUIRE(connected);
    CHECK(began.elapsed() < 250ms);
  });
}

TEST_CASE("connect: the one that is slow may still win, and a late winner ends the others") {
  sim::Runtime world(13, quiet());
  world.host("slow", serve);
  world.host("black", nothing);
  world.block_on([&]() -> Task<void> {
    world.set_link("main", "slow", {.latency = 300ms, .latency_max = 300ms, .slow = 0});
    world.partition("main", "black");
    const Connector connector = connector_to(world, {"slow", "black"});
    const Instant began = Instant::now();
    auto connected = co_await connector.connect({.address = HostPort{"many", 80}});
    REQUIRE(connected);
    CHECK(connected->remote.ip() == world.address("slow"));
    CHECK(began.elapsed() < 1s);
  });  // what was begun and lost is closed: else the world fails
}

TEST_CASE("connect: an error lists every address with what became of it") {
  sim::Runtime world(14, quiet());
  world.host("one", nothing);
  world.host("two", nothing);
  world.block_on([&]() -> Task<void> {
    const Connector connector = connector_to(world, {"one", "two"});
    const auto failed = co_await connector.connect({.address = HostPort{"many", 80}});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ConnectErrorKind::Connect);
    CHECK(failed.error().cause == Errc::ConnectionRefused);
    CHECK(failed.error().attempts.size() == 2);
    const std::string one = "connect " + world.address("one").to_string() + ":80: connection refused";
    const std::string two = "connect " + world.address("two").to_string() + ":80: connection refused";
    CHECK(failed.error().message() == "connect many:80: " + one + "; " + two);
  });
}

TEST_CASE("connect: when time runs out the error tells the phase, and which addresses had not answered") {
  sim::Runtime world(15, quiet());
  world.host("refuses", nothing);
  world.host("black", nothing);
  world.block_on([&]() -> Task<void> {
    world.partition("main", "black");
    const Connector connector = connector_to(world, {"refuses", "black"}, {.timeout = 2s});
    const Instant began = Instant::now();
    const auto failed = co_await connector.connect({.address = HostPort{"many", 80}});
    CHECK(began.elapsed() >= 2s);
    CHECK(began.elapsed() < 2100ms);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ConnectErrorKind::Timeout);
    CHECK(failed.error().phase == connect::ConnectPhase::Connect);
    REQUIRE(failed.error().attempts.size() == 2);
    CHECK(failed.error().attempts[0].error == Errc::ConnectionRefused);
    CHECK(failed.error().attempts[1].error == Errc::TimedOut);
    CHECK(failed.error().message().starts_with("connect many:80: no answer within 2 s, while connecting; "));
  });
}

TEST_CASE("connect: no more addresses are tried than allowed") {
  sim::Runtime world(16, quiet());
  for (const char* name : {"a", "b", "c", "d"}) world.host(name, nothing);
  world.block_on([&]() -> Task<void> {
    const Connector connector = connector_to(world, {"a", "b", "c", "d"}, {.max_addresses = 3});
    const auto failed = co_await connector.connect({.address = HostPort{"many", 80}});
    CHECK(failed.error().attempts.size() == 3);
  });
}
