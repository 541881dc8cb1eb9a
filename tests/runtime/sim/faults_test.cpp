// The faults that a world draws.
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/net/lookup_host.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/sim/explore.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/blocking.h>
#include <rondeau/time/timeout.h>

#include "programs.h"

using namespace programs;

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
