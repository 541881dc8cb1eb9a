// Server: what all connections share. serve_client: one of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include <rondeau/net/tcp_stream.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task.h>

#include "channels.h"
#include "database.h"

namespace mini_redis {

struct Server {
  Database database;
  Channels channels;
  rondeau::CancellationToken stop;      // cancelled: nothing more is read
  std::atomic<std::size_t> clients{0};  // for INFO
};

/// Answers until the client goes, or is refused, or the server stops: what was read by then is still answered.
rondeau::Task<void> serve_client(std::shared_ptr<Server> server, rondeau::net::TcpStream stream,
                                 rondeau::OwnedSemaphorePermit place);

}  // namespace mini_redis
