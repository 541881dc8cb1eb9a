#include "middleware/cache_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include <rondeau/auth/credentials.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/http/personal.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::StatusCode;

/// What no arithmetic overflows (§1.2.2).
constexpr std::int64_t kForEver = std::int64_t{1} << 31;

Seconds seconds_of(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.empty() || !std::ranges::all_of(text, text::is_digit)) return Seconds(0);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return Seconds(read.ec == std::errc() ? std::min(value, kForEver) : kForEver);
}

void lower(std::optional<Seconds>& number, std::string_view text) {
  const Seconds value = seconds_of(text);
  number = number ? std::min(*number, value) : value;
}

/// Final answers that stand for themselves: those that a cache may keep when they say for how long.
bool may_be_kept(StatusCode status) {
  static constexpr std::array<unsigned, 11> kStatuses{200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410};
  return std::ranges::find(kStatuses, code(status)) != kStatuses.end();
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<Seconds>(std::chrono::time_point_cast<std::chrono::seconds>(base::wall_clock()));
}

/// The time between Date and Expires; another form than a date means the past (§5.3).
std::optional<Seconds> expiry_of(const http::Headers& headers) {
  const auto field = headers.get(HeaderName::Expires);
  if (!field) return std::nullopt;
  if (headers.count(HeaderName::Expires) > 1) return Seconds(0);
  const auto time = now();
  const auto date = text::parse_http_date(headers.get(HeaderName::Date).value_or(""), time);
  const auto expires = text::parse_http_date(*field, time);
  if (!expires) return Seconds(0);
  return std::max(Seconds(0), *expires - date.value_or(time));
}

}  // namespace

void CacheDirectives::read(std::string_view list) {
  text::ListItems items(list);
  for (std::string_view item; items.next(item);) {
    const std::size_t equals = item.find('=');
    const std::string_view name = text::trim(item.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : text::trim(item.substr(equals + 1));
    const auto is = [&](std::string_view directive) { return text::equals_ignoring_case(name, directive); };
    // Those that name fields (`private="x"`) count as if they named none, which keeps less.
    no_store |= is("no-store");
    no_cache |= is("no-cache");
    is_private |= is("private");
    is_public |= is("public");
    must_revalidate |= is("must-revalidate");
    only_if_cached |= is("only-if-cached");
    if (is("max-age")) lower(max_age, value);
    if (is("s-maxage")) lower(s_maxage, value);
    if (is("min-fresh")) min_fresh = std::max(min_fresh.value_or(Seconds(0)), seconds_of(value));
  }
}

CacheDirectives directives_of(const http::Request& request) {
  CacheDirectives directives;
  bool found = false;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::CacheControl) continue;
    directives.read(field.value);
    found = true;
  }
  if (!found) directives.no_cache = text::list_contains(joined(request, "pragma"), "no-cache");
  return directives;
}

CacheDirectives directives_of(const http::Headers& headers) {
  CacheDirectives directives;
  for (const http::HeaderField& field : headers) {
    if (field.id == HeaderName::CacheControl) directives.read(field.value);
  }
  return directives;
}

bool says_who_asks(const http::Request& request) {
  return request.headers().contains(HeaderName::Authorization) || request.headers().contains(HeaderName::XApiKey) ||
         request.block().peer_certificate != nullptr || http::is_personal(request) ||
         request.extensions().get<auth::Identity>() != nullptr;
}

std::optional<Seconds> lifetime_of(const http::Request& request, const http::Response& response) {
  const http::Headers& headers = response.headers();
  const CacheDirectives directives = directives_of(headers);
  if (!may_be_kept(response.status()) || response.fault().code() != Errc::Ok || response.is_upgrade() ||
      response.has_trailers() || headers.contains(HeaderName::SetCookie)) {
    return std::nullopt;
  }
  if (directives.no_store || directives.no_cache || directives.is_private) return std::nullopt;
  // §3.5, which knows no other field than Authorization
  const bool for_all = directives.is_public || directives.must_revalidate || directives.s_maxage;
  if (says_who_asks(request) && !for_all) return std::nullopt;
  std::optional<Seconds> lifetime = directives.s_maxage ? directives.s_maxage : directives.max_age;
  if (!lifetime) lifetime = expiry_of(headers);
  if (!lifetime || *lifetime <= Seconds(0)) return std::nullopt;
  return lifetime;
}

Seconds age_of(const http::Headers& answer) {
  const auto time = now();
  const auto date = text::parse_http_date(answer.get(HeaderName::Date).value_or(""), time);
  const Seconds apparent = date ? std::max(Seconds(0), Seconds(time - *date)) : Seconds(0);
  return std::max(apparent, seconds_of(answer.get(HeaderName::Age).value_or("")));
}

std::string joined(const http::Request& request, std::string_view name) {
  std::string values;
  for (const http::HeaderField& field : request.headers()) {
    if (!text::equals_ignoring_case(field.name, name)) continue;
    if (!values.empty()) values += ", ";
    values += field.value;
  }
  return values;
}

std::optional<VaryValues> vary_of(const http::Request& request, const http::Headers& answer) {
  VaryValues values;
  for (const http::HeaderField& field : answer) {
    if (field.id != HeaderName::Vary) continue;
    text::ListItems items(field.value);
    for (std::string_view name; items.next(name);) {
      if (name == "*") return std::nullopt;
      values.emplace_back(text::to_lower(name), joined(request, name));
    }
  }
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
  return values;
}

}  // namespace rondeau::middleware
