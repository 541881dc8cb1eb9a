// Happy Eyeballs: the first of several addresses that answers.
#pragma once

#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/connect/connector.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/task.h>

#include "connect/progress.h"

namespace rondeau::connect {

/// The versions by turns, beginning with that of the first address, each in its order (RFC 8305 §4); at most `most`.
std::vector<SocketAddress> interleave(const std::vector<SocketAddress>& addresses, std::size_t most);

/// Not for an empty list. Lifetime: both references outlive the await.
task::Task<Result<net::TcpStream, ConnectError>> connect_first(std::vector<SocketAddress> addresses,
                                                               const ConnectorOptions& options, Progress& progress);

}  // namespace rondeau::connect
