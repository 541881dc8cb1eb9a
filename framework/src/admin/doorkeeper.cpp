#include "admin/doorkeeper.h"

#include <algorithm>
#include <string_view>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>
#include <rondeau/url/origin.h>

namespace rondeau::admin {
namespace {

using http::HeaderName;
using http::StatusCode;

bool is_address(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return base::IpAddress::parse(host).has_value();
}

bool is_local_name(std::string_view host) {
  constexpr std::string_view kLocal = "localhost";
  if (host.size() < kLocal.size() || !text::equals_ignoring_case(host.substr(host.size() - kLocal.size()), kLocal)) {
    return false;
  }
  return host.size() == kLocal.size() || host[host.size() - kLocal.size() - 1] == '.';
}

bool is_ours(const http::Request& request, const std::vector<std::string>& hosts) {
  const auto authority = url::parse_authority(request.authority());
  if (!authority) return false;
  return is_address(authority->host) || is_local_name(authority->host) ||
         std::ranges::any_of(hosts, [&](const std::string& host) {
           return text::equals_ignoring_case(host, authority->host);
         });
}

bool is_of_another_page(const http::Request& request) {
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Origin) > 1 || headers.count(HeaderName::SecFetchSite) > 1) return true;
  const auto site = headers.get(HeaderName::SecFetchSite);
  if (site && *site != "same-origin" && *site != "none") return true;
  const auto origin = headers.get(HeaderName::Origin);
  return origin && !url::has_authority(*origin, request.authority());
}

http::Response refusal(const http::Request& request, StatusCode status, std::string why) {
  return response::Problem(status, std::move(why)).into_response(request);
}

}  // namespace

std::optional<http::Response> Doorkeeper::before(http::Request& request) const {
  if (request.peer() != nullptr && request.peer()->is_unix()) return std::nullopt;
  if (!is_ours(request, hosts)) {
    return refusal(request, StatusCode::MisdirectedRequest,
                   "the Host field names neither an address nor localhost, and is not in admin.hosts");
  }
  if (is_of_another_page(request)) {
    return refusal(request, StatusCode::Forbidden, "a page of another origin may not ask here");
  }
  return std::nullopt;
}

std::optional<http::Response> Keyholder::before(http::Request& request) const {
  if (scope == service::AdminScope::read) {
    return refusal(request, StatusCode::Forbidden, "admin.scope is read: only health and metrics are answered");
  }
  if (token.empty()) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  const http::RequestHeaders headers = request.headers();
  const std::string_view shown = headers.get(HeaderName::Authorization).value_or("");
  const bool is_bearer = headers.count(HeaderName::Authorization) == 1 && shown.size() > kScheme.size() &&
                         text::equals_ignoring_case(shown.substr(0, kScheme.size()), kScheme);
  if (is_bearer && token.equals(shown.substr(kScheme.size()))) return std::nullopt;
  return response::Problem(StatusCode::Unauthorized, "admin.token is asked for")
      .header(HeaderName::WwwAuthenticate, "Bearer realm=\"admin\"")
      .into_response(request);
}

}  // namespace rondeau::admin
