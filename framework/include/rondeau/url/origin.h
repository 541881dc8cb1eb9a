// Origins as browsers send them (RFC 6454 §6.1): a scheme, a host and a port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondeau::url {

/// An origin of http or https. Lifetime: the views point into the text it was parsed from.
struct Origin {
  bool secure = false;    ///< https
  std::string_view host;  ///< case as sent; with the brackets of an IPv6 address
  std::uint16_t port = 0;  ///< of the scheme, where none was said

  /// As browsers write it: lower case, without the scheme's own port.
  std::string to_string() const;
};

/// `http://host[:port]` or `https://…` with nothing behind it. "null" and other schemes give nullopt.
std::optional<Origin> parse_origin(std::string_view text) noexcept;

/// Whether `origin` has the host and the port of `authority`, which is a Host field's: one that names no port has that of
/// the origin's scheme. The scheme is not compared, since a server behind a proxy does not know its own.
bool has_authority(std::string_view origin, std::string_view authority) noexcept;

}  // namespace rondeau::url
