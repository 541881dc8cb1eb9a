#include <rondeau/url/authority.h>

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>

namespace rondeau::url {

namespace {

// unreserved and sub-delims (RFC 3986 §3.2.2); `%` is checked apart, and may not hide a NUL.
constexpr std::array<bool, 256> kRegNameChars = [] {
  std::array<bool, 256> table{};
  for (char c : std::string_view("-._~!$&'()*+,;=0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// The length of the registered name that `text` begins with; 0 when a `%` in it is none.
std::size_t reg_name_length(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (kRegNameChars[static_cast<unsigned char>(*at)]) {
      ++at;
    } else if (*at == '%') {
      if (end - at < 3 || text::hex_value(at[1]) < 0 || text::hex_value(at[2]) < 0) return 0;
      if (at[1] == '0' && at[2] == '0') return 0;
      at += 3;
    } else {
      break;
    }
  }
  return static_cast<std::size_t>(at - text.data());
}

bool is_reg_name(std::string_view host) noexcept {
  return !host.empty() && reg_name_length(host) == host.size();
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

constexpr int kNoPort = -1;

bool parse_port(std::string_view digits, int& port) noexcept {
  if (digits.empty()) return true;
  int value = 0;
  for (char c : digits) {
    if (!text::is_digit(c)) return false;
    value = value * 10 + (c - '0');
    if (value > 65535) return false;
  }
  port = value;
  return true;
}

/// Finds the end of the host, and the port behind it.
bool cut(std::string_view text, std::size_t& host, int& port) noexcept {
  if (text.starts_with('[')) {
    host = std::min(text.find(']'), text.size() - 1) + 1;
    if (!is_valid_host(text.substr(0, host))) return false;
  } else {
    host = reg_name_length(text);
    if (host == 0) return false;
  }
  if (host == text.size()) return true;
  return text[host] == ':' && parse_port({text.data() + host + 1, text.size() - host - 1}, port);
}

}  // namespace

bool is_valid_host(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2));
  return is_reg_name(host);
}

bool is_valid_authority(std::string_view text) noexcept {
  std::size_t host = 0;
  int port = kNoPort;
  return cut(text, host, port);
}

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  std::size_t host = 0;
  int port = kNoPort;
  if (!cut(text, host, port)) return std::nullopt;
  Authority result{text.substr(0, host), std::nullopt};
  if (port != kNoPort) result.port = static_cast<std::uint16_t>(port);
  return result;
}

}  // namespace rondeau::url
