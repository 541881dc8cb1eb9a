#include "server/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <rondeau/base/assert.h>
#include <rondeau/base/ip_address.h>

namespace rondeau::server {
namespace {

using base::IpAddress;
using base::SocketAddress;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kText = "PROXY ";
constexpr std::size_t kLongestLine = 107;  // with its end
constexpr std::size_t kFixed = 16;         // of version 2, before the addresses
constexpr std::size_t kUnixAddress = 108;
constexpr std::uint8_t kChecksum = 0x03;  // PP2_TYPE_CRC32C

std::size_t number_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[at]) << 8 | static_cast<std::uint8_t>(bytes[at + 1]));
}

/// The field up to the next space, which is taken away, too. Nothing: there is none.
std::optional<std::string_view> next_field(std::string_view& line) noexcept {
  const std::size_t end = line.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(end + 1);
  return field;
}

std::optional<IpAddress> parse_address(std::string_view text, bool six) {
  const Result<IpAddress> parsed = IpAddress::parse(text);
  if (!parsed || parsed->is_v4() == six || parsed->scope() != 0) return std::nullopt;
  return *parsed;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (failed != std::errc() || end != text.data() + text.size() || leading_zero) return std::nullopt;
  return port;
}

/// CRC-32C (RFC 3720 appendix B.4), over `bytes` with four zeros at `hole`.
std::uint32_t checksum(std::string_view bytes, std::size_t hole) noexcept {
  std::uint32_t sum = ~std::uint32_t{0};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum ^= i - hole < 4 ? 0 : static_cast<std::uint8_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (0x82F63B78 & (0 - (sum & 1)));
  }
  return ~sum;
}

/// What a proxy adds: each with a kind and a length. A checksum among them has to be right.
bool extras_are_sound(std::string_view header, std::size_t at) noexcept {
  while (at < header.size()) {
    if (header.size() - at < 3) return false;
    const std::size_t length = number_at(header, at + 1);
    const std::size_t content = at + 3;
    if (header.size() - content < length) return false;
    if (static_cast<std::uint8_t>(header[at]) == kChecksum) {
      if (length != 4) return false;
      const std::size_t told = number_at(header, content) << 16 | number_at(header, content + 2);
      if (told != checksum(header, content)) return false;
    }
    at = content + length;
  }
  return true;
}

}  // namespace

ProxyHeader::Status ProxyHeader::feed(std::string_view bytes) {
  RONDEAU_ASSERT(bytes.size() <= missing());
  seen_.append(bytes);
  const std::string_view seen = seen_;
  if (seen.starts_with(kSignature.substr(0, seen.size()))) {
    status_ = read_binary();
  } else if (seen.starts_with(kText.substr(0, seen.size()))) {
    status_ = read_text();
  } else {
    status_ = Status::Refused;
  }
  return status_;
}

ProxyHeader::Status ProxyHeader::read_text() {
  const std::string_view seen = seen_;
  const std::size_t end = seen.find_first_of("\r\n");
  if (end == std::string_view::npos) {
    if (seen.size() + 2 > kLongestLine) return Status::Refused;
    missing_ = seen.size() < 15 ? 15 - seen.size() : 2;
    return Status::More;
  }
  if (seen[end] == '\n') return Status::Refused;
  if (end + 1 == seen.size()) {
    missing_ = 1;
    return seen.size() < kLongestLine ? Status::More : Status::Refused;
  }
  const bool is_end = seen[end + 1] == '\n' && end + 2 == seen.size();
  return is_end && read_line(seen.substr(0, end)) ? Status::Complete : Status::Refused;
}

bool ProxyHeader::read_line(std::string_view line) {
  line.remove_prefix(kText.size());
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return true;
  const auto family = next_field(line);
  if (family != "TCP4" && family != "TCP6") return false;
  const bool six = family == "TCP6";
  const auto from = next_field(line);
  const auto to = next_field(line);
  const auto from_port = next_field(line);
  if (!from || !to || !from_port || !parse_address(*to, six) || !parse_port(line)) return false;
  const auto address = parse_address(*from, six);
  const auto port = parse_port(*from_port);
  if (!address || !port) return false;
  source_.emplace(*address, *port);
  return true;
}

ProxyHeader::Status ProxyHeader::read_binary() {
  const std::string_view seen = seen_;
  if (seen.size() < kFixed) {
    missing_ = kFixed - seen.size();
    return Status::More;
  }
  const std::size_t size = kFixed + number_at(seen, 14);
  if (size > kLongest) return Status::Refused;
  if (seen.size() < size) {
    missing_ = size - seen.size();
    return Status::More;
  }
  const unsigned version_and_command = static_cast<std::uint8_t>(seen[12]);
  if (version_and_command == 0x20) return Status::Complete;  // LOCAL: whatever it says of addresses
  return version_and_command == 0x21 && read_addresses(seen.substr(kFixed)) ? Status::Complete : Status::Refused;
}

bool ProxyHeader::read_addresses(std::string_view addresses) {
  std::size_t length = 0;
  switch (static_cast<std::uint8_t>(seen_[13])) {
    case 0x00:  // unspecified: its length is that of all there is
      return true;
    case 0x11: {
      length = 12;
      if (addresses.size() < length) return false;
      const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(addresses[i]); };
      source_.emplace(IpAddress::v4(byte(0), byte(1), byte(2), byte(3)), static_cast<std::uint16_t>(number_at(addresses, 8)));
      break;
    }
    case 0x21: {
      length = 36;
      if (addresses.size() < length) return false;
      std::array<std::uint8_t, 16> bytes;
      std::ranges::transform(addresses.substr(0, 16), bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
      source_.emplace(IpAddress::v6(bytes), static_cast<std::uint16_t>(number_at(addresses, 32)));
      break;
    }
    case 0x31:  // a Unix socket on the proxy's machine: no address of ours
      length = 2 * kUnixAddress;
      if (addresses.size() < length) return false;
      break;
    default:  // datagrams, and what there is not
      return false;
  }
  return extras_are_sound(seen_, kFixed + length);
}

}  // namespace rondeau::server
