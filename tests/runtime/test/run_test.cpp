#include <doctest/doctest.h>

#include <rondeau/test/run.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <rondeau/net/unix_stream.h>
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/check.h>
#include <rondeau/time/sleep.h>

#include "failures.h"
#include "support/aborts.h"

using namespace rondeau;
using namespace std::chrono_literals;
using test_test::Failures;

namespace {

Task<int> value_after(Duration span) {
  co_await sleep_for(span);
  co_return 7;
}

/// Which branch wins, ten times.
Task<std::string> wins() {
  std::string text;
  for (int i = 0; i < 10; ++i) text += std::to_string((co_await select(losing(value_after(0s)), losing(value_after(0s)))).index());
  co_return text;
}

}  // namespace

TEST_CASE("TE1: test::run gives the body's result, on the flavour that was asked for") {
  CHECK(test::run([] { return value_after(1ms); }) == 7);
  CHECK(test::run([]() -> Task<std::size_t> { co_return runtime::Handle::current().metrics().num_workers(); },
                  {.flavor = test::Flavor::MultiThread, .workers = 3}) == 3);
  test::run([number = std::make_unique<int>(3)]() -> Task<void> {
    co_await yield_now();
    CHECK(*number == 3);
  });
}

TEST_CASE("TE1: with start_paused a long sleep takes no time, and a seed fixes what is random") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(test::run([] { return value_after(100h); }, {.start_paused = true}) == 7);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  const std::string first = test::run(wins, {.seed = 11});
  CHECK(test::run(wins, {.seed = 11}) == first);
}

TEST_CASE("TE1: an exception of the body passes on") {
  CHECK_THROWS_AS(test::run([]() -> Task<void> {
                    co_await yield_now();
                    throw std::runtime_error("body");
                  }),
                  std::runtime_error);
}

TEST_CASE("TE1: tasks, timers and descriptors that are left are told, with the place of the test") {
  for (const test::Flavor flavor : {test::Flavor::CurrentThread, test::Flavor::MultiThread}) {
    {
      const Failures failures;
      const unsigned line = __LINE__ + 1;
      test::run([]() -> Task<void> { spawn(value_after(1h)).detach(); co_await sleep_for(2ms); }, {.flavor = flavor});
      CHECK(Failures::one("a test left in its runtime: 1 live task, 1 armed timer"));
      CHECK(Failures::line() == line);
    }
    {
      const Failures failures;
      std::shared_ptr<std::pair<net::UnixStream, net::UnixStream>> kept;
      test::run([&kept]() -> Task<void> {
        kept = std::make_shared<std::pair<net::UnixStream, net::UnixStream>>(net::UnixStream::pair().value());
        co_return;
      }, {.flavor = flavor});
      CHECK(Failures::one("a test left in its runtime: 2 registered descriptors"));
    }
  }
}

TEST_CASE("TE1: frames that are left are told") {
  const Failures failures;
  Task<int> kept;
  test::run([&kept]() -> Task<void> {
    kept = value_after(1s);
    co_return;
  });
  CHECK(Failures::one("a test left behind 1 frame"));
  discard(std::move(kept));
}

TEST_CASE("TE1: what still ends by itself is waited for") {
  for (const test::Flavor flavor : {test::Flavor::CurrentThread, test::Flavor::MultiThread}) {
    test::run([]() -> Task<void> {
      for (int i = 0; i < 100; ++i) spawn(value_after(5ms)).detach();
      co_return;
    }, {.flavor = flavor});
  }
}

TEST_CASE("TE1: past its limit a test is told of with its tasks, and the process ends") {
  const unsigned line = __LINE__ + 2;
  const std::string said = support::said_at_abort([] {
    test::run([]() -> Task<void> { spawn(value_after(1h)).detach(); co_await sleep_for(1h); }, {.limit = 30ms});
  });
  CHECK(support::contains(said, "awaits sleep (due in"));
  CHECK(support::contains(said, "spawned at run_test.cpp:" + std::to_string(line)));
  CHECK(support::contains(said, "a test was not over after 30 ms"));
  CHECK(support::contains(said, "run_test.cpp:" + std::to_string(line) + ","));
}

TEST_CASE("TE1: without a test framework a failure ends the process with its sentence") {
  const std::string said = support::said_at_abort([] {
    base::set_test_failure_handler(nullptr);
    test::run([]() -> Task<void> { spawn(value_after(1h)).detach(); co_return; });
  });
  CHECK(support::contains(said, "rondeau: a test left in its runtime: 1 live task"));
}
