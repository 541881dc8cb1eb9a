#include <rondeau/time/timeout.h>

#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/test_clock.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::armed_timers;
using support::run_paused;
using support::Stopwatch;
using time::Elapsed;

namespace {

Task<int> value_after(Duration span, int value) {
  co_await sleep_for(span);
  co_return value;
}

Task<Result<int>> result_after(Duration span, Result<int> result) {
  co_await sleep_for(span);
  co_return result;
}

/// Says in `log` when it is destroyed.
struct Witness {
  std::vector<std::string>& log;
  std::string name;
  Witness(std::vector<std::string>& where, std::string what) : log(where), name(std::move(what)) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { log.push_back(name); }
};

static_assert(std::same_as<time::Timeout<Task<int>>::Result, Result<int, Elapsed>>);
static_assert(std::same_as<time::Timeout<Task<void>>::Result, Result<void, Elapsed>>);
static_assert(std::same_as<time::Timeout<Task<Result<int>>>::Result, Result<int>>);
static_assert(std::same_as<time::Timeout<JoinHandle<int>&>::Result, Result<Result<int, JoinError>, Elapsed>>);

}  // namespace

TEST_CASE("TI3: time: a task that is ready at once wins against any deadline, without a timer") {
  run_paused([]() -> Task<void> {
    const auto ready = []() -> Task<int> { co_return 7; };
    CHECK((co_await timeout(1s, ready())).value_or(99) == 7);
    CHECK((co_await timeout(0s, ready())).value_or(99) == 7);
    CHECK((co_await timeout(-1s, ready())).value_or(99) == 7);
    CHECK((co_await timeout_at(Instant(), ready())).value_or(99) == 7);
    CHECK((co_await timeout(0s, []() -> Task<void> { co_return; }())).has_value());
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI3: time: timeout gives the task's value in time, and Elapsed at its deadline") {
  run_paused([]() -> Task<void> {
    const Stopwatch watch;
    CHECK((co_await timeout(10ms, value_after(9ms, 7))).value_or(99) == 7);
    CHECK(watch.elapsed() == 9ms);
    CHECK(armed_timers() == 0);
    const auto late = co_await timeout(10ms, value_after(11ms, 7));
    CHECK(late.error() == Elapsed());
    CHECK(Error(late.error()) == Errc::TimedOut);
    CHECK(watch.elapsed() == 19ms);
    CHECK(armed_timers() == 0);
    const auto already = co_await timeout(0s, value_after(11ms, 7));
    CHECK_FALSE(already.has_value());
    CHECK(watch.elapsed() == 19ms);
  });
}

TEST_CASE("TI3: time: over a task of Result timeout gives that Result, with TimedOut") {
  run_paused([]() -> Task<void> {
    CHECK((co_await timeout(10ms, result_after(1ms, 7))).value_or(99) == 7);
    CHECK((co_await timeout(10ms, result_after(1ms, Errc::NotFound))).error() == Errc::NotFound);
    CHECK((co_await timeout(10ms, result_after(20ms, 7))).error() == Errc::TimedOut);
  });
}

TEST_CASE("TI3: time: a task and its deadline due in the same millisecond: the task wins") {
  run_paused([]() -> Task<void> { CHECK((co_await timeout(10ms, value_after(10ms, 7))).value_or(99) == 7); });
}

TEST_CASE("TI3: time: a task that timed out is destroyed, innermost frame first, before timeout returns") {
  run_paused([]() -> Task<void> {
    std::vector<std::string> log;
    const auto inner = [](std::vector<std::string>& where) -> Task<void> {
      const Witness witness(where, "inner");
      co_await sleep_for(1h);
    };
    const auto outer = [&](std::vector<std::string>& where) -> Task<void> {
      const Witness witness(where, "outer");
      co_await inner(where);
    };
    CHECK_FALSE((co_await timeout(10ms, outer(log))).has_value());
    log.push_back("returned");
    CHECK(log == std::vector<std::string>{"inner", "outer", "returned"});
  });
}

TEST_CASE("TI3: time: an exception passes through a timeout") {
  run_paused([]() -> Task<void> {
    const auto throws = [](Duration span) -> Task<int> {
      co_await sleep_for(span);
      throw std::runtime_error("told");
    };
    for (const Duration span : {Duration(0ms), Duration(5ms)}) {
      std::string told;
      try {
        static_cast<void>(co_await timeout(10ms, throws(span)));
      } catch (const std::runtime_error& error) {
        told = error.what();
      }
      CHECK(told == "told");
    }
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI3: time: timeout takes an awaitable as it is, and gives it up in order") {
  run_paused([]() -> Task<void> {
    sync::Notify notify;
    CHECK_FALSE((co_await timeout(10ms, notify.notified())).has_value());
    notify.notify_one();
    CHECK((co_await timeout(10ms, notify.notified())).has_value());
    auto other = spawn([&]() -> Task<void> {
      co_await sleep_for(5ms);
      notify.notify_one();
    });
    const Stopwatch watch;
    CHECK((co_await timeout(10ms, notify.notified())).has_value());
    CHECK(watch.elapsed() == 5ms);
    CHECK((co_await timeout(10ms, sleep_for(3ms))).has_value());
    CHECK_FALSE((co_await timeout(3ms, sleep_for(10ms))).has_value());
    auto kept = sleep_for(10ms);
    CHECK_FALSE((co_await timeout(3ms, kept)).has_value());
    CHECK((co_await timeout(30ms, kept)).has_value());
    CHECK(armed_timers() == 0);
    static_cast<void>(co_await other);
  });
}

TEST_CASE("TI3: time: a JoinHandle that timed out can be awaited again, its task goes on") {
  run_paused([]() -> Task<void> {
    auto handle = spawn(value_after(20ms, 7));
    CHECK_FALSE((co_await timeout(10ms, handle)).has_value());
    const auto joined = co_await timeout(20ms, handle);
    CHECK(joined.value_or(JoinError(JoinError::Kind::Cancelled, TaskId{})).value_or(99) == 7);
  });
}

TEST_CASE("TI3: time: where nested timeouts are due in one millisecond the innermost tells") {
  run_paused([]() -> Task<void> {
    // Begun together: the inner timers are armed before the outer ones.
    const auto third = []() -> Task<Result<int>> { co_return co_await timeout(10ms, result_after(1h, 0)); };
    const auto second = [&]() -> Task<Result<int>> {
      const auto result = co_await timeout(10ms, third());
      if (!result) co_return result.error().with("second");
      co_return result;
    };
    const auto result = co_await timeout(10ms, second());
    CHECK(result.error().context() == "second");

    // Begun one after the other: a phase that ends with the whole.
    const auto phases = []() -> Task<Result<int>> {
      co_await sleep_for(4ms);
      const auto phase = co_await timeout(6ms, result_after(1h, 0));
      if (!phase) co_return phase.error().with("phase");
      co_return phase;
    };
    const auto whole = co_await timeout(10ms, phases());
    CHECK(whole.error().context() == "phase");
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI3: time: timeouts, selects and joins nest either way") {
  run_paused([]() -> Task<void> {
    const auto first_of = [](Duration a, Duration b) -> Task<std::size_t> {
      co_return (co_await select(sleep_for(a), losing(value_after(b, 1)))).index();
    };
    CHECK((co_await timeout(10ms, first_of(5ms, 1h))).value_or(99) == 0u);
    CHECK((co_await timeout(10ms, first_of(1h, 5ms))).value_or(99) == 1u);
    CHECK_FALSE((co_await timeout(10ms, first_of(1h, 1h))).has_value());
    {
      const auto won = co_await select(losing(timeout(20ms, value_after(1h, 1))), losing(timeout(10ms, value_after(1h, 2))));
      CHECK(won.index() == 1);
    }
    {
      auto [a, b] = co_await join(timeout(20ms, value_after(5ms, 1)), timeout(10ms, value_after(1h, 2)));
      CHECK(a.value_or(99) == 1);
      CHECK_FALSE(b.has_value());
    }
    const auto deep = [](auto self, int depth) -> Task<Result<int>> {
      if (depth == 0) co_return co_await timeout(1h, result_after(5ms, 7));
      co_return co_await timeout(1h, self(self, depth - 1));
    };
    CHECK((co_await deep(deep, 200)).value_or(99) == 7);
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI3: time: a branch with an open scope is waited for when time runs out") {
  run_paused([]() -> Task<void> {
    std::vector<std::string> log;
    const auto scoped = [](std::vector<std::string>& where) -> Task<Result<int>> {
      co_return co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> {
        scope
            .spawn([&]() -> Task<void> {
              const Witness child(where, "child");
              co_await sleep_for(1h);
            })
            .detach();
        const Witness body(where, "body");
        co_await sleep_for(1h);
        co_return 0;
      });
    };
    CHECK((co_await timeout(10ms, scoped(log))).error() == Errc::TimedOut);
    log.push_back("returned");
    CHECK(log == std::vector<std::string>{"child", "body", "returned"});
    CHECK(armed_timers() == 0);
  });
}

TEST_CASE("TI3: time: a task that is aborted inside timeouts is destroyed with its timers") {
  run_paused([]() -> Task<void> {
    for (int suspensions = 0; suspensions < 6; ++suspensions) {
      std::vector<std::string> log;
      auto task = spawn([&]() -> Task<void> {
        const Witness outer(log, "outer");
        const auto inner = [&]() -> Task<void> {
          const Witness witness(log, "inner");
          for (int i = 0; i < 3; ++i) co_await yield_now();
          co_await sleep_for(1h);
        };
        const auto middle = [&]() -> Task<void> { static_cast<void>(co_await timeout(1h, inner())); };
        static_cast<void>(co_await timeout(2h, middle()));
      });
      for (int i = 0; i <= suspensions; ++i) co_await yield_now();
      task.abort();
      CHECK((co_await task).error().is_cancelled());
      CHECK((log.empty() || log == std::vector<std::string>{"inner", "outer"}));
      CHECK(armed_timers() == 0);
    }
  });
}

TEST_CASE("TI3: time: a task that yields for ever is still timed out") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const auto busy = []() -> Task<void> {
      for (;;) co_await yield_now();
    };
    CHECK_FALSE((co_await timeout(5ms, busy())).has_value());
    // One that uses up its budget instead of yielding.
    const auto greedy = []() -> Task<void> {
      sync::Notify notify;
      for (;;) {
        notify.notify_one();
        co_await notify.notified();
      }
    };
    CHECK_FALSE((co_await timeout(5ms, greedy())).has_value());
  });
}

TEST_CASE("TI3: time: a million timeouts over ready tasks need no more stack than one") {
  run_paused([]() -> Task<void> {
    const auto ready = []() -> Task<int> { co_return 1; };
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += *(co_await timeout(1s, ready()));
    CHECK(sum == 1'000'000);
  });
}

TEST_CASE("TI3: time: on several workers a timeout and its task race without losing either") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<int>> racers;
    for (int i = 0; i < 100; ++i) {
      racers.push_back(spawn(
          [](unsigned choices) -> Task<int> {
            int in_time = 0;
            for (int round = 0; round < 20; ++round, choices = choices * 1664525 + 1013904223) {
              const auto limit = std::chrono::microseconds(choices >> 8 & 2047);
              const auto span = std::chrono::microseconds(choices >> 20 & 2047);
              const Stopwatch watch;
              const auto result = co_await timeout(limit, value_after(span, round));
              if (result) {
                CHECK(*result == round);
                ++in_time;
              } else {
                CHECK(watch.elapsed() >= limit);
              }
            }
            co_return in_time;
          },
          static_cast<unsigned>(random())));
    }
    int in_time = 0;
    for (auto& racer : racers) in_time += (co_await racer).value();
    CHECK(in_time > 0);
    CHECK(in_time < 2000);
  });
}
