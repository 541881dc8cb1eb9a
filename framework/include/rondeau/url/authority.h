// Host and port as they stand in a Host field or an absolute target (RFC 3986 §3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rondeau::url {

/// A host that is a registered name, an IPv4 address or an IPv6 address in brackets, and a port if one was given.
struct Authority {
  std::string_view host;              ///< with the brackets of an IPv6 address; case as sent
  std::optional<std::uint16_t> port;  ///< "host:" with nothing behind counts as none
};

/// Cuts and checks `host[:port]`. User info, bad characters, a port above 65,535 and an empty host give nullopt.
/// Lifetime: the views point into `text`.
std::optional<Authority> parse_authority(std::string_view text) noexcept;

/// True where parse_authority() gives something.
bool is_valid_authority(std::string_view text) noexcept;
/// True for a registered name, an IPv4 address, or `[IPv6]`.
bool is_valid_host(std::string_view host) noexcept;

}  // namespace rondeau::url
