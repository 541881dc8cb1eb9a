#include "server/connection.h"

#include <utility>

#include <rondeau/tls/stream.h>
#include <rondeau/url/authority.h>

namespace rondeau::server {

bool Connection::settle(bool move_here) {
  restart_first_byte();
  if (move_here && accepted_.kind != nullptr && accepted_.kind->move_here != nullptr) {
    auto moved = accepted_.kind->move_here(std::move(socket()));
    if (!moved) return false;
    socket() = *std::move(moved);
  }
  return server_->connections.started(*this);
}

bool Connection::speaks_for(const std::optional<base::SocketAddress>& client) {
  if (client) {
    // Whoever looks at all connections may be another thread.
    server_->connections.exclusively([&] {
      accepted_.peer = *client;
      peer_is_known_ = true;
    });
  }
  const auto& limit = server_->limits.max_connections_per_address;
  return !limit || server_->connections.count_address(*this, accepted_.peer, *limit);
}

io::AnyStream& Connection::socket() noexcept {
  return accepted_.tls != nullptr ? accepted_.tls->carrier() : accepted_.stream;
}

std::uint64_t Connection::bytes_arrived() {
  if (accepted_.kind == nullptr || accepted_.kind->bytes_arrived == nullptr) return 0;
  const auto arrived = accepted_.kind->bytes_arrived(*socket());
  return arrived ? *arrived : 0;
}

void Connection::reset_on_close() noexcept {
  cut_ = true;
  if (accepted_.kind != nullptr && accepted_.kind->reset_on_close != nullptr) accepted_.kind->reset_on_close(*socket());
}

std::string_view Connection::alpn() const noexcept {
  return accepted_.tls != nullptr ? accepted_.tls->alpn() : std::string_view();
}

bool Connection::answers_for(std::string_view authority) const {
  if (accepted_.tls == nullptr) return true;
  const auto asked = url::parse_authority(authority);
  return !asked || accepted_.tls->covers(asked->host);
}

void Connection::describe_secure(http::RequestBlock& block) const {
  block.peer_certificate = accepted_.tls->peer_certificate();
}

void Connection::drop_tls() noexcept {
  io::AnyStream secured;  // ends without the lock
  // stop_reading() may come from another thread.
  server_->connections.exclusively([&] {
    io::AnyStream socket = std::move(accepted_.tls->carrier());
    accepted_.tls = nullptr;
    secured = std::exchange(accepted_.stream, std::move(socket));
  });
}

void Connection::say_goodbye() noexcept {
  if (accepted_.tls != nullptr && !cut_) static_cast<void>(accepted_.tls->try_shutdown(io::How::Write));
}

}  // namespace rondeau::server
