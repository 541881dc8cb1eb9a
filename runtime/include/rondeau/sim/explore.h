// explore(): many seeds, each twice, until one fails.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <rondeau/sim/runtime.h>

namespace rondeau::sim {

struct Exploration {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  std::vector<std::uint64_t> also = {};  ///< seeds that failed once
  bool twice = true;              ///< a second run with another trace is a failure too
  /// RONDEAU_SEED=n: only that one. RONDEAU_SEEDS=n: so many.
  bool from_environment = true;
  Options options{};
};

struct Explored {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::optional<Failure> failure;  ///< of the first seed that failed
};

/// `set_up` gives the world its hosts and invariants; then it is run. What set_up keeps outside the world is its own to
/// make anew each time.
///
/// `auto explored = explore({.seeds = 100}, [](sim::Runtime& world) { world.host(…); world.client(…); });`
Explored explore(const Exploration& exploration, const std::function<void(Runtime&)>& set_up);

}  // namespace rondeau::sim
