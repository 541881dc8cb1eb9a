#include "sim/rare_branches.h"

#include "sim/world.h"

namespace rondeau::sim {
namespace {

constexpr double kOften = 0.25;

/// FNV-1a: the same in every process.
std::uint64_t hash(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

bool RareBranches::takes(std::string_view name) noexcept {
  auto found = places_.find(name);
  if (found == places_.end()) {
    Random random(detail::mix_seed(seed_) ^ hash(name));
    const bool on = random.chance(share_);
    found = places_.emplace(name, Place{.random = random, .on = on}).first;
  }
  Place& place = found->second;
  if (!place.on || !place.random.chance(kOften)) return false;
  ++place.taken;
  world_.happens(What::RareBranch, World::kNoHost, hash(name) & 0xffffffff);
  return true;
}

std::string RareBranches::taken() const {
  std::string text;
  for (const auto& [name, place] : places_) {
    if (place.taken == 0) continue;
    text += (text.empty() ? "\"" : ", \"") + name + "\" (" + std::to_string(place.taken) + ')';
  }
  return text;
}

}  // namespace rondeau::sim
