#include <rondeau/connect/address_policy.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace rondeau::connect {
namespace {

struct Range {
  IpAddress first;
  unsigned bits;

  constexpr bool has(const IpAddress& address) const noexcept {
    for (unsigned bit = 0; bit < bits; bit += 8) {
      const unsigned left = std::min(bits - bit, 8u);
      const auto mask = static_cast<std::uint8_t>(0xff00u >> left);
      if (((first.bytes()[bit / 8] ^ address.bytes()[bit / 8]) & mask) != 0) return false;
    }
    return true;
  }
};

constexpr Range v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, unsigned bits) {
  return {IpAddress::v4(a, b, c, 0), bits};
}

/// The first eight bytes; the rest is zero.
constexpr Range v6(std::array<std::uint8_t, 8> first, unsigned bits) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(first.begin(), first.end(), bytes.begin());
  return {IpAddress::v6(bytes), bits};
}

// IANA's registry of special-purpose addresses, where "globally reachable" is not true (RFC 6890).
constexpr std::array kSpecialV4 = {
    v4(0, 0, 0, 8),        // this network
    v4(10, 0, 0, 8),       // private
    v4(100, 64, 0, 10),    // shared, behind carriers' translators
    v4(127, 0, 0, 8),      // loopback
    v4(169, 254, 0, 16),   // link-local; metadata of clouds
    v4(172, 16, 0, 12),    // private
    v4(192, 0, 0, 24),     // protocol assignments
    v4(192, 0, 2, 24),     // documentation
    v4(192, 88, 99, 24),   // 6to4 relays, deprecated
    v4(192, 168, 0, 16),   // private
    v4(198, 18, 0, 15),    // benchmarks
    v4(198, 51, 100, 24),  // documentation
    v4(203, 0, 113, 24),   // documentation
    v4(224, 0, 0, 4),      // multicast
    v4(240, 0, 0, 4),      // reserved, broadcast
};

// Within 2000::/3, outside of which no version 6 address is reachable from everywhere.
constexpr std::array kSpecialV6 = {
    v6({0x20, 0x01}, 23),              // protocol assignments, ORCHID, benchmarks (but see Teredo)
    v6({0x20, 0x01, 0x0d, 0xb8}, 32),  // documentation
    v6({0x3f, 0xff}, 20),              // documentation
};

constexpr Range kReachableV6 = v6({0x20}, 3);
constexpr Range kTeredo = v6({0x20, 0x01}, 32);
constexpr Range k6to4 = v6({0x20, 0x02}, 16);
constexpr Range kNat64 = v6({0x00, 0x64, 0xff, 0x9b}, 96);

/// The version 4 address in the bytes from `offset` on.
IpAddress inner(const IpAddress& address, std::size_t offset, std::uint8_t flip = 0) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(address.bytes()[offset + i] ^ flip); };
  return IpAddress::v4(byte(0), byte(1), byte(2), byte(3));
}

}  // namespace

bool is_public(const IpAddress& given) noexcept {
  const IpAddress address = given.unmapped();
  const auto holds = [&address](const Range& range) { return range.has(address); };
  if (address.is_v4()) return std::ranges::none_of(kSpecialV4, holds);
  if (kNat64.has(address)) return is_public(inner(address, 12));
  if (!kReachableV6.has(address)) return false;
  if (kTeredo.has(address)) return is_public(inner(address, 12, 0xff));  // RFC 4380 §4: the client's, inverted
  if (k6to4.has(address)) return is_public(inner(address, 2));
  return std::ranges::none_of(kSpecialV6, holds);
}

AddressPolicy AddressPolicy::public_only() {
  return custom([](const SocketAddress& address) { return address.is_ip() && is_public(address.ip()); });
}

}  // namespace rondeau::connect
