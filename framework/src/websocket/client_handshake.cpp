#include "websocket/client_handshake.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/websocket/handshake.h>

#include "websocket/extensions.h"

namespace rondeau::websocket {
namespace {

using http::HeaderName;

std::string random_key() {
  std::array<std::byte, 16> bytes;
  base::current_driver().random(bytes);
  return text::base64_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Error refuse(std::string_view why) {
  return {Errc::InvalidData, std::string(why)};
}

}  // namespace

ClientHandshake::ClientHandshake(std::vector<std::string> subprotocols, const std::optional<Compression>& compression,
                                 const http::WebSocketLimits& limits)
    : subprotocols_(std::move(subprotocols)),
      compression_(has_deflate() ? compression : std::nullopt),
      terms_{.limits = limits} {}

Result<void> ClientHandshake::check() const {
  for (auto protocol = subprotocols_.begin(); protocol != subprotocols_.end(); ++protocol) {
    if (!text::is_token(*protocol)) return Error(Errc::InvalidArgument, "a subprotocol is a token");
    if (std::find(subprotocols_.begin(), protocol, *protocol) != protocol) {
      return Error(Errc::InvalidArgument, "a subprotocol is offered once");
    }
  }
  return {};
}

void ClientHandshake::write(http::Headers& fields) {
  key_ = random_key();
  std::string protocols;
  for (const std::string& protocol : subprotocols_) protocols.append(protocols.empty() ? "" : ", ").append(protocol);
  const auto set = [&fields](HeaderName name, std::string_view value) {
    static_cast<void>(fields.set(name, value));  // all of it was checked
  };
  set(HeaderName::SecWebSocketVersion, "13");
  set(HeaderName::SecWebSocketKey, key_);
  if (!protocols.empty()) set(HeaderName::SecWebSocketProtocol, protocols);
  if (compression_) set(HeaderName::SecWebSocketExtensions, offer_deflate(*compression_));
}

Result<void> ClientHandshake::judge(const http::Headers& answer) {
  if (answer.count(HeaderName::SecWebSocketAccept) != 1 ||
      *answer.get(HeaderName::SecWebSocketAccept) != accept_of(key_)) {
    return refuse("Sec-WebSocket-Accept does not belong to the key that was sent");
  }
  RONDEAU_TRY_PLAIN(terms_.subprotocol, judge_protocol(answer));
  RONDEAU_TRY_PLAIN(terms_.deflate, judge_extensions(answer));
  return {};
}

/// As browsers do: who offers protocols gets one of them, or no WebSocket.
Result<std::string> ClientHandshake::judge_protocol(const http::Headers& answer) const {
  const std::size_t count = answer.count(HeaderName::SecWebSocketProtocol);
  if (count == 0 && subprotocols_.empty()) return std::string();
  if (count != 1) return refuse(count == 0 ? "none of the subprotocols is spoken there" : "two subprotocols");
  const std::string_view chosen = *answer.get(HeaderName::SecWebSocketProtocol);
  if (std::ranges::find(subprotocols_, chosen) == subprotocols_.end()) {
    return refuse("a subprotocol that was not offered");
  }
  return std::string(chosen);
}

Result<std::optional<DeflateTerms>> ClientHandshake::judge_extensions(const http::Headers& answer) const {
  const std::size_t count = answer.count(HeaderName::SecWebSocketExtensions);
  if (count == 0) return std::optional<DeflateTerms>();
  if (!compression_) return refuse("an extension that was not offered");
  if (count > 1) return refuse("more extensions than were offered");
  std::optional<DeflateTerms> terms = agreed_deflate(*answer.get(HeaderName::SecWebSocketExtensions), *compression_);
  if (!terms) return refuse("an extension that was not offered like that");
  return terms;
}

}  // namespace rondeau::websocket
