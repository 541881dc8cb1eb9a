#include <rondeau/middleware/csrf.h>

#include <algorithm>

#include <rondeau/middleware/cors.h>
#include <rondeau/response/problem.h>
#include <rondeau/url/origin.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::Method;

bool passes(const Csrf& csrf, const http::Request& request) {
  const Method method = request.method();
  if (method == Method::Get || method == Method::Head || method == Method::Options) return true;
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Origin) > 1 || headers.count(HeaderName::SecFetchSite) > 1) return false;
  const std::optional<std::string_view> origin = headers.get(HeaderName::Origin);
  if (origin && std::ranges::find(csrf.trusted_origins, *origin) != csrf.trusted_origins.end()) return true;
  if (const std::optional<std::string_view> site = headers.get(HeaderName::SecFetchSite)) {
    return *site == "same-origin" || *site == "none";
  }
  if (!origin) return true;
  // Over TLS a page that came without it is another's: whoever is on the wire can write it.
  const std::optional<url::Origin> page = url::parse_origin(*origin);
  return page && (page->secure || request.scheme() == "http") && url::has_authority(*origin, request.authority());
}

}  // namespace

Result<void> Csrf::check() const {
  if (auto checked = AllowOrigin(trusted_origins).check(); !checked) return checked.error().with("Csrf");
  return {};
}

std::optional<http::Response> Csrf::before(http::Request& request) const {
  if (passes(*this, request)) return std::nullopt;
  return response::Problem(http::StatusCode::Forbidden, "a page of another origin may not send this")
      .into_response(request);
}

}  // namespace rondeau::middleware
