#include <rondeau/connect/pool.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/sim/explore.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "framework/connect/fakes.h"

using namespace rondeau;
using namespace std::chrono_literals;
using fakes::Manager;
using fakes::Pool;

namespace {

Task<int> use(Pool pool) {
  auto slot = co_await pool.acquire();
  if (!slot) co_return -1;
  co_await yield_now();
  co_return (*slot)->id;
}

/// How often the long tests repeat themselves: RONDEAU_ROUNDS, or once.
int rounds() {
  const char* const text = std::getenv("RONDEAU_ROUNDS");
  return text != nullptr ? std::max(std::atoi(text), 1) : 1;
}

/// All permits are there: so many connections can be had at once as the pool may have.
Task<bool> is_whole(Pool pool, std::size_t max) {
  std::vector<Pool::Slot> slots;
  for (std::size_t i = 0; i < max; ++i) {
    auto slot = co_await pool.acquire({.timeout = 10s});
    if (!slot) co_return false;
    slots.push_back(*std::move(slot));
  }
  const auto stats = pool.stats();
  co_return stats.in_use == max&& stats.waiting == 0 && stats.connecting == 0;
}

}  // namespace

TEST_CASE("connect: an acquire destroyed at any point leaves the pool whole") {
  test::run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 2});
    CHECK(co_await use(pool) == 0);
    for (int i = 0; i < 5; ++i) co_await yield_now();  // the keeper lives from here on
    // With a dial of its own; then with an idle connection.
    const auto dialling = co_await test::CancelEverywhere{
        [&] {
          static_cast<void>(pool.evict_idle(2));
          return use(pool);
        },
        [&](std::optional<int>) {
          return is_whole(pool, 2);
        }}.run();
    CHECK(dialling.suspensions == 2);
    const auto idle = co_await test::CancelEverywhere{
        [&] { return use(pool); },
        [&](std::optional<int>) {
          return is_whole(pool, 2);
        }}.run();
    CHECK(idle.suspensions == 1);
  });
}

TEST_CASE("connect: a grant that its waiter does not live to take goes to the next, who did not ask later") {
  test::run([]() -> Task<void> {
    Pool pool(std::make_shared<Manager>(), {.max = 1});
    std::optional held((co_await pool.acquire()).value());
    auto first = spawn(use(pool));
    co_await yield_now();
    auto second = spawn(use(pool));
    for (int i = 0; i < 5; ++i) co_await yield_now();
    CHECK(pool.stats().waiting == 2);
    held.reset();  // given to the first, who has not run yet
    first.abort();
    CHECK((co_await second).value() == 0);
    CHECK((co_await first).error().is_cancelled());
    CHECK(co_await is_whole(pool, 1));
  });
}

TEST_CASE("connect: who gives up while a dial is under way costs the pool nothing; the connection is the next one's") {
  test::run(
      []() -> Task<void> {
        auto manager = std::make_shared<Manager>();
        manager->dial_time = 100ms;
        Pool pool(manager, {.max = 1});
        CHECK_FALSE((co_await pool.acquire({.timeout = 50ms})).has_value());
        CHECK(pool.stats().connecting == 1);
        const auto began = Instant::now();
        CHECK((co_await use(pool)) == 0);
        CHECK(began.elapsed() == 50ms);
        CHECK(manager->dials == 1);
      },
      {.start_paused = true});
}

TEST_CASE("connect: ten thousand waits, dials and hand-overs cancelled at random leave a whole pool") {
  const auto seed = std::random_device()();
  INFO("seed ", seed);
  test::run(
      [seed]() -> Task<void> {
        std::mt19937 random(seed);
        auto manager = std::make_shared<Manager>();
        manager->dial_time = 2ms;
        Pool pool(manager, {.max = 3, .slow_wait = 1h, .backoff = {.base = 1ms, .cap = 4ms}});
        std::vector<JoinHandle<int>> tasks;
        int served = 0;
        for (int round = 0; round < 10'000 * rounds(); ++round) {
          if (random() % 20 == 0 && manager->refusals_left() == 0) manager->refuse({"refused"});
          if (random() % 50 == 0) static_cast<void>(pool.evict_idle(1));
          tasks.push_back(spawn([pool, span = Duration(std::chrono::milliseconds(random() % 4)),
                                 patience = Duration(std::chrono::milliseconds(random() % 30)),
                                 fresh = random() % 8 == 0]() -> Task<int> {
            auto slot = co_await pool.acquire({.fresh = fresh, .timeout = patience});
            if (!slot) co_return 0;
            if (span == 3ms) slot->discard();
            co_await sleep_for(span);
            co_return 1;
          }));
          if (random() % 3 == 0) tasks[random() % tasks.size()].abort();
          if (random() % 4 == 0) co_await sleep_for(1ms);
          if (tasks.size() > 50) {
            for (auto& task : tasks) served += (co_await task).value_or(0);
            tasks.clear();
            const auto stats = pool.stats();
            REQUIRE(stats.in_use == 0);
            REQUIRE(stats.waiting == 0);
            REQUIRE(stats.open + stats.connecting <= 3);
          }
        }
        for (auto& task : tasks) served += (co_await task).value_or(0);
        CHECK(served > 1000);
        CHECK(co_await is_whole(pool, 3));
      },
      {.start_paused = true});
}

TEST_CASE("connect: on two workers, too, nothing is lost and nobody is served twice") {
  test::run(
      []() -> Task<void> {
        auto manager = std::make_shared<Manager>();
        Pool pool(manager, {.max = 3, .slow_wait = 1h});
        std::vector<JoinHandle<int>> tasks;
        const auto users = std::make_shared<std::array<std::atomic<int>, 4096>>();
        for (int i = 0; i < 3000 * rounds(); ++i) {
          tasks.push_back(spawn([pool, users, i]() -> Task<int> {
            auto slot = co_await pool.acquire({.fresh = i % 16 == 0});
            if (!slot) co_return 0;
            std::atomic<int>& user = users->at(static_cast<std::size_t>((*slot)->id) % users->size());
            struct Use {  // gone before the connection is given back, also where the task is cancelled
              std::atomic<int>& user;
              const bool alone = user.fetch_add(1) == 0;
              ~Use() { user.fetch_sub(1); }
            };
            const Use use{user};
            co_await yield_now();
            if (i % 7 == 0) slot->discard();
            co_return use.alone ? 1 : -1;
          }));
          if (i % 5 == 0) tasks[static_cast<std::size_t>(i) / 2].abort();
          if (i % 11 == 0) static_cast<void>(pool.evict_idle(1));
          if (i % 100 == 0) co_await yield_now();
        }
        for (auto& task : tasks) CHECK((co_await task).value_or(1) != -1);
        CHECK(manager->living->load() <= 3);
        CHECK(co_await is_whole(pool, 3));
      },
      {.flavor = test::Flavor::MultiThread, .workers = 2});
}

TEST_CASE("connect: in a hundred simulated worlds the pool keeps its bounds and its order of service") {
  const auto explored = sim::explore({.seeds = 100}, [](sim::Runtime& world) {
    world.client("main", []() -> Task<void> {
      auto manager = std::make_shared<Manager>();
      manager->dial_time = 3ms;
      manager->refuse({"refused"}, 2);
      Pool pool(manager, {.max = 2, .min_idle = 1, .slow_wait = 1h});
      std::vector<JoinHandle<int>> tasks;
      for (int i = 0; i < 20; ++i) tasks.push_back(spawn(use(pool)));
      for (int i = 0; i < 20; i += 3) tasks[static_cast<std::size_t>(i)].abort();
      for (auto& task : tasks) {
        if (const auto id = co_await task; id && *id < 0) throw std::runtime_error("not served");
      }
      if (manager->most_dialling > 2) throw std::runtime_error("more dials than connections allowed");
      if (!co_await is_whole(pool, 2)) throw std::runtime_error("a permit was lost");
      co_await pool.close();
      if (*manager->living != 0) throw std::runtime_error("a connection was left");
    });
  });
  CHECK_MESSAGE(!explored.failure, (explored.failure ? explored.failure->text : ""));
}
