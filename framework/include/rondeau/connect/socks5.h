// socks5_tunnel: through a SOCKS proxy of version 5.
#pragma once

#include <optional>
#include <string>

#include <rondeau/connect/endpoint.h>

namespace rondeau::connect {

/// Name and password for the proxy (RFC 1929): 1 to 255 bytes each.
struct Socks5Login {
  std::string user;
  std::string password;
};

/// Asks the proxy to connect (RFC 1928); names of hosts are the proxy's to look up ("socks5h").
///
/// With a login both ways are offered, without and with it, and the proxy chooses. Errors, of kind Proxy: what the
/// proxy refuses, in words; an answer that is none; a name longer than 255 bytes. The password is in no error.
Tunnel socks5_tunnel(std::optional<Socks5Login> login = std::nullopt);

}  // namespace rondeau::connect
