// Sec-WebSocket-Extensions: what a client offers of permessage-deflate, and what is made of it (RFC 7692 §5, §7.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rondeau/websocket/options.h>

#include "websocket/deflate.h"

namespace rondeau::websocket {

struct AcceptedDeflate {
  DeflateTerms terms;
  std::string answer;  ///< the field's value
};

/// The first offer of the list that can be accepted; nothing where none can: an unknown parameter, one twice, a value
/// that is none of its, or where none may be, and a window of 8 bits, which zlib does not make, decline an offer.
std::optional<AcceptedDeflate> accept_deflate(std::string_view offers, const Compression& ours);

}  // namespace rondeau::websocket
