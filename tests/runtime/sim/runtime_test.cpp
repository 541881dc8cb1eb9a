#include <rondeau/sim/runtime.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/current_driver.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/io/read.h>
#include <rondeau/net/lookup_host.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/udp_socket.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/explore.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/aborts.h"

namespace {

using namespace std::chrono_literals;
using rondeau::Errc;
using rondeau::Instant;
using rondeau::Result;
using rondeau::Task;
using rondeau::net::TcpListener;
using rondeau::net::TcpStream;
using rondeau::net::UdpSocket;
namespace sim = rondeau::sim;

sim::Options plain() {
  return {.faults = sim::Faults::none(), .subset_of_faults = false};
}

/// Sends back what comes, on each connection, until the end.
Task<void> echo(TcpStream stream) {
  std::byte buffer[512];
  for (;;) {
    auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    if (!co_await stream.write_all(std::span(buffer).first(*got))) co_return;
  }
}
Task<void> serve_echo() {
  auto listener = TcpListener::bind("0.0.0.0:7").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) rondeau::spawn(echo(*std::move(stream))).detach();
  }
}
Task<Result<std::string>> ask(std::string host, std::string text) {
  RONDEAU_TRY(TcpStream stream, co_await TcpStream::connect(std::move(host), 7));
  RONDEAU_TRY_VOID(co_await stream.write_all(text));
  std::string answer(text.size(), '\0');
  RONDEAU_TRY_VOID(co_await stream.read_exact(std::as_writable_bytes(std::span(answer))));
  co_return answer;
}

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

TEST_CASE("TE4: every kind of fault happens, and a program that retries gets through all of them") {
  std::set<std::string> errors;
  sim::Options options{.faults = sim::Faults::harsh()};
  options.faults.resets = 0.1;
  options.faults.black_holes = 0.1;
  options.faults.look_ups = 0.2;
  const auto explored = sim::explore({.seeds = 40, .from_environment = false, .options = options}, [&](sim::Runtime& world) {
    world.host("server", serve_echo);
    world.client("client", [&errors]() -> Task<void> {
      for (int done = 0; done < 5;) {
        auto answer = co_await ask("server", std::string(500, 'x'));
        if (answer) {
          if (*answer != std::string(500, 'x')) throw std::runtime_error("the answer is another");
          ++done;
        } else {
          errors.emplace(to_string(answer.error().code()));
        }
      }
    });
  });
  CHECK_MESSAGE(!explored.failure, explored.failure->text);
  for (const char* expected : {"connection refused", "connection reset", "timed out"}) {
    CAPTURE(expected);
    CHECK(errors.contains(expected));
  }
}

TEST_CASE("RT12: explore finds the seed of a race, and the seed alone finds it again") {
  const auto racy = [](sim::Runtime& world) {
    world.client("client", []() -> Task<void> {
      auto counter = std::make_shared<int>(0);
      const auto add = [counter]() -> Task<void> {
        const int seen = *counter;
        co_await rondeau::sleep_for(1ms);
        *counter = seen + 1;
      };
      auto one = rondeau::spawn(add);
      co_await rondeau::sleep_for(1ms);
      auto other = rondeau::spawn(add);
      static_cast<void>(co_await one);
      static_cast<void>(co_await other);
      if (*counter != 2) throw std::runtime_error("an update is lost");
    });
  };
  const auto explored = sim::explore({.seeds = 100, .from_environment = false}, racy);
  REQUIRE(explored.failure);
  CHECK(explored.failure->problem.find("an update is lost") != std::string::npos);
  sim::Runtime again(explored.failure->seed);
  racy(again);
  const auto failure = again.run();
  REQUIRE(failure);
  CHECK(failure->text == explored.failure->text);
}

TEST_CASE("RT12: explore tells a program whose run is not in its seed") {
  int outside = 0;
  const auto explored = sim::explore({.seeds = 3, .from_environment = false}, [&](sim::Runtime& world) {
    world.client("client", [&]() -> Task<void> { co_await rondeau::sleep_for(std::chrono::milliseconds(++outside)); });
  });
  REQUIRE(explored.failure);
  CHECK(explored.failure->problem.find("two runs of one seed differ") != std::string::npos);
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

TEST_CASE("TE4: each fault is what its name says, where it always happens") {
  const auto with = [](sim::Faults faults, Task<void> (*program)()) {
    sim::Runtime world(1, {.faults = faults, .subset_of_faults = false});
    world.host("server", serve_echo);
    world.client("client", program);
    const auto failure = world.run();
    CHECK_MESSAGE(!failure, failure->text);
  };
  with({.refusals = 1}, []() -> Task<void> {
    CHECK((co_await TcpStream::connect("server", 7)).error() == Errc::ConnectionRefused);
  });
  with({.black_holes = 1}, []() -> Task<void> {
    const Instant begun = Instant::now();
    CHECK((co_await TcpStream::connect("server", 7)).error() == Errc::TimedOut);
    CHECK(begun.elapsed() >= 127s);
  });
  with({.look_ups = 1}, []() -> Task<void> {
    CHECK((co_await rondeau::net::lookup_host("server", 7)).error() == Errc::TimedOut);
  });
  with({.threads = 1}, []() -> Task<void> {
    auto call = rondeau::task::spawn_blocking([] { return 1; });
    CHECK((co_await call).error().is_overloaded());
  });
  with({.resets = 1}, []() -> Task<void> { CHECK((co_await ask("server", "hello")).error() == Errc::ConnectionReset); });
  with({.accept_errors = 1}, []() -> Task<void> {
    auto listener = TcpListener::bind("127.0.0.1:0").value();
    auto near = (co_await TcpStream::connect(listener.local_addr().value())).value();
    // A connection that has gone is passed over: what remains is that descriptors run out, or that none comes.
    const auto accepted = co_await rondeau::timeout(10ms, listener.accept());
    REQUIRE(!accepted);
    CHECK((accepted.error() == Errc::TimedOut || accepted.error() == Errc::TooManyOpenFiles));
  });
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

TEST_CASE("RT12: RONDEAU_SEED plays one seed, RONDEAU_SEEDS so many, and seeds that failed once are played as well") {
  std::vector<std::uint64_t> played;
  const auto explore = [&](sim::Exploration exploration) {
    played.clear();
    exploration.twice = false;
    static_cast<void>(sim::explore(exploration, [&](sim::Runtime& world) {
      played.push_back(world.seed());
      world.client("client", []() -> Task<void> { co_return; });
    }));
    return played;
  };
  using Seeds = std::vector<std::uint64_t>;
  struct Variable {
    const char* name;
    Variable(const char* which, const char* value) : name(which) { ::setenv(name, value, 1); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { ::unsetenv(name); }
  };
  CHECK(explore({.seeds = 2, .also = {77}, .from_environment = false}) == Seeds{77, 1, 2});
  {
    const Variable seeds("RONDEAU_SEEDS", "3");
    CHECK(explore({.seeds = 1}) == Seeds{1, 2, 3});
  }
  const Variable seed("RONDEAU_SEED", "17");
  CHECK(explore({.seeds = 5, .also = {77}}) == Seeds{17});
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
