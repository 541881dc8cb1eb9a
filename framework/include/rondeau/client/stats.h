// ClientStats: what a client holds now, server by server.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rondeau/connect/pool_stats.h>

namespace rondeau::client {

/// One server that a client has asked, and has not forgotten.
struct OriginStats {
  std::string origin;                 ///< "https://api.example", and the proxy if one lies between
  connect::PoolStats pool;            ///< its connections of HTTP/1.1
  std::size_t http2_connections = 0;  ///< that take requests
  std::size_t http2_waiting = 0;      ///< requests that wait for a place on one
};

struct ClientStats {
  std::vector<OriginStats> origins;  ///< by their names
};

}  // namespace rondeau::client
