#include <rondeau/time/interval.h>

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::run_paused;
using time::MissedTickBehavior;

namespace {

/// The next ticks: when each was due and when it came, in milliseconds since `begin`.
Task<std::vector<std::pair<long, long>>> ticks(time::Interval& every, Instant begin, int count) {
  std::vector<std::pair<long, long>> seen;
  const auto milliseconds = [&](Instant at) { return static_cast<long>((at - begin) / 1ms); };
  for (int i = 0; i < count; ++i) {
    const Instant due = co_await every.tick();
    seen.emplace_back(milliseconds(due), milliseconds(Instant::now()));
  }
  co_return seen;
}

using Ticks = std::vector<std::pair<long, long>>;

}  // namespace

TEST_CASE("TI4: time: an interval ticks at once, then every period, and tells when each tick was due") {
  run_paused([]() -> Task<void> {
    const Instant begin = Instant::now();
    auto every = interval(10ms);
    CHECK(every.period() == 10ms);
    CHECK(co_await ticks(every, begin, 4) == Ticks{{0, 0}, {10, 10}, {20, 20}, {30, 30}});
    auto from = interval_at(begin + 100ms, 7ms);
    CHECK(co_await ticks(from, begin, 3) == Ticks{{100, 100}, {107, 107}, {114, 114}});
  });
}

TEST_CASE("TI4: time: what follows a missed tick is as the behaviour says, and 5 ms late is not missed") {
  struct Case {
    const char* name;
    MissedTickBehavior behavior;
    Duration busy;
    Ticks expected;  ///< after the first tick at 0
  };
  const std::vector<Case> cases{
      {"burst", MissedTickBehavior::Burst, 35ms, {{10, 35}, {20, 35}, {30, 35}, {40, 40}, {50, 50}}},
      {"delay", MissedTickBehavior::Delay, 35ms, {{10, 35}, {45, 45}, {55, 55}}},
      {"skip", MissedTickBehavior::Skip, 35ms, {{10, 35}, {40, 40}, {50, 50}}},
      {"skip, exactly at a tick", MissedTickBehavior::Skip, 30ms, {{10, 30}, {40, 40}}},
      {"delay, 5 ms late", MissedTickBehavior::Delay, 15ms, {{10, 15}, {20, 20}, {30, 30}}},
      {"delay, 6 ms late", MissedTickBehavior::Delay, 16ms, {{10, 16}, {26, 26}}},
      {"skip, 5 ms late", MissedTickBehavior::Skip, 15ms, {{10, 15}, {20, 20}}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    run_paused([&]() -> Task<void> {
      const Instant begin = Instant::now();
      auto every = interval(10ms);
      every.set_missed_tick_behavior(one.behavior);
      CHECK(every.missed_tick_behavior() == one.behavior);
      static_cast<void>(co_await every.tick());
      co_await sleep_for(one.busy);
      CHECK(co_await ticks(every, begin, static_cast<int>(one.expected.size())) == one.expected);
    });
  }
}

TEST_CASE("TI4: time: resetting an interval moves its next tick") {
  run_paused([]() -> Task<void> {
    auto every = interval(10ms);
    const Instant begin = Instant::now();
    static_cast<void>(co_await every.tick());
    co_await sleep_for(3ms);
    every.reset();
    CHECK(co_await ticks(every, begin, 2) == Ticks{{13, 13}, {23, 23}});
    every.reset_immediately();
    CHECK(co_await ticks(every, begin, 2) == Ticks{{23, 23}, {33, 33}});
    every.reset_after(50ms);
    CHECK(co_await ticks(every, begin, 2) == Ticks{{83, 83}, {93, 93}});
    every.reset_at(begin + 200ms);
    CHECK(co_await ticks(every, begin, 2) == Ticks{{200, 200}, {210, 210}});
  });
}

TEST_CASE("TI4: time: a tick that is given up is not consumed") {
  run_paused([]() -> Task<void> {
    const Instant begin = Instant::now();
    auto every = interval_at(begin + 10ms, 10ms);
    for (int i = 0; i < 3; ++i) {
      const auto won = co_await select(sleep_for(3ms), every.tick());
      CHECK(won.index() == 0);
    }
    CHECK(support::armed_timers() == 0);
    CHECK(co_await every.tick() == begin + 10ms);
  });
}
