// Which rare branches a run takes (RONDEAU_BUGGIFY).
//
// Whether a place is on, and when it is taken, is drawn from the seed and the place's name alone. So a place that is added,
// or off, changes nothing for the others: a run in which it is off is the run of before.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <rondeau/base/buggify.h>

#include "sim/random.h"

namespace rondeau::sim {

class World;

class RareBranches final : public base::Buggifier {
 public:
  /// `share` of the places are on.
  RareBranches(World& world, std::uint64_t seed, double share) noexcept : world_(world), seed_(seed), share_(share) {}

  bool takes(std::string_view place) noexcept override;
  /// Those that were taken, by name; empty: none.
  std::string taken() const;

 private:
  struct Place {
    Random random;
    bool on;
    std::uint64_t taken = 0;
  };

  World& world_;
  const std::uint64_t seed_;
  const double share_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace rondeau::sim
