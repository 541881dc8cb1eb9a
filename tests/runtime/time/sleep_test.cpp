#include <rondeau/time/sleep.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::armed_timers;
using support::run_paused;
using support::Stopwatch;

namespace {

template <class Number>
concept SleepsWithoutUnit = requires(Number number) { time::sleep_for(number); };
static_assert(!SleepsWithoutUnit<int> && !SleepsWithoutUnit<double>);

Task<void> note_after(Duration span, int name, std::vector<int>& order) {
  co_await sleep_for(span);
  order.push_back(name);
}

}  // namespace

TEST_CASE("TI2: time: a sleep ends at its deadline, whatever its length") {
  run_paused([]() -> Task<void> {
    for (const Duration span : {Duration(1ms), Duration(63ms), Duration(64ms), Duration(65ms), Duration(4096ms),
                                Duration(1h), Duration(24h * 800)}) {
      const Stopwatch watch;
      co_await sleep_for(span);
      CHECK(watch.elapsed() == span);
    }
  });
}

TEST_CASE("TI2: time: a sleep that is no whole number of milliseconds ends within the millisecond after, never early") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    co_await sleep_for(1500us);
    CHECK(watch.elapsed() == 2ms);
  });
}

TEST_CASE("TI2: time: a sleep of nothing, or until an instant gone by, does not suspend") {
  run_paused([]() -> Task<void> {
    bool others_ran = false;
    auto other = spawn([&]() -> Task<void> {
      others_ran = true;
      co_return;
    });
    co_await sleep_for(0s);
    co_await sleep_for(-1s);
    co_await sleep_until(Instant::now());
    co_await sleep_until(Instant::now() - 1h);
    CHECK_FALSE(others_ran);
    static_cast<void>(co_await other);
  });
}

TEST_CASE("TI2: time: sleepers wake in the order of their deadlines") {
  run_paused([]() -> Task<void> {
    std::vector<int> order;
    co_await join(note_after(30ms, 3, order), note_after(10ms, 1, order), note_after(2h, 4, order),
                  note_after(20ms, 2, order));
    CHECK(order == std::vector{1, 2, 3, 4});
  });
}

TEST_CASE("TI2: time: a sleep that is kept can be awaited again, and is ready once it elapsed") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    auto sleep = sleep_for(10ms);
    CHECK_FALSE(sleep.is_elapsed());
    CHECK(sleep.deadline() == Instant::now() + 10ms);
    co_await sleep;
    CHECK(sleep.is_elapsed());
    co_await sleep;
    CHECK(watch.elapsed() == 10ms);
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI2: time: a kept sleep goes on through a select that another branch wins") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    auto limit = sleep_for(10ms);
    int rounds = 0;
    for (;;) {
      const auto won = co_await select(sleep_for(3ms), limit);
      if (won.is<1>()) break;
      ++rounds;
      CHECK(armed_timers() == 1);
    }
    CHECK(rounds == 3);
    CHECK(watch.elapsed() == 10ms);
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI2: time: reset moves a sleep that is awaited, later or earlier, and again after it ended") {
  run_paused([]() -> Task<void> {
    for (const Duration after : {Duration(50ms), Duration(3h), Duration(6ms), Duration(5ms), Duration(0ms)}) {
      const Stopwatch watch;
      auto sleep = sleep_for(10ms);
      co_await join([](auto& awaited) -> Task<void> { co_await awaited; }(sleep),
                    [](auto& moved, Instant deadline) -> Task<void> {
                      co_await sleep_for(5ms);
                      moved.reset(deadline);
                      CHECK(moved.deadline() == deadline);
                    }(sleep, Instant::now() + after));
      CHECK(watch.elapsed() == std::max(after, Duration(5ms)));
      CHECK(sleep.is_elapsed());

      sleep.reset(Instant::now() + 7ms);
      CHECK_FALSE(sleep.is_elapsed());
      const Stopwatch again;
      co_await sleep;
      CHECK(again.elapsed() == 7ms);
    }
  });
}

TEST_CASE("TI2: time: reset in the moment in which the sleep fired makes it wait again") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    auto sleep = sleep_for(10ms);
    // Both are due at once and both wakes are on their way; the first branch is asked first.
    co_await join(
        [](auto& moved) -> Task<void> {
          co_await sleep_for(10ms);
          CHECK(moved.is_elapsed());
          moved.reset(Instant::now() + 10ms);
        }(sleep),
        [](auto& awaited) -> Task<void> { co_await awaited; }(sleep))
        .biased();
    CHECK(watch.elapsed() == 20ms);
  });
}

TEST_CASE("TI2: time: a sleep that is given up leaves nothing in the wheel") {
  run_paused([]() -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      auto task = spawn([]() -> Task<void> { co_await sleep_for(1h); });
      co_await yield_now();
      co_await yield_now();
      CHECK(armed_timers() == 1);
      task.abort();
      CHECK((co_await task).error().is_cancelled());
      CHECK(armed_timers() == 0);
    }
    {
      const auto never_awaited = sleep_for(1h);
    }
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI2: time: a sleep may outlive the task and the runtime that awaited it") {
  auto sleep = std::make_unique<time::Sleep>(Instant::now() + 1h, false);
  run_paused([&]() -> Task<void> {
    sleep->reset(Instant::now() + 10ms);
    auto task = spawn([&]() -> Task<void> { co_await *sleep; });
    co_await yield_now();
    co_await yield_now();
    task.abort();
    static_cast<void>(co_await task);
    CHECK(armed_timers() == 1);
    co_await sleep_for(20ms);
    CHECK(sleep->is_elapsed());
    sleep->reset(Instant::now() + 1h);
    static_cast<void>(co_await select(sleep_for(1ms), *sleep));
    CHECK(armed_timers() == 1);
  });
  run_paused([&]() -> Task<void> {
    sleep->reset(Instant::now() + 10ms);
    const Stopwatch watch;
    co_await *sleep;
    CHECK(watch.elapsed() == 10ms);
  });
}

TEST_CASE("TI2: time: on several workers and the real clock no sleep is early") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const int early = runtime.block_on([&]() -> Task<int> {
    std::vector<JoinHandle<int>> sleepers;
    for (int i = 0; i < 500; ++i) {
      sleepers.push_back(spawn(
          [](Duration first, Duration second) -> Task<int> {
            int early_here = 0;
            for (const Duration span : {first, second}) {
              const Stopwatch watch;
              co_await sleep_for(span);
              if (watch.elapsed() < span) ++early_here;
            }
            co_return early_here;
          },
          std::chrono::microseconds(random() % 30'000), std::chrono::microseconds(random() % 3'000)));
    }
    int sum = 0;
    for (auto& sleeper : sleepers) sum += *(co_await sleeper);
    co_return sum;
  });
  CHECK(early == 0);
}
