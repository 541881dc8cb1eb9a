// "Did you mean": the known name nearest to a misspelt one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace rondeau::reflect {

/// Insertions, removals, replacements and swaps of neighbours between `one` and `other`, or `most` + 1 when it is more.
std::size_t edit_distance(std::string_view one, std::string_view other, std::size_t most);

/// The candidate at a distance of at most 2 (1 for names of up to three characters), the first of the nearest;
/// empty when there is none.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace rondeau::reflect
