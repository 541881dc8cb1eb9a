// A connection through a proxy that says first for whom it connects.
#pragma once

#include <rondeau/task/task.h>

#include "server/connection.h"

namespace rondeau::server {

/// Reads what the proxy says, within Limits::first_byte; from then on the peer is the one it named. False: the
/// connection is over. Reads nothing behind the header.
task::Task<bool> read_proxy_header(Connection& connection);

}  // namespace rondeau::server
