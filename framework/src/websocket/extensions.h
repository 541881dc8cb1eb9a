// Sec-WebSocket-Extensions: what a client offers of permessage-deflate, what a server makes of it, and what the client
// makes of that (RFC 7692 §5, §7.1).
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

/// What a client offers: one form of the extension, and the field's whole value.
std::string offer_deflate(const Compression& ours);
/// What that has become, by the server's answer; nothing where it is no answer to the offer: another extension, or more
/// than one, an unknown parameter, one twice, a value that is none of its, a context that is taken over though we have
/// asked to forget it.
std::optional<DeflateTerms> agreed_deflate(std::string_view answer, const Compression& ours);

}  // namespace rondeau::websocket
