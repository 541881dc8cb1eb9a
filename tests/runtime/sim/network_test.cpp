// Links and what is sent over them.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/read.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/udp_socket.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "programs.h"

using namespace programs;
using rondeau::net::UdpSocket;

TEST_CASE("TE4: a connection to a host without power is half-open until it comes back, then reset") {
  sim::Runtime world(1, plain());
  world.host("server", serve_echo);
  world.client("client", [&]() -> Task<void> {
    TcpStream stream = (co_await TcpStream::connect("server", 7)).value();
    REQUIRE((co_await stream.write_all("x")));
    std::byte buffer[8];
    REQUIRE((co_await stream.read_some(buffer)));
    world.crash("server", sim::Crash::Power);
    co_await rondeau::sleep_for(10ms);
    CHECK((co_await stream.write_all("into the dark")));
    CHECK((co_await rondeau::timeout(30s, stream.read_some(buffer))).has_value() == false);
    world.restart("server");
    CHECK((co_await stream.read_some(buffer)).error() == Errc::ConnectionReset);
    CHECK((co_await stream.write_all("x")).error() == Errc::BrokenPipe);
  });
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
}

TEST_CASE("TE4: a partition holds bytes back until it heals, and times out connections that are made meanwhile") {
  sim::Runtime world(1, plain());
  world.host("server", serve_echo);
  world.client("client", [&]() -> Task<void> {
    TcpStream stream = (co_await TcpStream::connect("server", 7)).value();
    world.partition("client", "server");
    REQUIRE((co_await stream.write_all("held")));
    const Instant begun = Instant::now();
    CHECK((co_await TcpStream::connect("server", 7)).error() == Errc::TimedOut);
    CHECK(begun.elapsed() > 60s);
    std::string answer(4, '\0');
    world.heal();
    CHECK((co_await stream.read_exact(std::as_writable_bytes(std::span(answer)))));
    CHECK(answer == "held");
    world.partition_one_way("server", "client");
    REQUIRE((co_await stream.write_all("x")));
    std::byte buffer[1];
    CHECK((co_await stream.read_some(buffer)).error() == Errc::TimedOut);
  });
  const auto failure = world.run();
  // The server's side never learns of the time-out; it is ended with its host.
  CHECK_MESSAGE(!failure, failure->text);
}

TEST_CASE("TE4: links have their latency and their bandwidth") {
  sim::Runtime world(1, plain());
  Instant begun;
  Instant ended;
  world.host("server", [&]() -> Task<void> {
    auto listener = TcpListener::bind("0.0.0.0:7").value();
    TcpStream stream = (co_await listener.accept()).value();
    std::vector<std::byte> all;
    static_cast<void>(co_await rondeau::io::read_to_end(stream, all, 1 << 20));
    CHECK(all.size() == 100'000);
    ended = Instant::now();
  });
  world.client("client", [&]() -> Task<void> {
    begun = Instant::now();
    TcpStream stream = (co_await TcpStream::connect("server", 7)).value();
    CHECK(begun.elapsed() >= 60ms);
    CHECK(begun.elapsed() < 81ms);
    begun = Instant::now();
    CHECK((co_await stream.write_all(std::string(100'000, 'x'))));
    CHECK((co_await stream.shutdown()));
    std::byte buffer[1];
    CHECK((co_await stream.read_some(buffer)).value() == 0);
  });
  world.set_link("client", "server", {.latency = 30ms, .latency_max = 40ms, .slow = 0, .bytes_per_second = 100'000});
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
  CHECK(ended - begun >= 1030ms);
  CHECK(ended - begun < 1200ms);
}

TEST_CASE("TE4: datagrams arrive once, whole and from whom they are, unless the link loses, doubles or reorders them") {
  struct Seen {
    std::vector<int> numbers;
    bool from_client = true;
  };
  const auto run = [](std::uint64_t seed, const sim::Link& link) {
    Seen seen;
    sim::Runtime world(seed, plain());
    world.host("server", [&]() -> Task<void> {
      auto socket = UdpSocket::bind("0.0.0.0:53").value();
      for (;;) {
        int number = 0;
        const auto got = co_await socket.recv_from(std::as_writable_bytes(std::span(&number, 1)));
        seen.from_client = seen.from_client && got && got->from.ip() == world.address("client");
        seen.numbers.push_back(number);
      }
    });
    world.client("client", [&]() -> Task<void> {
      auto socket = UdpSocket::bind("0.0.0.0:0").value();
      const rondeau::SocketAddress to(world.address("server"), 53);
      for (int i = 0; i < 100; ++i) {
        CHECK((co_await socket.send_to(std::as_bytes(std::span(&i, 1)), to)).value() == sizeof i);
      }
      co_await rondeau::sleep_for(1s);
    });
    world.set_link("client", "server", link);
    const auto failure = world.run();
    CHECK_MESSAGE(!failure, failure->text);
    CHECK(seen.from_client);
    return seen.numbers;
  };
  const auto steady = run(1, {.latency = 1ms, .latency_max = 1ms, .slow = 0});
  CHECK(steady.size() == 100);
  const auto reordered = run(1, {.latency = 1ms, .latency_max = 50ms, .slow = 0});
  CHECK(reordered.size() == 100);
  CHECK(!std::ranges::is_sorted(reordered));
  CHECK(std::set<int>(reordered.begin(), reordered.end()).size() == 100);
  const auto lost = run(1, {.loss = 0.5});
  CHECK(lost.size() > 20);
  CHECK(lost.size() < 80);
  const auto doubled = run(1, {.duplicates = 0.5});
  CHECK(doubled.size() > 120);
  CHECK(std::set<int>(doubled.begin(), doubled.end()).size() == 100);
}
