#include <rondeau/sim/runtime.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/current_driver.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/net/lookup_host.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

#include "programs.h"
#include "support/aborts.h"

using namespace programs;

namespace {

/// A run with a bit of everything; its trace.
std::uint64_t busy_run(std::uint64_t seed, sim::Options options = {}) {
  sim::Runtime world(seed, std::move(options));
  world.host("server", serve_echo);
  world.client("client", []() -> Task<void> {
    rondeau::JoinSet<std::string> asked;
    for (int i = 0; i < 4; ++i) {
      asked.spawn([i]() -> Task<std::string> {
        co_await rondeau::sleep_for(std::chrono::milliseconds(i));
        auto answer = co_await ask("server", std::string(3000, static_cast<char>('a' + i)));
        co_return answer ? *answer : answer.error().message();
      });
    }
    while (auto done = co_await asked.join_next()) {
      if (!*done || (**done).size() != 3000) throw std::runtime_error("wrong answer");
    }
    static_cast<void>(co_await rondeau::task::blocking([] { return 1; }));
  });
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
  return world.trace_hash();
}

}  // namespace

TEST_CASE("sim: a program may return a Result<void>, and an error fails the run with its text") {
  const auto run_with = [](std::uint16_t port) {
    sim::Runtime world(1, plain());
    world.host("server", serve_echo);
    world.client("client", [port]() -> Task<Result<void>> {
      RONDEAU_TRY(const TcpStream stream, co_await TcpStream::connect("server", port));
      co_return {};
    });
    return world.run();
  };
  CHECK_FALSE(run_with(7));
  const auto failure = run_with(8);
  REQUIRE(failure);
  CHECK(support::contains(failure->problem, "the program of \"client\" ended by an exception: connect "));
  CHECK(support::contains(failure->problem, "connection refused"));
}

TEST_CASE("RT12: the same seed gives the same trace, other seeds give others") {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::uint64_t hash = busy_run(seed);
    CHECK(busy_run(seed) == hash);
    hashes.insert(hash);
  }
  CHECK(hashes.size() == 10);
}

TEST_CASE("RT12: what the process did before does not change a run") {
  const std::uint64_t hash = busy_run(3);
  auto real = rondeau::runtime::Builder::multi_thread().worker_threads(2).build().value();
  real.block_on([]() -> Task<void> {
    for (int i = 0; i < 100; ++i) static_cast<void>(co_await rondeau::spawn([]() -> Task<void> { co_return; }));
  });
  const auto garbage = std::make_unique<std::array<char, 100'000>>();
  CHECK(busy_run(3) == hash);
}

TEST_CASE("RT12: block_on returns the value of its coroutine, and time jumps") {
  const auto before = std::chrono::steady_clock::now();
  sim::Runtime world(1, {.time_limit = 10'000h});
  const Instant begun = world.now();
  CHECK(world.block_on([]() -> Task<int> {
    co_await rondeau::sleep_for(1000h);
    co_return 7;
  }) == 7);
  CHECK(world.now() - begun >= 1000h);
  CHECK(world.now() - begun < 1000h + 1s);
  CHECK(std::chrono::steady_clock::now() - before < 1s);
}

TEST_CASE("RT12: a sleep is never early, and late by no more than a tick and the steps of others") {
  sim::Runtime world(5);
  world.block_on([]() -> Task<void> {
    for (int i = 0; i < 200; ++i) {
      const Instant begun = Instant::now();
      co_await rondeau::sleep_for(3ms);
      CHECK(begun.elapsed() >= 3ms);
      CHECK(begun.elapsed() < 5ms);
    }
  });
}

TEST_CASE("RT12: no task sees another thread, the kernel's clock or the kernel's addresses") {
  sim::Runtime world(2);
  const auto here = std::this_thread::get_id();
  world.host("server", serve_echo);
  world.client("client", [&]() -> Task<void> {
    CHECK(&rondeau::base::current_driver() != &rondeau::base::kernel_driver());
    CHECK(Instant::now() == world.now());
    const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(rondeau::base::wall_clock())).year();
    CHECK(year == std::chrono::year(2026));
    for (int i = 0; i < 20; ++i) {
      CHECK((co_await rondeau::spawn([]() -> Task<std::thread::id> { co_return std::this_thread::get_id(); })).value() == here);
    }
    CHECK((co_await rondeau::task::blocking([] { return std::this_thread::get_id(); })).value() == here);
    auto found = co_await rondeau::net::lookup_host("server", 7);
    REQUIRE(found);
    CHECK(found->front().ip() == world.address("server"));
    CHECK((co_await rondeau::net::lookup_host("example.org", 7)).error() == Errc::NotFound);
    auto stream = co_await TcpStream::connect(found->front());
    REQUIRE(stream);
    CHECK(stream->peer_addr()->ip() == world.address("server"));
    CHECK(stream->local_addr()->ip() == world.address("client"));
  });
  const auto failure = world.run();
  CHECK_MESSAGE(!failure, failure->text);
}

TEST_CASE("RT12: the application's chance comes from the seed") {
  const auto draw = [](std::uint64_t seed) {
    return sim::Runtime(seed, plain()).block_on([]() -> Task<std::uint64_t> {
      std::uint64_t bits = 0;
      rondeau::base::current_driver().random(std::as_writable_bytes(std::span(&bits, 1)));
      co_return bits;
    });
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("RT12: seeds reach every order of ready tasks, of select's branches and of workers") {
  std::set<std::string> orders;
  std::set<std::size_t> workers;
  std::set<std::size_t> branches;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    sim::Runtime world(seed, {.workers = 3});
    world.block_on([&]() -> Task<void> {
      auto order = std::make_shared<std::string>();
      rondeau::JoinSet<void> set;
      for (const char name : {'a', 'b', 'c'}) {
        set.spawn([order, name, &workers]() -> Task<void> {
          workers.insert(rondeau::runtime::worker_index().value());
          *order += name;
          co_return;
        });
      }
      while (co_await set.join_next()) {
      }
      orders.insert(*order);
      auto first = rondeau::spawn([]() -> Task<void> { co_return; });
      auto second = rondeau::spawn([]() -> Task<void> { co_return; });
      co_await rondeau::sleep_for(5ms);
      branches.insert((co_await rondeau::select(first, second)).index());
    });
  }
  CHECK(orders.size() == 6);
  CHECK(workers.size() == 3);
  CHECK(branches.size() == 2);
}

TEST_CASE("RT12: a ready await yields now and then") {
  const auto interrupted = [](double yields) {
    int seen = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      sim::Runtime world(seed, {.faults = {.yields = yields}, .subset_of_faults = false});
      world.block_on([&]() -> Task<void> {
        auto [sender, receiver] = rondeau::mpsc<int>(4);
        bool inside = false;
        auto other = rondeau::spawn([&]() -> Task<void> {
          seen += inside ? 1 : 0;
          co_return;
        });
        inside = true;
        static_cast<void>(co_await sender.send(1));  // there is room: it need not wait
        inside = false;
        static_cast<void>(co_await other);
      });
    }
    return seen;
  };
  CHECK(interrupted(0) == 0);
  CHECK(interrupted(0.9) > 0);
}

TEST_CASE("RT12: blocking calls take time of their own, at most so many at once, and others go on meanwhile") {
  sim::Runtime world(4, plain());
  world.block_on([&]() -> Task<void> {
    rondeau::task::BlockingPool pool({.name = "one", .max_threads = 1, .queue_limit = 2});
    std::vector<rondeau::JoinHandle<Instant>> calls;
    const Instant begun = Instant::now();
    for (int i = 0; i < 3; ++i) calls.push_back(rondeau::task::spawn_blocking(pool, [] { return Instant::now(); }));
    auto refused = rondeau::task::spawn_blocking(pool, [] { return Instant::now(); });
    CHECK((co_await refused).error().is_overloaded());
    Instant last = begun;
    for (auto& call : calls) {
      const Instant ended = (co_await call).value();
      CHECK(ended > last);
      last = ended;
    }
  });
}

TEST_CASE("RT12: a deadlock is a failure that names what waits") {
  sim::Runtime world(1);
  world.client("stuck", []() -> Task<void> {
    rondeau::sync::Notify never;
    co_await never.notified();
  });
  const auto failure = world.run();
  REQUIRE(failure);
  CHECK(failure->problem.find("\"stuck\" has not ended") != std::string::npos);
  CHECK(failure->text.find("Notif") != std::string::npos);
  CHECK(failure->text.find("RONDEAU_SEED=1 ") != std::string::npos);
}

TEST_CASE("RT12: a failure tells its seed, the line that replays it and the last 200 events") {
  sim::Runtime world(42);
  world.host("server", serve_echo);
  world.client("client", []() -> Task<void> {
    for (int i = 0; i < 30; ++i) static_cast<void>(co_await ask("server", "hello"));
    throw std::runtime_error("all is lost");
  });
  const auto failure = world.run();
  REQUIRE(failure);
  CHECK(failure->seed == 42);
  CHECK(failure->problem.find("all is lost") != std::string::npos);
  CHECK(failure->text.find("replay: RONDEAU_SEED=42 ") != std::string::npos);
  const std::string events = failure->text.substr(failure->text.find("the last events:"));
  CHECK(std::ranges::count(events, '\n') == 201);
}

TEST_CASE("RT12: an invariant is asked after each step, and what is left at the end is told") {
  SUBCASE("an invariant") {
    sim::Runtime world(1);
    int value = 0;
    world.always("the value is below two", [&] { return value < 2; });
    world.client("client", [&]() -> Task<void> {
      for (; value < 5; ++value) co_await rondeau::sleep_for(1ms);
    });
    CHECK(world.run()->problem == "it does not hold that the value is below two");
    CHECK(value == 2);
  }
  SUBCASE("an exception of a detached task") {
    sim::Runtime world(1);
    world.client("client", []() -> Task<void> {
      rondeau::spawn([]() -> Task<void> {
        co_await rondeau::sleep_for(1ms);
        throw std::runtime_error("nobody waits for this");
      }).detach();
      co_await rondeau::sleep_for(10ms);
    });
    CHECK(world.run()->problem == "an exception left a task that nobody waits for");
  }
  SUBCASE("a descriptor") {
    std::optional<TcpListener> kept;
    sim::Runtime world(1);
    world.client("client", [&]() -> Task<void> {
      kept = TcpListener::bind("0.0.0.0:80").value();
      co_return;
    });
    CHECK(world.run()->problem == "\"client\" has ended and leaves 1 registered descriptors");
    kept.reset();
  }
}

TEST_CASE("RT12: what a process does beside a world does not reach it: a wake from another thread aborts") {
  const std::string said = support::said_at_abort([] {
    sim::Runtime world(1);
    world.block_on([]() -> Task<void> {
      auto waiting = rondeau::spawn([]() -> Task<void> { co_await rondeau::sleep_for(1h); });
      co_await rondeau::sleep_for(5ms);
      std::thread([&waiting] { waiting.abort(); }).join();
    });
  });
  CHECK(said.find("woken by another thread") != std::string::npos);
}
