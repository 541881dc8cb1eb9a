#include "connect/host_name.h"

#include <algorithm>

#include <rondeau/text/ascii.h>

namespace rondeau::connect {

std::optional<std::string> canonical_name(std::string_view host) {
  constexpr std::size_t kLongest = 253;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kLongest) return std::nullopt;
  if (std::ranges::any_of(host, [](char c) { return c <= ' ' || c >= 0x7f; })) return std::nullopt;
  std::string name(host);
  for (char& c : name) c = text::to_lower(c);
  return name;
}

std::optional<Addresses> known_addresses(const std::string& name) {
  if (auto address = IpAddress::parse(name)) return Addresses{*address};
  if (name == "localhost" || name.ends_with(".localhost")) {
    return Addresses{IpAddress::loopback_v4(), IpAddress::loopback_v6()};
  }
  return std::nullopt;
}

}  // namespace rondeau::connect
