// Fields that belong to one connection, or that whoever sends a message says himself.
#pragma once

#include <rondeau/http/header_name.h>

namespace rondeau::http {

/// Never passed on (RFC 9110 §7.6.1, and what proxies and clients say to each other).
constexpr bool is_of_connection(HeaderName name) noexcept {
  switch (name) {
    case HeaderName::Connection:
    case HeaderName::KeepAlive:
    case HeaderName::ProxyAuthenticate:
    case HeaderName::ProxyAuthorization:
    case HeaderName::ProxyConnection:
    case HeaderName::Te:
    case HeaderName::Trailer:
    case HeaderName::TransferEncoding:
    case HeaderName::Upgrade:
      return true;
    default:
      return false;
  }
}

/// What a client says of its request by itself: those, where to, and how long the body is.
constexpr bool is_of_sender(HeaderName name) noexcept {
  return is_of_connection(name) || name == HeaderName::ContentLength || name == HeaderName::Expect ||
         name == HeaderName::Host;
}

}  // namespace rondeau::http
