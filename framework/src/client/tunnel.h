// A way through an HTTP proxy: the method CONNECT (RFC 9110 §9.3.6).
#pragma once

#include <optional>
#include <string>

#include <rondeau/connect/endpoint.h>
#include <rondeau/crypto/secret.h>

namespace rondeau::client {

/// `authorization` is the value of Proxy-Authorization, which nobody but the proxy sees. Its time is bounded from
/// outside.
connect::Tunnel connect_tunnel(std::optional<crypto::Secret<std::string>> authorization);

}  // namespace rondeau::client
