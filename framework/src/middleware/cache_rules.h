// What RFC 9111 says about one request and its answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::middleware {

using Seconds = std::chrono::seconds;

/// Of Cache-Control (§5.2). A number that is none counts as 0, of two the smaller one.
struct CacheDirectives {
  bool no_store = false;
  bool no_cache = false;
  bool is_private = false;
  bool is_public = false;
  bool must_revalidate = false;
  bool only_if_cached = false;
  std::optional<Seconds> max_age;
  std::optional<Seconds> s_maxage;
  std::optional<Seconds> min_fresh;

  void read(std::string_view list);
};

/// `Pragma: no-cache` stands in for Cache-Control where there is none (§5.4).
CacheDirectives directives_of(const http::Request& request);
CacheDirectives directives_of(const http::Headers& headers);

/// Whether the request has credentials, or something found out whose it is: its answer is for nobody else.
bool says_who_asks(const http::Request& request);
/// How long a shared cache may keep the answer (§3, §4.2.1); nullopt: not at all.
std::optional<Seconds> lifetime_of(const http::Request& request, const http::Response& response);

/// How old an answer is that comes now: what Age says, or the time since its Date, whichever is more (§4.2.3).
Seconds age_of(const http::Headers& answer);

/// The fields that the answer depends on, by the request's values; nullopt for `Vary: *`.
using VaryValues = std::vector<std::pair<std::string, std::string>>;
std::optional<VaryValues> vary_of(const http::Request& request, const http::Headers& answer);
/// All the fields of that name in one line.
std::string joined(const http::Request& request, std::string_view name);

}  // namespace rondeau::middleware
