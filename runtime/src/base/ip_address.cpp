#include <rondeau/base/ip_address.h>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace rondeau::base {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A number, or the name of an interface.
Result<std::uint32_t> parse_scope(const std::string& text) {
  std::uint32_t scope = 0;
  const char* end = text.data() + text.size();
  if (auto [stopped, error] = std::from_chars(text.data(), end, scope); error == std::errc() && stopped == end) {
    return scope;
  }
  scope = ::if_nametoindex(text.c_str());
  if (scope == 0) return Errc::InvalidData;
  return scope;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants a terminated string; a NUL inside would end it early and hide the rest.
  if (text.size() > INET6_ADDRSTRLEN + IF_NAMESIZE || text.find('\0') != text.npos) return Errc::InvalidData;
  const std::size_t percent = text.find('%');
  const std::string host(text.substr(0, percent));
  IpAddress made;
  if (percent == text.npos && ::inet_pton(AF_INET, host.c_str(), made.bytes_.data()) == 1) return made;
  if (::inet_pton(AF_INET6, host.c_str(), made.bytes_.data()) != 1) return Errc::InvalidData;
  made.six_ = true;
  if (percent != text.npos) {
    RONDEAU_TRY_PLAIN(made.scope_, parse_scope(std::string(text.substr(percent + 1))));
  }
  return made;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(six_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof(text));
  std::string whole(text);
  if (scope_ != 0) whole += '%' + std::to_string(scope_);
  return whole;
}

bool IpAddress::is_loopback() const noexcept {
  const IpAddress plain = unmapped();
  return plain.six_ ? plain.bytes_ == loopback_v6().bytes_ : plain.bytes_[0] == 127;
}

bool IpAddress::is_unspecified() const noexcept {
  return std::ranges::all_of(bytes_, [](std::uint8_t byte) { return byte == 0; });
}

IpAddress IpAddress::unmapped() const noexcept {
  if (!six_ || !std::equal(kMapped.begin(), kMapped.end(), bytes_.begin())) return *this;
  return v4(bytes_[12], bytes_[13], bytes_[14], bytes_[15]);
}

}  // namespace rondeau::base

std::size_t std::hash<rondeau::base::IpAddress>::operator()(const rondeau::base::IpAddress& address) const noexcept {
  const std::string_view bytes(reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size());
  return std::hash<std::string_view>()(bytes) ^ (std::size_t{address.scope()} << 1) ^ (address.is_v6() ? 1 : 0);
}
