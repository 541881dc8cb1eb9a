// The client's end of a WebSocket, behind its handshake.
#pragma once

#include <string>

#include <rondeau/io/any_stream.h>
#include <rondeau/websocket/handles.h>
#include <rondeau/websocket/terms.h>

namespace rondeau::websocket {

/// Opens it. A task of its own, on the runtime of who calls, owns the stream, and reads, writes and keeps the time until
/// the WebSocket is over: no longer than WebSocketLimits::close_handshake behind the last half of it.
SessionPtr open_dialled(const Terms& terms, io::AnyStream stream, std::string read_ahead);

}  // namespace rondeau::websocket
