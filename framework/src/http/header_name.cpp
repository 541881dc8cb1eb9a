// A perfect hash over the well-known names: one look into a table and one comparison.
#include <rondeau/http/header_name.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "http/wire_name.h"

namespace rondeau::http {

namespace {

constexpr std::array<std::string_view, kHeaderNameCount> kNames = {
    "",
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Age",
    "Allow",
    "Alt-Svc",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Security-Policy",
    "Content-Type",
    "Cookie",
    "Cross-Origin-Resource-Policy",
    "Date",
    "Deprecation",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "From",
    "Grpc-Timeout",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Event-ID",
    "Last-Modified",
    "Link",
    "Location",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Priority",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "RateLimit",
    "RateLimit-Policy",
    "Referer",
    "Referrer-Policy",
    "Retry-After",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Server-Timing",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Sunset",
    "TE",
    "Traceparent",
    "Tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
    "X-Accel-Buffering",
    "X-Api-Key",
    "X-Content-Type-Options",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Frame-Options",
    "X-Real-IP",
    "X-Request-ID",
    "X-Request-Timeout-Ms",
    "X-Requested-With",
};

constexpr unsigned kTableBits = 9;
// Found by trying odd numbers: with it no two names share a slot. A new name may need another one; fill() tells.
constexpr std::uint32_t kSeed = 0x85EB'CC59u;
constexpr std::size_t kShortest = 2;
static_assert(std::ranges::max_element(kNames, {}, &std::string_view::size)->size() == kLongestHeaderName);

/// Mixes the length, the second and the last but one character, which tell all names apart; `| 0x20` folds the case.
constexpr std::size_t slot(std::string_view name) noexcept {
  auto folded = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20); };
  std::uint32_t mixed = static_cast<std::uint32_t>(name.size()) * 0x9E37'79B1u;
  mixed = (mixed ^ folded(1)) * kSeed;
  mixed = (mixed ^ folded(name.size() - 2)) * kSeed;
  return mixed >> (32 - kTableBits);
}

using Table = std::array<HeaderName, 1u << kTableBits>;

constexpr bool fill(Table& table) {
  table.fill(HeaderName::Other);
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    HeaderName& place = table[slot(kNames[i])];
    if (place != HeaderName::Other) return false;
    place = static_cast<HeaderName>(i);
  }
  return true;
}

constexpr bool is_perfect() {
  Table table;
  return fill(table);
}
static_assert(is_perfect(), "two well-known names share a slot: change kSeed");

/// Compares eight characters at a time; `| 0x20` folds letters, and names have nothing else but hyphens.
bool same_name(std::string_view known, std::string_view name) noexcept {
  if (known.size() != name.size()) return false;
  auto folded = [](const char* at, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, count);
    return word | 0x2020'2020'2020'2020ull;
  };
  const char* left = known.data();
  const char* right = name.data();
  std::size_t rest = name.size();
  for (; rest >= 8; rest -= 8, left += 8, right += 8) {
    if (folded(left, 8) != folded(right, 8)) return false;
  }
  if (rest & 4) {
    if (folded(left, 4) != folded(right, 4)) return false;
    left += 4;
    right += 4;
  }
  for (rest &= 3; rest > 0; --rest, ++left, ++right) {
    if ((*left | 0x20) != (*right | 0x20)) return false;
  }
  return true;
}

constexpr Table kTable = [] {
  Table table;
  fill(table);
  return table;
}();

}  // namespace

constinit const std::array<std::string_view, kHeaderNameCount> kHeaderNames = kNames;
constinit const std::array<WireName, kHeaderNameCount> kWireNames = [] {
  std::array<WireName, kHeaderNameCount> all{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    char* const end = std::ranges::copy(kNames[i], all[i].text.begin()).out;
    end[0] = ':';
    end[1] = ' ';
    all[i].size = static_cast<std::uint8_t>(kNames[i].size() + 2);
  }
  return all;
}();

HeaderName find_header_name(std::string_view name) noexcept {
  if (name.size() < kShortest || name.size() > kLongestHeaderName) return HeaderName::Other;
  HeaderName found = kTable[slot(name)];
  return same_name(kNames[static_cast<std::size_t>(found)], name) ? found : HeaderName::Other;
}

}  // namespace rondeau::http
