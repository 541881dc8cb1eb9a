// Upgraded: a connection on which another protocol is spoken, behind a 101 (RFC 9110 §7.8).
#pragma once

#include <string>

#include <rondeau/http/headers.h>
#include <rondeau/io/any_stream.h>

namespace rondeau::client {

/// What RequestBuilder::upgrade() gives. The connection belongs to whoever has this; no client counts it any more, and
/// destroying it closes it.
struct [[nodiscard("a connection that is not kept is closed")]] Upgraded {
  http::Headers headers;   ///< of the 101
  std::string url;         ///< where it came from, behind all redirections
  io::AnyStream stream;
  std::string read_ahead;  ///< what was read together with the 101: it comes before what the stream gives
};

}  // namespace rondeau::client
