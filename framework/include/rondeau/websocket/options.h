// Options of a WebSocket route.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/http/limits.h>

namespace rondeau::websocket {

/// permessage-deflate (RFC 7692): used where the client offers it, by builds with zlib. What a client gives is what it
/// offers; then the figures below belong to the other one.
///
/// Each message is compressed by itself, unless a context is taken over from the one before: better by far for many
/// that are alike, and paid for with memory of each open WebSocket. Secrets and what an attacker chooses do not belong
/// into one message, nor into one context: its length tells what is alike.
struct Compression {
  bool server_context_takeover = false;  ///< 256 KiB
  bool client_context_takeover = false;  ///< 44 KiB
  std::size_t smallest = 256;            ///< bytes of a message that is compressed
};

struct Options {
  /// Pages of these origins may connect beside those of this server's own host: "https://app.example.org", or "*" for
  /// all. A request that names no origin is no browser's and passes.
  std::vector<std::string> origins = {};
  /// The protocols spoken here, the preferred first. Of a client that offers none of them, none is agreed on.
  std::vector<std::string> subprotocols = {};
  std::optional<Compression> compression = Compression{};
  /// Instead of the listener's.
  std::optional<http::WebSocketLimits> limits = std::nullopt;
};

}  // namespace rondeau::websocket
