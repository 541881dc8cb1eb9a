// WebSocket frames: any bytes, cut in any way, give one verdict. The first byte chooses the role, the limits and
// what is agreed on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/frame_player.h"

using namespace rondeau;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto self = (data[0] & 1) == 0 ? websocket::Role::Server : websocket::Role::Client;
  http::WebSocketLimits limits;
  if ((data[0] & 2) != 0) {
    // Small bounds, so that short inputs reach them.
    limits.max_message = 100;
    limits.max_small_fragments = 3;
    limits.control_burst = 3;
  }
  std::optional<websocket::DeflateTerms> deflate;
  if ((data[0] & 4) != 0 && websocket::has_deflate()) deflate.emplace().peer_forgets = (data[0] & 8) == 0;
  const std::string whole = support::play_frames(input, input.size() + 1, self, limits, deflate);
  if (support::play_frames(input, 1, self, limits, deflate) != whole) std::abort();
  if (support::play_frames(input, 5, self, limits, deflate) != whole) std::abort();
  return 0;
}
