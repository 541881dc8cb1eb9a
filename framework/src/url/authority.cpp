#include <rondeau/url/authority.h>

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>

namespace rondeau::url {

namespace {

// unreserved and sub-delims (RFC 3986 §3.2.2); `%` is checked apart.
constexpr std::array<bool, 256> kRegNameChars = [] {
  std::array<bool, 256> table{};
  for (char c : std::string_view("-._~!$&'()*+,;=0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_reg_name(std::string_view host) noexcept {
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      if (host.size() - i < 3 || text::hex_value(host[i + 1]) < 0 || text::hex_value(host[i + 2]) < 0) return false;
      i += 2;
    } else if (!kRegNameChars[static_cast<unsigned char>(host[i])]) {
      return false;
    }
  }
  return !host.empty();
}

bool is_ipv4(std::string_view address) noexcept {
  for (int part = 0; part < 4; ++part) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < address.size() && text::is_digit(address[digits]) && digits < 3) {
      value = value * 10 + (address[digits++] - '0');
    }
    if (digits == 0 || value > 255 || (digits > 1 && address[0] == '0')) return false;
    address.remove_prefix(digits);
    if (part < 3) {
      if (!address.starts_with('.')) return false;
      address.remove_prefix(1);
    }
  }
  return address.empty();
}

/// Without brackets and zone: groups of up to four digits, at most one `::`, perhaps IPv4 at the end.
bool is_ipv6(std::string_view address) noexcept {
  int groups = 0;
  bool gap = false;
  if (address.starts_with("::")) {
    gap = true;
    address.remove_prefix(2);
  }
  while (!address.empty()) {
    std::size_t digits = 0;
    while (digits < address.size() && text::hex_value(address[digits]) >= 0) ++digits;
    if (digits < address.size() && address[digits] == '.') return is_ipv4(address) && (gap ? groups <= 5 : groups == 6);
    if (digits == 0 || digits > 4) return false;
    ++groups;
    address.remove_prefix(digits);
    if (address.empty()) break;
    if (address.starts_with("::")) {
      if (gap) return false;
      gap = true;
      address.remove_prefix(2);
    } else if (address.starts_with(':') && address.size() > 1) {
      address.remove_prefix(1);
    } else {
      return false;
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

bool parse_port(std::string_view digits, std::optional<std::uint16_t>& port) noexcept {
  if (digits.empty()) return true;
  unsigned value = 0;
  for (char c : digits) {
    if (!text::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65535) return false;
  }
  port = static_cast<std::uint16_t>(value);
  return true;
}

}  // namespace

bool is_valid_host(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2));
  return is_reg_name(host);
}

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  Authority result;
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = std::min(text.find(']'), text.size() - 1) + 1;
    if (!is_valid_host(text.substr(0, end))) return std::nullopt;
  } else {
    while (end < text.size() && text[end] != ':') ++end;
    if (!is_reg_name(text.substr(0, end))) return std::nullopt;
  }
  result.host = text.substr(0, end);
  if (end == text.size()) return result;
  if (text[end] != ':' || !parse_port(text.substr(end + 1), result.port)) return std::nullopt;
  return result;
}

}  // namespace rondeau::url
