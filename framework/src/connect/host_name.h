// Names of hosts, as far as they are known without a look-up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rondeau/connect/resolver.h>

namespace rondeau::connect {

/// In lower case, without a dot at its end; nullopt for what cannot be a name (RFC 1035 §2.3.4: its length; control
/// bytes, spaces, bytes beyond ASCII).
std::optional<std::string> canonical_name(std::string_view host);

/// Of a canonical name: an address is its own answer, and localhost is this host.
std::optional<Addresses> known_addresses(const std::string& name);

}  // namespace rondeau::connect
