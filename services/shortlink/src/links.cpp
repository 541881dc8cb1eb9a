#include "links.h"

#include <algorithm>
#include <array>

#include <rondeau/base/current_driver.h>
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

}  // namespace

std::string_view why_not_url(std::string_view url, std::string_view own_host) {
  if (url.size() > kLongestUrl) return "must be at most 2048 bytes long";
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c != 0x7f && c != '\\'; });
  if (!printable) return "must be ASCII without spaces or backslashes; encode other characters with %";
  const std::optional<std::string_view> authority = authority_of(url);
  if (!authority) return "must begin with http:// or https://";
  if (authority->find('@') != std::string_view::npos) return "must not hold a user name or password";
  const auto parsed = rondeau::url::parse_authority(*authority);
  if (!parsed || parsed->host.empty()) return "must name a valid host";
  if (rondeau::text::equals_ignoring_case(*authority, own_host)) return "must not point to this service";
  return {};
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
