#include "client/keep_alive.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <rondeau/text/ascii.h>

namespace rondeau::client {

using namespace std::chrono_literals;

std::optional<Duration> idle_time_of(std::string_view value) noexcept {
  constexpr std::string_view kName = "timeout=";
  constexpr std::int64_t kMost = 24 * 60 * 60;  // no connection of ours lives for longer
  std::optional<std::int64_t> least;
  text::ListItems items(value);
  for (std::string_view item; items.next(item);) {
    if (!text::equals_ignoring_case(item.substr(0, kName.size()), kName)) continue;
    item.remove_prefix(kName.size());
    std::int64_t seconds = 0;
    if (item.empty()) return std::nullopt;
    for (const char c : item) {
      if (!text::is_digit(c)) return std::nullopt;
      seconds = std::min(kMost, seconds * 10 + (c - '0'));
    }
    least = std::min(seconds, least.value_or(seconds));
  }
  if (!least) return std::nullopt;
  return *least == 1 ? Duration(500ms) : Duration(std::max<std::int64_t>(*least - 1, 0) * 1s);
}

}  // namespace rondeau::client
