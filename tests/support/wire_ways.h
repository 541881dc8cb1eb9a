// The ways to send the same bytes, none of which may make a difference.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rondeau::testing {

using Pieces = std::vector<std::string_view>;

inline constexpr std::string_view kBefore = "GET /before HTTP/1.1\r\nHost: before\r\n\r\n";
inline constexpr std::string_view kMarker = "GET /marker HTTP/1.1\r\nHost: marker\r\n\r\n";

inline Pieces one_by_one(std::string_view input) {
  Pieces pieces;
  for (std::size_t i = 0; i < input.size(); ++i) pieces.push_back(input.substr(i, 1));
  return pieces;
}

/// Plays the bytes cut in two anywhere, until `play` returns a complaint, which is returned with its place.
///
/// Long inputs are long runs of one text: of these every `stride`th cut is played, and all near both ends.
template <class Play>
std::string cut_in_two(std::string_view input, std::size_t stride, Play play) {
  constexpr std::size_t near = 48;
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    const bool near_end = cut < near || input.size() - cut < near;
    if (input.size() > 2048 && !near_end && cut % stride != 0) continue;
    const std::string wrong = play(Pieces{input.substr(0, cut), input.substr(cut)});
    if (!wrong.empty()) return "cut at " + std::to_string(cut) + ": " + wrong;
  }
  return {};
}

}  // namespace rondeau::testing
