// Tunnel: a stream that an extended CONNECT has turned into a connection of another protocol (RFC 8441).
#pragma once

#include "http2/connection.h"
#include "http2/stream.h"

namespace rondeau::http2 {

/// Whether the request asks for one. RequestFields lets through those for a WebSocket, as upgrades.
inline bool asks_for_tunnel(const Stream& stream) noexcept {
  return stream.block.head.wants_upgrade;
}

/// Turns a response that is an upgrade into what HTTP/2 answers: 200, and a body that the protocol's bytes are. Turns one
/// that would open a tunnel by mistake into a refusal. Lifetime: both outlive the response.
void answer_tunnel(Connection& connection, Stream& stream, http::Response& response);

}  // namespace rondeau::http2
