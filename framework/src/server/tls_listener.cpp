#include <string>
#include <utility>
#include <vector>

#include <rondeau/tls/stream.h>

#include "http2/built_in.h"
#include "server/listener_around.h"

namespace rondeau::server {
namespace {

/// What serve_connection can speak, the preferred one first.
std::vector<std::string> spoken_protocols() {
  std::vector<std::string> spoken{"http/1.1", "http/1.0"};
  if (http2::kIsBuiltIn) spoken.insert(spoken.begin(), "h2");
  return spoken;
}

}  // namespace

class Listener::Secured final : public Around {
 public:
  Secured(std::unique_ptr<Interface> inner, tls::ServerConfig config)
      : Around(std::move(inner)), config_(std::move(config)) {}

  Result<Accepted> try_accept() override {
    RONDEAU_TRY_PLAIN(Accepted accepted, inner().try_accept());
    auto secured = std::make_unique<tls::Stream>(std::move(accepted.stream), config_);
    accepted.tls = secured.get();
    accepted.stream = io::AnyStream(std::move(secured));
    return accepted;
  }

 private:
  tls::ServerConfig config_;
};

Listener Listener::with_tls(const tls::ServerConfig& config) && {
  return Listener(std::make_unique<Secured>(std::move(owned_),
                                            config.has_alpn() ? config : config.with_alpn(spoken_protocols()).value()));
}

}  // namespace rondeau::server
