#include <rondeau/server/overview.h>

#include <utility>

#include "server/shared.h"

namespace rondeau::server {

void Overview::watch(std::weak_ptr<const Shared> server) {
  const std::lock_guard lock(mutex_);
  server_ = std::move(server);
}

Overview::Connections Overview::connections(std::size_t most) const {
  std::shared_ptr<const Shared> server;
  {
    const std::lock_guard lock(mutex_);
    server = server_.lock();
  }
  Connections all;
  if (server == nullptr) return all;
  const Instant now = Instant::now();
  all.total = server->connections.count();
  for (const SeenConnection& seen : server->connections.look(most)) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now.saturating_since(seen.opened));
    all.connections.push_back({seen.peer ? seen.peer->to_string() : std::string(), seen.in_request,
                               static_cast<std::uint64_t>(age.count())});
  }
  return all;
}

}  // namespace rondeau::server
