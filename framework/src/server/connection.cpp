#include "server/connection.h"

namespace rondeau::server {

bool Connection::settle(bool move_here) {
  if (!server_->connections.started(*this)) return false;
  idle_until_ = Instant::now() + server_->limits.first_byte;
  if (!move_here || accepted_.kind == nullptr || accepted_.kind->move_here == nullptr) return true;
  auto moved = accepted_.kind->move_here(std::move(accepted_.stream));
  if (!moved) return false;
  accepted_.stream = *std::move(moved);
  return true;
}

std::uint64_t Connection::bytes_arrived() {
  if (accepted_.kind == nullptr || accepted_.kind->bytes_arrived == nullptr) return 0;
  const auto arrived = accepted_.kind->bytes_arrived(stream());
  return arrived ? *arrived : 0;
}

void Connection::reset_on_close() noexcept {
  if (accepted_.kind != nullptr && accepted_.kind->reset_on_close != nullptr) accepted_.kind->reset_on_close(stream());
}

}  // namespace rondeau::server
