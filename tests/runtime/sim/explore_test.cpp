#include <rondeau/sim/explore.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/sim/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

#include "programs.h"

using namespace programs;

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
  const std::string& text = explored.failure->text;
  CAPTURE(text);
  CHECK(text.find("replay: RONDEAU_SEED=1 ") != std::string::npos);
  // The timer rang later in the second run.
  CHECK(text.find("another in the second run:") < text.find("client looks at its timers, worker 0\nreplay:"));
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
