// Hosts that crash, rest, and have a clock and a kernel of their own.
#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/base/wall_clock.h>
#include <rondeau/io/read.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "programs.h"

using namespace programs;

TEST_CASE("TE4: a host that crashes loses its tasks where they stand, and is started anew by a restart") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    struct Guard {
      int& live;
      explicit Guard(int& count) : live(count) { ++live; }
      Guard(const Guard&) = delete;
      Guard& operator=(const Guard&) = delete;
      ~Guard() { --live; }
    };
    int starts = 0;
    int live = 0;
    sim::Runtime world(seed);
    world.host("server", [&]() -> Task<void> {
      ++starts;
      const Guard guard(live);
      co_await serve_echo();
    });
    world.client("client", [&]() -> Task<void> {
      while (!co_await ask("server", "hello")) {
      }
      world.crash("server", sim::Crash::Process);
      co_await rondeau::sleep_for(1ms);
      CHECK(!world.is_up("server"));
      CHECK(live == 0);
      CHECK((co_await rondeau::timeout(50ms, ask("server", "hello"))).has_value() == false);
      world.restart("server");
      co_await rondeau::sleep_for(1ms);
      while (!co_await ask("server", "again")) {
      }
    });
    const auto failure = world.run();
    CHECK_MESSAGE(!failure, failure->text);
    CHECK(starts == 2);
    CHECK(live == 0);
  }
}

TEST_CASE("TE4: a paused host does nothing until it goes on; its timers fire once, its clock is its own") {
  sim::Runtime world(1, plain());
  int ticks = 0;
  world.host("server", [&]() -> Task<void> {
    for (;;) {
      co_await rondeau::sleep_for(100ms);
      ++ticks;
    }
  });
  world.client("client", [&]() -> Task<void> {
    co_await rondeau::sleep_for(1050ms);
    CHECK(ticks == 10);
    world.pause("server");
    co_await rondeau::sleep_for(10s);
    CHECK(ticks == 10);
    world.resume("server");
    co_await rondeau::sleep_for(20ms);
    CHECK(ticks == 11);
    const auto before = rondeau::base::wall_clock();
    world.set_clock("client", 1h);
    CHECK(rondeau::base::wall_clock() - before >= 1h);
    const Instant begun = Instant::now();
    co_await rondeau::sleep_for(5ms);
    CHECK(begun.elapsed() < 10ms);
  });
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
}

TEST_CASE("TE4: hosts disagree about the time of day by no more than the skew, and agree about durations") {
  std::set<std::int64_t> differences;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sim::Runtime world(seed, {.faults = {.clock_skew = 1h}, .subset_of_faults = false});
    rondeau::base::WallTime one;
    rondeau::base::WallTime other;
    world.client("one", [&]() -> Task<void> {
      co_await rondeau::sleep_for(1s);
      one = rondeau::base::wall_clock();
    });
    world.client("other", [&]() -> Task<void> {
      co_await rondeau::sleep_for(1s);
      other = rondeau::base::wall_clock();
    });
    CHECK(!world.run());
    CHECK(one - other <= 2h + 1s);
    CHECK(other - one <= 2h + 1s);
    differences.insert((one - other).count() / 1'000'000'000);
  }
  CHECK(differences.size() > 5);
}

TEST_CASE("RT12: Unix sockets, pairs and abstract names work inside a host and are not seen by another") {
  sim::Runtime world(9);
  const auto name = rondeau::SocketAddress::unix_path(std::string_view("\0service", 8)).value();
  world.host("other", [name]() -> Task<void> {
    auto listener = rondeau::net::UnixListener::bind(name).value();
    static_cast<void>(co_await listener.accept());
  });
  world.client("client", [name]() -> Task<void> {
    CHECK((co_await rondeau::net::UnixStream::connect(name)).error() == Errc::ConnectionRefused);
    auto listener = rondeau::net::UnixListener::bind(name).value();
    CHECK(rondeau::net::UnixListener::bind(name).error() == Errc::AddressInUse);
    auto near = (co_await rondeau::net::UnixStream::connect(name)).value();
    auto far = (co_await listener.accept()).value();
    CHECK((co_await near.write_all("over")));
    std::string text(4, '\0');
    CHECK((co_await far.read_exact(std::as_writable_bytes(std::span(text)))));
    CHECK(text == "over");
    auto pair = rondeau::net::UnixStream::pair().value();
    CHECK((co_await pair.first.write_all("pair")));
    CHECK((co_await pair.second.read_exact(std::as_writable_bytes(std::span(text)))));
    CHECK(text == "pair");
  });
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
}
