#include <string>
#include <utility>
#include <vector>

#include <rondeau/server/listener.h>
#include <rondeau/tls/stream.h>

#include "http2/built_in.h"

namespace rondeau::server {
namespace {

/// What serve_connection can speak, the preferred one first.
std::vector<std::string> spoken_protocols() {
  std::vector<std::string> spoken{"http/1.1", "http/1.0"};
  if (http2::kIsBuiltIn) spoken.insert(spoken.begin(), "h2");
  return spoken;
}

}  // namespace

class Listener::Secured final : public Interface {
 public:
  Secured(std::unique_ptr<Interface> inner, tls::ServerConfig config)
      : inner_(std::move(inner)), config_(std::move(config)) {}

  Result<Accepted> try_accept() override {
    RONDEAU_TRY_PLAIN(Accepted accepted, inner_->try_accept());
    auto secured = std::make_unique<tls::Stream>(std::move(accepted.stream), config_);
    accepted.tls = secured.get();
    accepted.stream = io::AnyStream(std::move(secured));
    return accepted;
  }
  Result<base::SocketAddress> local_addr() const override { return inner_->local_addr(); }
  void drop_new_connections() noexcept override { inner_->drop_new_connections(); }
  bool start_wait(io::Waiter& waiter) noexcept override { return inner_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { inner_->end_wait(waiter); }

 private:
  std::unique_ptr<Interface> inner_;
  tls::ServerConfig config_;
};

Listener Listener::with_tls(const tls::ServerConfig& config) && {
  return Listener(std::make_unique<Secured>(std::move(owned_),
                                            config.has_alpn() ? config : config.with_alpn(spoken_protocols()).value()));
}

}  // namespace rondeau::server
