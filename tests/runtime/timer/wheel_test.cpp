#include "timer/wheel.h"

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/recorded_task.h"
#include "wheel_model.h"

using namespace std::chrono_literals;
using rondeau::base::Duration;
using rondeau::base::Instant;
using rondeau::detail::cancel_timer;
using rondeau::detail::TimerEntry;
using rondeau::timer::Wheel;
using rondeau::timer::WheelModel;
using support::RecordedTask;
using support::RecordingScheduler;

namespace {

struct Fixture {
  RecordingScheduler scheduler;
  Instant start = Instant::from_nanoseconds(123'456'789'012);
  int wakes_of_owner = 0;
  Wheel wheel{start, [](void* count) { ++*static_cast<int*>(count); }, &wakes_of_owner};
};

}  // namespace

TEST_CASE("TI2: timer: random operations agree with a list searched from end to end") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint8_t> moves(1500);
    for (auto& move : moves) move = static_cast<std::uint8_t>(random());
    WheelModel model(static_cast<std::int64_t>(random() >> (1 + random() % 40)));
    REQUIRE(model.play(moves) == "");
  }
}

TEST_CASE_FIXTURE(Fixture, "timer: a timer fires at the first millisecond that is not before its deadline") {
  struct Case {
    Duration after_start;
    Duration fires_at;  ///< the fixture starts 0.789012 ms after a whole millisecond... counted from that one
  };
  const Instant whole = Instant::from_nanoseconds(123'456'000'000);
  for (const auto& [after_start, fires_at] :
       {Case{1ns, 1ms}, Case{210'987ns, 1ms}, Case{210'988ns, 1ms}, Case{210'989ns, 2ms}, Case{1ms, 2ms},
        Case{63ms, 64ms}, Case{64ms, 65ms}, Case{4096ms, 4097ms}, Case{24h, 86'400'001ms}}) {
    Wheel fresh(start, [](void*) {}, nullptr);
    RecordedTask task(scheduler, 7);
    TimerEntry entry;
    REQUIRE(fresh.arm(entry, start + after_start, task.wake()));
    CHECK(fresh.advance(whole + fires_at - 1ns) == 0);
    CHECK_FALSE(entry.fired());
    CHECK(fresh.advance(whole + fires_at) == 1);
    CHECK(entry.fired());
  }
}

TEST_CASE_FIXTURE(Fixture, "timer: a deadline that has passed counts as fired when it is armed and wakes nobody") {
  RecordedTask task(scheduler, 1);
  TimerEntry first, entry;
  REQUIRE(wheel.arm(first, start + 1ms, task.wake()));
  REQUIRE(wheel.advance(start + 10ms) == 1);
  CHECK_FALSE(wheel.arm(entry, start + 5ms, task.wake()));
  CHECK(entry.fired());
  CHECK(wheel.armed() == 0);
  CHECK(scheduler.woken.size() == 1);
  cancel_timer(entry);
  CHECK_FALSE(entry.fired());
}

TEST_CASE_FIXTURE(Fixture, "timer: deadlines beyond 2^36 ms are linked again until their time has come") {
  RecordedTask task(scheduler, 1);
  TimerEntry entry;
  const Instant deadline = start + 24h * 365 * 50;
  REQUIRE(wheel.arm(entry, deadline, task.wake()));
  int turns = 0;
  for (auto next = wheel.next_deadline(); next && *next < deadline; next = wheel.next_deadline()) {
    REQUIRE(++turns < 100);
    CHECK(wheel.advance(*next) == 0);
    CHECK_FALSE(entry.fired());
  }
  CHECK(turns > 20);
  CHECK(wheel.advance(deadline + 1ms) == 1);

  REQUIRE(wheel.arm(entry, Instant::far_future(), task.wake()));
  CHECK(wheel.next_deadline().has_value());
  cancel_timer(entry);
  CHECK_FALSE(wheel.next_deadline().has_value());
}

TEST_CASE_FIXTURE(Fixture, "timer: an extended timer fires at its new deadline, though its wheel was not told") {
  RecordedTask task(scheduler, 1);
  TimerEntry entry;
  REQUIRE(wheel.arm(entry, start + 10ms, task.wake()));
  CHECK(entry.extend(start + 30s));
  CHECK_FALSE(entry.extend(start + 1s));
  CHECK(wheel.advance(start + 29s) == 0);
  CHECK(wheel.advance(start + 31s) == 1);
  CHECK_FALSE(entry.extend(start + 60s));
}

TEST_CASE_FIXTURE(Fixture, "timer: one that is detached fires without a wake, one that is attached again wakes") {
  RecordedTask task(scheduler, 1);
  TimerEntry entry;
  REQUIRE(wheel.arm(entry, start + 10ms, task.wake()));
  entry.detach();
  CHECK_FALSE(entry.awaited());
  CHECK(wheel.advance(start + 20ms) == 1);
  CHECK(scheduler.woken.empty());
  CHECK_FALSE(entry.attach(task.wake()));

  REQUIRE(wheel.arm(entry, start + 40ms, task.wake()));
  entry.detach();
  CHECK(entry.attach(task.wake()));
  CHECK(wheel.advance(start + 50ms) == 1);
  CHECK(scheduler.woken == std::vector<std::uint64_t>{1});
}

TEST_CASE_FIXTURE(Fixture, "timer: moving an awaited timer keeps its waiter, also when it becomes due at once") {
  RecordedTask task(scheduler, 1);
  TimerEntry entry;
  REQUIRE(wheel.arm(entry, start + 1h, task.wake()));
  rondeau::detail::move_timer(entry, start + 5ms);
  CHECK(wheel.advance(start + 10ms) == 1);
  CHECK(scheduler.woken.size() == 1);
  rondeau::detail::move_timer(entry, start + 20ms);
  CHECK(entry.armed());
  rondeau::detail::move_timer(entry, start);
  CHECK(entry.fired());
  CHECK(scheduler.woken.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "timer: the owner is woken by a timer earlier than its sleep, once, and not while awake") {
  RecordedTask task(scheduler, 1);
  TimerEntry late, early, earlier;
  REQUIRE(wheel.arm(late, start + 1s, task.wake()));
  CHECK(wakes_of_owner == 0);
  REQUIRE(wheel.next_deadline().has_value());
  REQUIRE(wheel.arm(early, start + 10ms, task.wake()));
  CHECK(wakes_of_owner == 1);
  REQUIRE(wheel.arm(earlier, start + 20ms, task.wake()));
  CHECK(wakes_of_owner == 1);
  wheel.advance(start);
  cancel_timer(earlier);
  REQUIRE(wheel.arm(earlier, start + 5ms, task.wake()));
  CHECK(wakes_of_owner == 1);
  for (TimerEntry* entry : {&late, &early, &earlier}) cancel_timer(*entry);
}

TEST_CASE_FIXTURE(Fixture, "timer: another worker fires what is due in its owner's absence") {
  RecordedTask task(scheduler, 1);
  TimerEntry entry, later;
  REQUIRE(wheel.arm(entry, start + 10ms, task.wake()));
  REQUIRE(wheel.arm(later, start + 1h, task.wake()));
  CHECK(wheel.next_deadline().has_value());
  CHECK_FALSE(wheel.due(start + 5ms));
  CHECK(wheel.help(start + 5ms) == 0);
  CHECK(wheel.due(start + 11ms));
  CHECK(wheel.help(start + 11ms) == 1);
  // The owner still sleeps, so a timer before the end of its sleep wakes it.
  cancel_timer(entry);
  REQUIRE(wheel.arm(entry, start + 11ms + 1ms, task.wake()));
  cancel_timer(entry);
  cancel_timer(later);
}

TEST_CASE("TI2: timer: a timer that outlives its wheel is idle afterwards") {
  RecordingScheduler scheduler;
  RecordedTask task(scheduler, 1);
  TimerEntry entry;
  {
    Wheel wheel(Instant(), [](void*) {}, nullptr);
    REQUIRE(wheel.arm(entry, Instant() + 1s, task.wake()));
  }
  CHECK_FALSE(entry.armed());
  cancel_timer(entry);
}

TEST_CASE("TI2: timer: users on one thread and a wheel that fires on another agree on what happened") {
  RecordingScheduler scheduler;
  Wheel wheel(Instant(), [](void*) {}, nullptr);
  constexpr std::size_t kTimers = 64;
  std::vector<std::unique_ptr<RecordedTask>> tasks;
  for (std::size_t i = 0; i < kTimers; ++i) tasks.push_back(std::make_unique<RecordedTask>(scheduler, i));
  std::atomic<std::int64_t> now{0};
  std::atomic<bool> over{false};
  std::thread firing([&] {
    while (!over.load(std::memory_order_relaxed)) {
      const auto present = now.fetch_add(20'000, std::memory_order_relaxed);
      wheel.advance(Instant::from_nanoseconds(present));
    }
  });
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto soon = [&] {
    return Instant::from_nanoseconds(now.load(std::memory_order_relaxed)) + Duration(random() % 20'000'000);
  };
  std::size_t ended = 0;
  for (int round = 0; round < 100; ++round) {
    // As a coroutine's frame does, the entries go away as soon as they are cancelled or have fired.
    auto entries = std::make_unique<std::array<TimerEntry, kTimers>>();
    for (std::size_t i = 0; i < kTimers; ++i) wheel.arm((*entries)[i], soon(), tasks[i]->wake());
    for (int i = 0; i < 64; ++i) {
      TimerEntry& entry = (*entries)[random() % kTimers];
      switch (random() % 4) {
        case 0:
          entry.extend(soon());
          break;
        case 1:
          entry.detach();
          break;
        case 2:
          if (entry.armed() && !entry.attach(tasks[0]->wake())) cancel_timer(entry);
          break;
        default:
          if (entry.awaited()) rondeau::detail::move_timer(entry, soon());
      }
    }
    const auto half_time = now.load() + 2'000'000;
    while (now.load() < half_time) std::this_thread::yield();
    for (TimerEntry& entry : *entries) {
      if (entry.fired()) ++ended;
      cancel_timer(entry);
    }
  }
  over = true;
  firing.join();
  CHECK(wheel.armed() == 0);
  MESSAGE(ended << " of " << 100 * kTimers << " fired before they were cancelled");
}
