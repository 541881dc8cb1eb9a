#include "links.h"

#include <algorithm>
#include <array>

#include <rondeau/base/current_driver.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace shortlink {
namespace {

constexpr std::size_t kLongestUrl = 2048;
constexpr std::array<std::string_view, 10> kReserved{"links", "healthz", "readyz",       "startupz",   "metrics",
                                                     "docs",  "admin",   "openapi.json", "robots.txt", "favicon.ico"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Whether there are only characters that RFC 3986 knows, each % with its two digits.
bool is_uri_text(std::string_view text) {
  constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return false;
      if (rondeau::text::hex_value(text[i + 1]) < 0 || rondeau::text::hex_value(text[i + 2]) < 0) return false;
      i += 2;
    } else if (!is_word(text[i]) && kMarks.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// The authority of an absolute http URL, or nothing.
std::optional<std::string_view> authority_of(std::string_view url) {
  for (const std::string_view scheme : {std::string_view("https://"), std::string_view("http://")}) {
    if (url.size() <= scheme.size() || !rondeau::text::equals_ignoring_case(url.substr(0, scheme.size()), scheme))
      continue;
    const std::string_view rest = url.substr(scheme.size());
    return rest.substr(0, rest.find_first_of("/?#"));
  }
  return std::nullopt;
}

/// An address, or labels as they are in the DNS, the last of which may end with a dot.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) return true;  // parse_authority() has looked inside
  if (host.ends_with('.')) host.remove_suffix(1);
  for (;;) {
    const std::string_view label = host.substr(0, host.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), is_word)) return false;
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

bool is_same_place(rondeau::url::Authority one, rondeau::url::Authority other) {
  for (auto* each : {&one, &other}) {
    if (each->host.ends_with('.')) each->host.remove_suffix(1);
    if (each->port == 443) each->port = 80;
  }
  return one.port.value_or(80) == other.port.value_or(80) && rondeau::text::equals_ignoring_case(one.host, other.host);
}

}  // namespace

Time now() {
  return std::chrono::floor<std::chrono::seconds>(rondeau::base::wall_clock());
}

std::string_view why_not_url(std::string_view url, std::string_view base_url) {
  constexpr std::string_view kCharacters = "may hold only the characters of RFC 3986; encode others with %";
  if (url.size() > kLongestUrl) return "must be at most 2048 bytes long";
  if (!is_uri_text(url)) return kCharacters;
  const std::optional<std::string_view> authority = authority_of(url);
  if (!authority) return "must begin with http:// or https://";
  if (authority->find('@') != std::string_view::npos) return "must not hold a user name or password";
  const auto parsed = rondeau::url::parse_authority(*authority);
  if (!parsed || !is_host(parsed->host)) return "must name a valid host";
  const std::string_view rest(authority->end(), url.end());
  if (rest.find_first_of("[]") != std::string_view::npos || rest.find('#') != rest.rfind('#')) return kCharacters;
  const auto own = rondeau::url::parse_authority(authority_of(base_url).value_or(""));
  if (own && is_same_place(*parsed, *own)) return "must not point to this service";
  return {};
}

std::optional<std::string> parse_base_url(std::string_view text) {
  text = rondeau::text::trim(text);
  if (!why_not_url(text, "").empty() || text.find_first_of("?#") != std::string_view::npos) return std::nullopt;
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

std::string_view why_not_alias(std::string_view alias) {
  if (alias.size() < 3 || alias.size() > 64) return "must have 3 to 64 characters";
  if (!std::all_of(alias.begin(), alias.end(), is_word)) return "must consist of letters, digits, '_' and '-'";
  if (std::find(kReserved.begin(), kReserved.end(), alias) != kReserved.end()) return "is a name of this service";
  return {};
}

std::string_view why_not_ttl(std::int64_t seconds) {
  constexpr std::int64_t kTenYears = std::int64_t{10} * 366 * 24 * 3600;
  return seconds < 1 || seconds > kTenYears ? "must be from 1 second to 10 years" : std::string_view();
}

std::string random_id() {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string id;
  while (id.size() < 7) {
    std::array<std::byte, 16> bytes;
    rondeau::base::current_driver().random(bytes);
    for (const std::byte byte : bytes) {
      // 6 bits, of which two values are passed over, so that all characters are equally likely.
      const auto bits = std::to_integer<std::size_t>(byte) & 63;
      if (bits < kDigits.size() && id.size() < 7) id += kDigits[bits];
    }
  }
  return id;
}

std::string referrer_host(std::string_view referrer) {
  const std::optional<std::string_view> authority = authority_of(referrer);
  if (!authority) return {};
  const auto parsed = rondeau::url::parse_authority(*authority);
  if (!parsed) return {};
  return rondeau::text::to_lower(parsed->host.substr(0, 253));
}

}  // namespace shortlink
