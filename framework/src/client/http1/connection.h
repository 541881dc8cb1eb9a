// Connection: one connection of HTTP/1.1, between requests and during one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/connect/endpoint.h>
#include <rondeau/io/any_stream.h>

#include "client/room.h"
#include "http/input.h"
#include "http/output_buffer.h"
#include "http/response_head.h"
#include "http/response_parser.h"

namespace rondeau::client::http1 {

/// Thread safety: one task at a time. Lies in a pool while nobody uses it.
struct Connection {
  enum class State : std::uint8_t {
    Idle,    ///< whole requests and answers have passed
    Busy,    ///< a request is on its way, or its answer's head: nothing but closing helps
    Unread,  ///< the rest of a body is still to come
    Over,    ///< the peer will not serve another request on it
  };

  Connection(Room::Place here, connect::Connected made, const http::ResponseParser::Bounds& bounds)
      : place(std::move(here)),
        stream(std::move(made.stream)),
        remote(std::move(made.remote)),
        is_encrypted(!made.tls_version.empty()),
        parser(bounds) {}

  Room::Place place;  // first: it is given back when the connection is closed
  io::AnyStream stream;
  SocketAddress remote;
  const bool is_encrypted;
  State state = State::Idle;
  http::OutputBuffer output;
  http::Input input;
  http::ResponseParser parser;
  http::ResponseHead head;
};

using ConnectionPtr = std::unique_ptr<Connection>;

}  // namespace rondeau::client::http1
