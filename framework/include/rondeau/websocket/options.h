// Options of a WebSocket route.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/http/limits.h>

namespace rondeau::websocket {

struct Options {
  /// Pages of these origins may connect beside those of this server's own host: "https://app.example.org", or "*" for
  /// all. A request that names no origin is no browser's and passes.
  std::vector<std::string> origins = {};
  /// The protocols spoken here, the preferred first. Of a client that offers none of them, none is agreed on.
  std::vector<std::string> subprotocols = {};
  /// Instead of the listener's.
  std::optional<http::WebSocketLimits> limits = std::nullopt;
};

}  // namespace rondeau::websocket
