#include "server/proxied.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include <rondeau/time/readable_by.h>

#include "server/proxy_header.h"
#include "server/refusals.h"

namespace rondeau::server {
namespace {

using Status = ProxyHeader::Status;

/// What is there of it. Nothing: it has to be waited for.
std::optional<Status> read(io::Stream& socket, ProxyHeader& header) {
  std::array<std::byte, 256> room;
  for (;;) {
    const auto part = std::span(room).first(std::min(header.missing(), room.size()));
    const Result<std::size_t> count = socket.try_read(part);
    if (!count && count.error() == Errc::WouldBlock) return std::nullopt;
    if (!count || *count == 0) return Status::Refused;
    const Status status = header.feed({reinterpret_cast<const char*>(part.data()), *count});
    if (status != Status::More) return status;
  }
}

}  // namespace

task::Task<bool> read_proxy_header(Connection& connection) {
  ProxyHeader header;
  for (;;) {
    const std::optional<Status> status = read(connection.carrier(), header);
    if (status == Status::Complete) break;
    if (status) {
      // Not answered: whatever this is may not be for us at all.
      if (header.missing() == 0) {
        static_cast<void>(refuse(connection.server(), connection.peer(), nullptr, http::StatusCode::BadRequest,
                                 "no-proxy-header"));
      }
      co_return false;
    }
    if (!co_await time::readable_by(connection.carrier(), connection.alarm(), connection.idle_until())) co_return false;
  }
  connection.restart_first_byte();
  co_return connection.speaks_for(header.source());
}

}  // namespace rondeau::server
