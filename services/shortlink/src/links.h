// What a link is: the shapes of the API, and what may be stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/reflect/nullable.h>

namespace shortlink {

/// Seconds since 1970 in UTC; RFC 3339 in JSON.
using Time = std::chrono::sys_seconds;
Time now();

struct NewLink {
  std::string url;
  std::optional<std::string> alias;
  std::optional<std::int64_t> ttl_s;
};

struct Link {
  std::string id;
  std::string url;
  std::string short_url;
  Time created_at;
  rondeau::reflect::Nullable<Time> expires_at;
  std::int64_t clicks = 0;
};

struct Bucket {
  Time at;
  std::int64_t clicks = 0;
};
struct Referrer {
  std::string host;
  std::int64_t clicks = 0;
};
struct Stats {
  std::int64_t total = 0;
  std::vector<Bucket> buckets;
  std::vector<Referrer> referrers;
};

/// One redirect that was answered.
struct Click {
  std::string id;
  Time at;
  std::string referrer;  ///< host, "" for none
};

/// Why a URL is refused, or empty: http or https, at most 2,048 characters of RFC 3986, no user information, and not
/// of the host and port of `base_url` (80, 443 and none are the same port).
std::string_view why_not_url(std::string_view url, std::string_view base_url);
/// What short URLs may begin with: trimmed, and without a slash at the end. Nothing where it is no http or https URL,
/// or has a query or a fragment.
std::optional<std::string> parse_base_url(std::string_view text);
/// Why an alias is refused, or empty: ^[A-Za-z0-9_-]{3,64}$ and no name of ours.
std::string_view why_not_alias(std::string_view alias);
/// Why a time to live is refused, or empty: 1 s to 10 years.
std::string_view why_not_ttl(std::int64_t seconds);

/// 7 base-62 characters from the runtime's source of randomness.
std::string random_id();

/// The host of a Referer field, lower-cased and at most 253 bytes; "" for none.
std::string referrer_host(std::string_view referrer);

}  // namespace shortlink
