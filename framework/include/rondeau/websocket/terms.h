// Terms: what the two ends have agreed on in their handshake.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <rondeau/http/limits.h>

namespace rondeau::websocket {

/// Of permessage-deflate, as our end sees it.
struct DeflateTerms {
  int our_window = 15;         ///< bits, of what we compress
  bool we_forget = true;       ///< our no_context_takeover: each message stands alone
  bool peer_forgets = true;    ///< the peer's
  std::size_t smallest = 256;  ///< bytes of a message that is worth it

  bool operator==(const DeflateTerms&) const = default;
};

struct Terms {
  http::WebSocketLimits limits = {};
  std::string subprotocol = {};
  std::optional<DeflateTerms> deflate = {};
  std::string label = {};  ///< route and request id, for log lines
};

}  // namespace rondeau::websocket
