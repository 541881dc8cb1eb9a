// IpAllowList: lets clients of some networks in, and nobody else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/trusted_proxies.h>

namespace rondeau::middleware {

/// Answers 403 to clients whose address, as ClientIp tells it, is in none of the networks, and to those who have none.
///
///     router.nest<"/admin">(admin, IpAllowList({"10.0.0.0/8", "2001:db8::/32", "127.0.0.1"}));
///
/// An empty list lets nobody in. Behind a proxy it needs ServeOptions::trusted_proxies, or it sees the proxy alone.
/// Errors (of build()): InvalidArgument naming what is no network.
class IpAllowList {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::RateLimit;

  explicit IpAllowList(std::vector<std::string> networks);

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;
  void describe(schema::Operation& operation) const;

 private:
  std::vector<std::string> written_;
  http::TrustedProxies networks_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::IpAllowList;
}
