#include <rondeau/middleware/cache_control.h>

#include <string_view>

namespace rondeau::middleware {

std::string CacheControl::value() const {
  std::string list;
  const auto add = [&list](std::string_view directive) { list.append(list.empty() ? "" : ", ").append(directive); };
  const auto number = [&add](std::string_view name, const std::optional<std::chrono::seconds>& seconds) {
    if (seconds) add(std::string(name) + '=' + std::to_string(seconds->count()));
  };
  if (is_public) add("public");
  if (is_private) add("private");
  if (no_cache) add("no-cache");
  if (no_store) add("no-store");
  number("max-age", max_age);
  number("s-maxage", s_maxage);
  number("stale-while-revalidate", stale_while_revalidate);
  if (must_revalidate) add("must-revalidate");
  if (no_transform) add("no-transform");
  if (immutable) add("immutable");
  return list;
}

void CacheControl::after(const http::Request&, http::Response& response) const {
  if (code(response.status()) >= 400 || response.is_upgrade()) return;
  if (response.headers().contains(http::HeaderName::CacheControl)) return;
  if (const std::string list = value(); !list.empty()) response.header(http::HeaderName::CacheControl, list);
}

}  // namespace rondeau::middleware
