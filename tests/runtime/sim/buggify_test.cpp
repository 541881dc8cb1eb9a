#include <rondeau/base/buggify.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/fs/file.h>
#include <rondeau/io/read.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/yield_now.h>

#include "support/temporary_directory.h"

#ifdef NDEBUG

static_assert(!RONDEAU_BUGGIFY("nothing of it is left"));

#else

using namespace rondeau;

namespace {

constexpr int kCalls = 400;

sim::Options with(double share) {
  sim::Options options{.faults = sim::Faults::none()};
  options.faults.buggify = share;
  return options;
}

struct Taken {
  std::vector<bool> first, second;
  std::uint64_t hash = 0;
};

/// Two places, asked in turn.
Taken play(std::uint64_t seed, double share = 0.5) {
  Taken taken;
  sim::Runtime world(seed, with(share));
  world.block_on([&]() -> Task<void> {
    for (int i = 0; i < kCalls; ++i) {
      taken.first.push_back(RONDEAU_BUGGIFY("test: first"));
      taken.second.push_back(RONDEAU_BUGGIFY("test: second"));
      co_await yield_now();
    }
  });
  taken.hash = world.trace_hash();
  return taken;
}

long count(const std::vector<bool>& calls) { return std::ranges::count(calls, true); }

}  // namespace

TEST_CASE("TE4: buggify: a place is on in some runs and often there, the same with the same seed, else with another") {
  int on = 0;
  std::set<std::vector<bool>> patterns;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Taken taken = play(seed);
    const Taken again = play(seed);
    CHECK(taken.first == again.first);
    CHECK(taken.second == again.second);
    CHECK(taken.hash == again.hash);
    for (const auto& calls : {taken.first, taken.second}) {
      if (count(calls) == 0) continue;
      ++on;
      CHECK(count(calls) > kCalls / 8);
      CHECK(count(calls) < kCalls / 2);
      patterns.insert(calls);
    }
  }
  CHECK(on > 20);
  CHECK(on < 60);
  CHECK(patterns.size() == static_cast<std::size_t>(on));
}

TEST_CASE("TE4: buggify: all places are on with a share of 1, and none with 0 or without faults") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Taken all = play(seed, 1);
    CHECK(count(all.first) > 0);
    CHECK(count(all.second) > 0);
    const Taken none = play(seed, 0);
    CHECK(count(none.first) + count(none.second) == 0);
  }
  CHECK(sim::Faults::none().buggify == 0);
}

TEST_CASE("TE4: buggify: false before, after and beside a simulation, on other threads, and in real runtimes") {
  const auto never = [] {
    for (int i = 0; i < 100; ++i) {
      if (RONDEAU_BUGGIFY("test: outside")) return false;
    }
    return true;
  };
  CHECK(never());
  sim::Runtime world(1, with(1));
  CHECK(never());
  bool elsewhere = false;
  bool here = true;
  world.block_on([&]() -> Task<void> {
    std::thread([&] { elsewhere = never(); }).join();
    here = never();
    co_return;
  });
  CHECK(elsewhere);
  CHECK_FALSE(here);
  CHECK(never());
  auto real = runtime::Builder::current_thread().build().value();
  CHECK(real.block_on([&]() -> Task<bool> { co_return never(); }));
}

TEST_CASE("TE4: buggify: the runtime's own places are taken, change no result, and are named where a run fails") {
  const support::TemporaryDirectory directory;
  std::string text;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sim::Runtime world(seed, with(1));
    std::string got;
    world.host("server", []() -> Task<void> {
      auto listener = net::TcpListener::bind("0.0.0.0:80").value();
      for (;;) {
        auto stream = (co_await listener.accept()).value();
        for (int i = 0; i < 100; ++i) {
          const std::string piece(50, static_cast<char>('a' + i % 26));
          if (!co_await stream.write_all(std::as_bytes(std::span(piece)))) break;
          for (int turns = 0; turns < 4; ++turns) co_await yield_now();
        }
      }
    });
    world.client("client", [&]() -> Task<void> {
      auto stream = (co_await net::TcpStream::connect("server", 80)).value();
      for (int i = 0; i < 100; ++i) {
        std::string piece(50, ' ');
        CHECK((co_await io::read_exact(stream, std::as_writable_bytes(std::span(piece)))).has_value());
        CHECK(piece == std::string(50, static_cast<char>('a' + i % 26)));
      }
      auto file = (co_await fs::File::create(directory.path() / "written")).value();
      for (int i = 0; i < 20; ++i) CHECK((co_await file.write_all(std::as_bytes(std::span("0123456789", 10)))).has_value());
      CHECK((co_await file.metadata()).value().len() == 200);
      world.fail("to see its text");
    });
    const auto failure = world.run();
    REQUIRE(failure);
    CHECK(failure->problem == "to see its text");
    text += failure->text;
  }
  CAPTURE(text.substr(0, 1000));
  for (const char* place : {"blocking: no place in the queue for now", "net: a write is cut short",
                            "net: the rest is asked for early", "sim: a wake without a reason"}) {
    CAPTURE(place);
    CHECK(text.find(place) != std::string::npos);
  }
}

#endif
