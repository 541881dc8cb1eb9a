// A way through an HTTP proxy: the method CONNECT (RFC 9110 §9.3.6).
#pragma once

#include <optional>
#include <string>

#include <rondeau/connect/address_policy.h>
#include <rondeau/connect/endpoint.h>
#include <rondeau/connect/resolver.h>
#include <rondeau/crypto/secret.h>

namespace rondeau::client {

/// `authorization` is the value of Proxy-Authorization, which nobody but the proxy sees. Its time is bounded from
/// outside.
connect::Tunnel connect_tunnel(std::optional<crypto::Secret<std::string>> authorization);
/// The same tunnel for the first address of the target that the policy allows: the proxy is told no name.
connect::Tunnel by_address(connect::Tunnel tunnel, connect::Resolver resolver, connect::AddressPolicy policy);

}  // namespace rondeau::client
