// TrustedProxies: the machines whose word about a request's client counts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>

namespace rondeau::http {

/// Which fields the proxies in front set. They take away, or add to, what a client sent in them.
enum class ForwardedFields : std::uint8_t {
  Either,      ///< whichever is there; where both are and do not agree, the client's address is unknown
  Forwarded,   ///< RFC 7239
  XForwarded,  ///< X-Forwarded-For, -Proto and -Host
};

/// A list of networks. Thread safety: as for a const std::vector.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// "10.0.0.0/8", "2001:db8::/32", "127.0.0.1", and "unix" for every peer on a Unix socket.
  ///
  /// Errors: InvalidArgument naming the entry that is none, or that has bits behind its length ("10.0.0.1/8").
  static Result<TrustedProxies> parse(std::span<const std::string> networks,
                                      ForwardedFields fields = ForwardedFields::Either);

  /// A version 4 address also in its mapped form. False for every address where the list is empty.
  bool contains(const base::IpAddress& address) const noexcept;
  bool contains(const base::SocketAddress& peer) const noexcept;
  ForwardedFields fields() const noexcept { return fields_; }

 private:
  struct Network {
    base::IpAddress address;
    unsigned length;  // bits
  };

  std::vector<Network> networks_;
  ForwardedFields fields_ = ForwardedFields::Either;
  bool unix_sockets_ = false;
};

}  // namespace rondeau::http

namespace rondeau {
using http::ForwardedFields;
}  // namespace rondeau
