#include <rondeau/reflect/nearest.h>

#include <algorithm>
#include <vector>

namespace rondeau::reflect {

std::size_t edit_distance(std::string_view one, std::string_view other, std::size_t most) {
  const std::size_t difference = one.size() < other.size() ? other.size() - one.size() : one.size() - other.size();
  if (difference > most) return most + 1;
  // Three rows of the matrix of optimal string alignment.
  std::vector<std::size_t> before(other.size() + 1), above(other.size() + 1), row(other.size() + 1);
  for (std::size_t j = 0; j <= other.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[other.size()], most + 1);
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  // Longer than any name of ours: a peer chose it, and the matrix would grow with it.
  constexpr std::size_t kLongest = 128;
  if (name.size() > kLongest) return {};
  std::size_t least = name.size() <= 3 ? 2 : 3;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate, 2);
    if (distance >= least) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

}  // namespace rondeau::reflect
