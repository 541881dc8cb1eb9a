// Stream: one request on a connection of HTTP/2 and its answer, as the connection and the caller's task share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/client/limits.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/status.h>
#include <rondeau/sync/notify.h>

#include "client/attempt.h"

namespace rondeau::client::http2 {

/// The head of an answer, or what has come of it.
struct Head {
  std::optional<http::StatusCode> status;
  http::Headers fields;
  std::optional<std::uint64_t> length;  ///< as Content-Length says
};

/// The answer.
struct Incoming {
  Head coming;              ///< while its header block comes in
  std::size_t size = 0;     ///< of that block, and of trailers, as SETTINGS_MAX_HEADER_LIST_SIZE counts
  std::optional<Head> head;
  std::size_t interim = 0;  ///< heads before that one
  bool told_to_go_on = false;
  std::vector<http::Headers> hints;  ///< that nobody has taken
  std::deque<Bytes> pieces;          ///< not taken by the caller
  std::size_t unread = 0;            ///< bytes in `pieces`
  std::uint64_t received = 0;        ///< bytes of content in all
  Instant unread_since = Instant();  ///< when the caller last took something, or the first piece came
  http::Headers trailers;
  bool begun = false;  ///< something of it has come
  bool ended = false;
  sync::Notify changed;  ///< any of this, or a failure
};

/// The body of the request.
struct Outgoing {
  std::deque<Bytes> pieces;  ///< the first without `skipped` bytes
  std::size_t skipped = 0;
  std::size_t unsent = 0;      ///< bytes
  bool producing = false;      ///< more may come
  bool waits_for_data = false; ///< nghttp2 was told that there is nothing for now
  bool done = false;           ///< its last frame was made
  http::Headers trailers;
  sync::Notify taken;  ///< less is unsent, or nobody will take it any more

  bool over() const noexcept { return unsent == 0 && !producing; }
};

/// Guarded by its connection's lock. Lifetime: shared by the session, until the protocol is done with it, and the
/// caller.
struct Stream {
  Stream(http::Method method, const AnswerLimits& bounds) : asked(method), limits(bounds) {}

  const http::Method asked;
  const AnswerLimits limits;
  std::int32_t id = -1;
  Incoming in;
  Outgoing out;
  /// Where in all that this connection sends its first frame begins and its last one ends, once they were made.
  std::optional<std::uint64_t> begins_at;
  std::optional<std::uint64_t> ends_at;
  Instant began = Instant();
  std::optional<Failure> failure;
  bool closed = false;       ///< the protocol is done with it
  bool reset_by_us = false;  ///< on purpose
  bool abandoned = false;    ///< nobody waits for anything of it any more
  /// It can have no content: what ends it is waited for until then.
  std::optional<Instant> ends_by;
};

}  // namespace rondeau::client::http2
