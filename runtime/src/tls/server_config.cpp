#include <rondeau/tls/server_config.h>

#include <utility>

#include <rondeau/task/blocking.h>

#include "tls/context.h"
#include "tls/server_state.h"

namespace rondeau::tls {

Result<ServerConfig> ServerConfig::make(ServerOptions options) {
  RONDEAU_TRY_PLAIN(auto alpn, alpn_on_wire(options.alpn));
  auto state = std::make_shared<ServerState>(std::move(options));
  RONDEAU_TRY_VOID_PLAIN(state->load());
  return ServerConfig(std::move(state), std::move(alpn));
}

Task<Result<void>> ServerConfig::reload() const {
  auto loaded = co_await task::blocking(task::BuiltInPool::Fs, [state = state_] { return state->load(); });
  if (!loaded) co_return loaded.error();
  co_return *std::move(loaded);
}

Result<ServerConfig> ServerConfig::with_alpn(std::vector<std::string> protocols) const {
  RONDEAU_TRY_PLAIN(auto alpn, alpn_on_wire(protocols));
  return ServerConfig(state_, std::move(alpn));
}

std::chrono::system_clock::time_point ServerConfig::expires_at() const {
  return state_->current()->identities.expires_at();
}

}  // namespace rondeau::tls
