#include <rondeau/sim/explore.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>

#include "sim/trace.h"

namespace rondeau::sim {
namespace {

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text + std::strlen(text);
  if (const auto [stop, error] = std::from_chars(text, end, number); error != std::errc() || stop != end) {
    base::fail("RONDEAU_SEED and RONDEAU_SEEDS are whole numbers");
  }
  return number;
}

struct Ran {
  std::optional<Failure> failure;
  std::vector<std::uint64_t> history;
};

/// Along the history of another run of the seed, where there is one.
Ran run_once(std::uint64_t seed, const Exploration& exploration, const std::function<void(Runtime&)>& set_up,
             std::vector<std::uint64_t> followed, Explored& explored) {
  Runtime world(seed, exploration.options);
  set_up(world);
  world.follow(std::move(followed));
  Ran ran;
  ran.failure = world.run();
  ran.history = world.history();
  ++explored.runs;
  explored.steps += world.steps();
  return ran;
}

std::optional<Failure> run_seed(std::uint64_t seed, const Exploration& exploration,
                                const std::function<void(Runtime&)>& set_up, Explored& explored) {
  Ran first = run_once(seed, exploration, set_up, {}, explored);
  if (first.failure || !exploration.twice) return std::move(first.failure);
  Ran second = run_once(seed, exploration, set_up, first.history, explored);
  if (second.failure || first.history == second.history) return std::move(second.failure);
  // They differ in how the world came to its end, which no failure tells.
  const std::string problem(kRunsDiffer);
  return Failure{.seed = seed, .problem = problem, .text = "sim: seed " + std::to_string(seed) + ": " + problem + "\n"};
}

}  // namespace

Explored explore(const Exploration& exploration, const std::function<void(Runtime&)>& set_up) {
  std::vector<std::uint64_t> seeds = exploration.also;
  std::uint64_t count = exploration.seeds;
  std::optional<std::uint64_t> only;
  if (exploration.from_environment) {
    only = from_environment("RONDEAU_SEED");
    count = from_environment("RONDEAU_SEEDS").value_or(count);
  }
  if (only) {
    seeds = {*only};
  } else {
    for (std::uint64_t i = 0; i < count; ++i) seeds.push_back(exploration.first + i);
  }
  Explored explored;
  for (const std::uint64_t seed : seeds) {
    explored.failure = run_seed(seed, exploration, set_up, explored);
    if (explored.failure) break;
  }
  return explored;
}

}  // namespace rondeau::sim
