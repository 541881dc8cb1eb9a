#include <chrono>
#include <future>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/wall_clock.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::run_paused;
using support::Stopwatch;
namespace test = runtime::test;

TEST_CASE("TI6: time: a paused clock stands still while anything runs") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    auto sleeper = spawn([]() -> Task<void> { co_await sleep_for(1ms); });
    for (int i = 0; i < 1000; ++i) co_await yield_now();
    CHECK(watch.elapsed() == 0ms);
    CHECK_FALSE(sleeper.is_finished());
    static_cast<void>(co_await sleeper);
    CHECK(watch.elapsed() == 1ms);
  });
}

TEST_CASE("TI6: time: advance fires timers in order, lets what they woke come to rest, and ends at its instant") {
  run_paused([]() -> Task<void> {
    const Instant begin = Instant::now();
    std::vector<long> seen;
    const auto note = [&] { seen.push_back((Instant::now() - begin) / 1us); };
    auto late = spawn([&]() -> Task<void> {
      co_await sleep_for(30ms);
      note();
    });
    auto chain = spawn([&]() -> Task<void> {
      for (int i = 0; i < 3; ++i) {
        co_await sleep_for(5ms);
        for (int turns = 0; turns < 5; ++turns) co_await yield_now();
        note();
      }
    });
    co_await test::advance(20'500us);
    CHECK(seen == std::vector<long>{5'000, 10'000, 15'000});
    CHECK(Instant::now() - begin == 20'500us);
    co_await test::advance(9'500us);
    CHECK(seen.back() == 30'000);
    CHECK(late.is_finished());
    co_await test::advance(0s);
    CHECK(Instant::now() - begin == 30ms);
    static_cast<void>(co_await chain);
  });
}

TEST_CASE("TI6: time: a running blocking call holds the paused clock, but not an advance") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    std::promise<void> begun, go;
    auto call = spawn_blocking([&] {
      begun.set_value();
      go.get_future().wait();
    });
    begun.get_future().wait();
    co_await test::advance(1h);
    CHECK(watch.elapsed() == 1h);
    auto sleeper = spawn([&]() -> Task<void> {
      co_await sleep_for(1h);
      CHECK(call.is_finished());
    });
    go.set_value();
    static_cast<void>(co_await sleeper);
    CHECK(watch.elapsed() == 2h);
    static_cast<void>(co_await call);
  });
}

TEST_CASE("TI6: time: the paused clock does not jump between the end of a blocking call and its task") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    auto later = spawn([]() -> Task<void> { co_await sleep_for(1h); });
    for (int i = 0; i < 2000; ++i) static_cast<void>(co_await blocking([] {}));
    CHECK(watch.elapsed() == 0h);
    later.abort();
  });
}

TEST_CASE("TI6: time: the end of a blocking call that comes while the runtime falls asleep is not overlooked") {
  support::run_paused([]() -> Task<void> {
    const auto calls = []() -> Task<void> {
      for (int i = 0; i < 10'000; ++i) {
        CHECK((co_await blocking([] {})).has_value());
        co_await sleep_for(1ms);  // by then the call's thread may still be on its way out
      }
    };
    std::vector<JoinHandle<void>> all;
    for (int i = 0; i < 4; ++i) all.push_back(spawn(calls()));
    for (auto& each : all) CHECK((co_await each).has_value());
  });
}

TEST_CASE("TI6: time: a resumed clock goes on from where it stood, and the wall clock with it") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const auto real_time = base::wall_clock();
    test::pause();
    const Instant paused = Instant::now();
    const auto wall = base::wall_clock();
    CHECK(wall - real_time < 1min);
    co_await sleep_for(24h);
    CHECK(base::wall_clock() - wall == 24h);
    test::resume();
    CHECK(Instant::now() - paused >= 24h);
    const Stopwatch watch;
    co_await sleep_for(2ms);
    CHECK(watch.elapsed() >= 2ms);
    CHECK(watch.elapsed() < 1h);
    test::pause();
    CHECK(Instant::now() - paused < 24h + 1min);
    test::resume();
  });
  CHECK(base::wall_clock() - base::WallTime(std::chrono::system_clock::now()) < 1min);
}
