// The handshake of TLS, before a connection speaks HTTP.
#pragma once

#include <cstdint>

#include <rondeau/task/task.h>

#include "server/connection.h"

namespace rondeau::server {

enum class Handshake : std::uint8_t { Done, PlainText, Failed, TooLate };

/// Within Limits::tls_handshake. Cancellation: closes the connection. Lifetime: the connection is borrowed.
task::Task<Handshake> shake_hands(Connection& connection);

}  // namespace rondeau::server
