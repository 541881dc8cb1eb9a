#include <utility>

#include "server/listener_around.h"

namespace rondeau::server {

class Listener::Proxied final : public Around {
 public:
  Proxied(std::unique_ptr<Interface> inner, http::TrustedProxies proxies)
      : Around(std::move(inner)), proxies_(std::move(proxies)) {}

  Result<Accepted> try_accept() override {
    RONDEAU_TRY_PLAIN(Accepted accepted, inner().try_accept());
    accepted.proxied = proxies_.contains(accepted.peer);
    return accepted;
  }

 private:
  http::TrustedProxies proxies_;
};

Listener Listener::with_proxy_protocol(http::TrustedProxies proxies) && {
  return Listener(std::make_unique<Proxied>(std::move(owned_), std::move(proxies)));
}

}  // namespace rondeau::server
