// CloseCode: why a WebSocket ends (RFC 6455 §7.4).
#pragma once

#include <cstdint>
#include <string>

namespace rondeau::websocket {

/// Codes from 3000 to 3999 belong to libraries, from 4000 to 4999 to the application.
enum class CloseCode : std::uint16_t {
  Normal = 1000,
  GoingAway = 1001,  ///< the server stops, or the page was left
  ProtocolError = 1002,
  Unsupported = 1003,       ///< a kind of message that is not taken here
  NoStatus = 1005,          ///< never sent: the peer gave no code
  Abnormal = 1006,          ///< never sent: the connection ended without a close frame
  InvalidData = 1007,       ///< text that is no UTF-8, or no message of the agreed form
  PolicyViolation = 1008,   ///< also: too many small frames
  TooBig = 1009,            ///< a message above the limit
  MissingExtension = 1010,  ///< a client wanted an extension
  InternalError = 1011,
  ServiceRestart = 1012,
  TryAgainLater = 1013,
  BadGateway = 1014,
};

/// Whether a close frame may carry it: 1000–1003, 1007–1014, 3000–4999.
constexpr bool may_be_sent(CloseCode code) noexcept {
  const auto number = static_cast<std::uint16_t>(code);
  return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014) || (number >= 3000 && number <= 4999);
}

/// What a close frame says, or stands for one that never came.
struct CloseReason {
  CloseCode code = CloseCode::NoStatus;
  std::string reason;  ///< UTF-8, at most 123 bytes; for logs, not for people

  bool operator==(const CloseReason&) const = default;
};

}  // namespace rondeau::websocket
