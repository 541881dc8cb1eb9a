#include <rondeau/http/trusted_proxies.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace rondeau::http {
namespace {

using base::IpAddress;

std::uint8_t mask_of(unsigned bits) noexcept {
  return static_cast<std::uint8_t>(0xff00U >> std::min(bits, 8U));
}

/// The bits of `address` from `length` on are zero.
bool is_network(const IpAddress& address, unsigned length) noexcept {
  const std::size_t size = address.is_v4() ? 4 : 16;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned from = length > i * 8 ? length - static_cast<unsigned>(i) * 8 : 0;
    if ((address.bytes()[i] & ~mask_of(from) & 0xff) != 0) return false;
  }
  return true;
}

std::optional<unsigned> parse_length(std::string_view text, unsigned most) {
  unsigned length = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (failed != std::errc() || end != text.data() + text.size() || leading_zero || length > most) return std::nullopt;
  return length;
}

Error bad(const std::string& entry, const char* why) {
  return Error(Errc::InvalidArgument, "trusted proxies: \"" + entry + "\" " + why);
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> networks, ForwardedFields fields) {
  TrustedProxies parsed;
  parsed.fields_ = fields;
  for (const std::string& entry : networks) {
    if (entry == "unix") {
      parsed.unix_sockets_ = true;
      continue;
    }
    const std::size_t slash = entry.find('/');
    const Result<IpAddress> address = IpAddress::parse(std::string_view(entry).substr(0, slash));
    if (!address || address->scope() != 0) return bad(entry, "is no address, no network and not \"unix\"");
    const unsigned bits = address->is_v4() ? 32 : 128;
    unsigned length = bits;
    if (slash != std::string::npos) {
      const std::optional<unsigned> given = parse_length(std::string_view(entry).substr(slash + 1), bits);
      if (!given) return bad(entry, "has a length that is none");
      length = *given;
    }
    if (!is_network(*address, length)) return bad(entry, "has bits behind its length");
    if (address->unmapped() != *address && length < 96) return bad(entry, "is wider than the mapped addresses");
    const bool mapped = address->unmapped() != *address;
    parsed.networks_.push_back({address->unmapped(), mapped ? length - 96 : length});
  }
  return parsed;
}

bool TrustedProxies::contains(const IpAddress& address) const noexcept {
  const IpAddress wanted = address.unmapped();
  return std::ranges::any_of(networks_, [&](const Network& network) {
    if (network.address.is_v4() != wanted.is_v4()) return false;
    for (unsigned i = 0; i * 8 < network.length; ++i) {
      const std::uint8_t mask = mask_of(network.length - i * 8);
      if ((wanted.bytes()[i] & mask) != (network.address.bytes()[i] & mask)) return false;
    }
    return true;
  });
}

bool TrustedProxies::contains(const base::SocketAddress& peer) const noexcept {
  return peer.is_ip() ? contains(peer.ip()) : unix_sockets_;
}

}  // namespace rondeau::http
