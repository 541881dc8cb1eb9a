// Runs a simulated program for many seeds, with those of seeds.txt that it failed once.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/sim/explore.h>

namespace programs {

inline std::vector<std::uint64_t> seeds_that_failed(std::string_view program) {
  std::ifstream file(RONDEAU_FAILED_SEEDS);
  REQUIRE(file.good());
  std::vector<std::uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    const std::size_t space = line.find(' ');
    if (line.substr(0, space) == program) seeds.push_back(std::stoull(line.substr(space)));
  }
  return seeds;
}

/// 100 seeds, or RONDEAU_SEEDS of them, each twice; RONDEAU_SEED=n is one.
inline void run_seeds(std::string_view program, const rondeau::sim::Options& options,
                      const std::function<void(rondeau::sim::Runtime&)>& set_up) {
  const auto explored = rondeau::sim::explore({.also = seeds_that_failed(program), .options = options}, set_up);
  CHECK_MESSAGE(!explored.failure, explored.failure->text);
  MESSAGE(program, ": ", explored.runs, " runs, ", explored.steps, " steps");
}

}  // namespace programs
