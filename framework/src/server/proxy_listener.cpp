#include <utility>

#include <rondeau/server/listener.h>

namespace rondeau::server {

class Listener::Proxied final : public Interface {
 public:
  Proxied(std::unique_ptr<Interface> inner, http::TrustedProxies proxies)
      : inner_(std::move(inner)), proxies_(std::move(proxies)) {}

  Result<Accepted> try_accept() override {
    RONDEAU_TRY_PLAIN(Accepted accepted, inner_->try_accept());
    accepted.proxied = proxies_.contains(accepted.peer);
    return accepted;
  }
  Result<base::SocketAddress> local_addr() const override { return inner_->local_addr(); }
  void drop_new_connections() noexcept override { inner_->drop_new_connections(); }
  bool start_wait(io::Waiter& waiter) noexcept override { return inner_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { inner_->end_wait(waiter); }

 private:
  std::unique_ptr<Interface> inner_;
  http::TrustedProxies proxies_;
};

Listener Listener::with_proxy_protocol(http::TrustedProxies proxies) && {
  return Listener(std::make_unique<Proxied>(std::move(owned_), std::move(proxies)));
}

}  // namespace rondeau::server
