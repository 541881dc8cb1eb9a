#include <rondeau/middleware/deprecated.h>

#include <utility>

#include <rondeau/text/date.h>

namespace rondeau::middleware {

Deprecated::Deprecated(std::chrono::sys_seconds since, std::string link)
    : since_("@" + std::to_string(since.time_since_epoch().count())) {
  if (!link.empty()) link_ = "<" + link + ">; rel=\"deprecation\"";
}

Deprecated Deprecated::sunset(std::chrono::sys_seconds time) && {
  sunset_ = text::format_http_date(time);
  return std::move(*this);
}

void Deprecated::after(const http::Request&, http::Response& response) const {
  response.header(http::HeaderName::Deprecation, since_);
  if (!sunset_.empty()) response.header(http::HeaderName::Sunset, sunset_);
  if (link_.empty()) return;
  if (!response.headers().append(http::HeaderName::Link, link_)) response.header(http::HeaderName::Link, link_);
}

}  // namespace rondeau::middleware
