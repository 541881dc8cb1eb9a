#include <rondeau/middleware/ip_allow_list.h>

#include <algorithm>
#include <utility>

#include <rondeau/http/forwarded.h>
#include <rondeau/response/problem.h>

namespace rondeau::middleware {

IpAllowList::IpAllowList(std::vector<std::string> networks) : written_(std::move(networks)) {
  if (auto parsed = http::TrustedProxies::parse(written_)) networks_ = *std::move(parsed);
}

Result<void> IpAllowList::check() const {
  if (const auto parsed = http::TrustedProxies::parse(written_); !parsed) return parsed.error().with("IpAllowList");
  // Whoever comes over a Unix socket has no address.
  if (std::ranges::find(written_, "unix") != written_.end()) {
    return Error(Errc::InvalidArgument, "IpAllowList: \"unix\" is no network");
  }
  return {};
}

std::optional<http::Response> IpAllowList::before(http::Request& request) const {
  const std::optional<base::IpAddress> address = http::client_ip(request);
  if (address && networks_.contains(*address)) return std::nullopt;
  return response::Problem(http::StatusCode::Forbidden, "not from this address").into_response(request);
}

void IpAllowList::describe(schema::Operation& operation) const {
  operation.problem(http::StatusCode::Forbidden);
}

}  // namespace rondeau::middleware
