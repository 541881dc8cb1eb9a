// Stream: one request on a connection of HTTP/2 and its answer, as the connection and the handler's task share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join_handle.h>

#include "http/refusal.h"
#include "http2/request_fields.h"
#include "server/after_answer.h"

namespace rondeau::http2 {

/// The body that comes in.
struct Incoming {
  /// What ended a body before its end.
  enum class Failure : std::uint8_t { None, Refused, TooSlow, PeerLeft };

  std::deque<Bytes> pieces;    ///< not taken by the handler
  std::size_t unread = 0;      ///< bytes in `pieces`
  std::uint64_t received = 0;  ///< bytes in all
  std::optional<std::uint64_t> limit = std::nullopt;  ///< of `received`
  bool ended = false;
  Failure failure = Failure::None;
  http::Refusal refusal;  ///< for Failure::Refused
  http::Headers trailers;
  std::size_t trailer_bytes = 0;
  sync::Notify arrived;  ///< a piece, the end or a failure
};

/// The body that goes out.
struct Outgoing {
  http::ResponseBody whole;   ///< owns what `left` refers to
  std::string_view left;      ///< of a body in memory
  std::deque<Bytes> pieces;   ///< of a stream, the first without `skipped` bytes
  std::size_t skipped = 0;    ///< of the first piece, sent already
  std::size_t unsent = 0;     ///< bytes in `left` or `pieces`
  bool producing = false;     ///< more may come
  bool waits_for_data = false;  ///< nghttp2 was told that there is nothing for now
  Instant moved = Instant();  ///< when something was sent, or began to wait
  Instant since = Instant();  ///< when the first of what is unsent began to wait
  std::size_t sent = 0;       ///< bytes since then
  http::Headers trailers;     ///< to send behind it
  sync::Notify taken;         ///< less is unsent, or nobody will take it any more

  bool over() const noexcept { return unsent == 0 && !producing; }
};

/// Guarded by its connection's lock, but for what says otherwise. Lifetime: shared by the session, until the protocol is
/// done with it, and the task that answers.
struct Stream {
  explicit Stream(std::int32_t with_id, const http::Limits& limits)
      : id(with_id), fields(std::make_unique<RequestFields>(limits.http2.max_header_list)) {}

  const std::int32_t id;
  /// While the header block comes in.
  std::unique_ptr<RequestFields> fields;
  /// The request; of the task that answers it once that has begun, without lock.
  http::RequestBlock block;
  /// What its body is pulled from; of the same task.
  std::unique_ptr<http::BodySource> source;
  Instant began = Instant();          ///< when its handler was called; unset before; of the same task
  Instant reading_since = Instant();  ///< when the handler last got a piece of the body; of the same task
  bool counted_in_flight = false;     ///< of the same task
  /// Why the request is not served.
  http::Refusal refusal;
  Incoming in;
  Outgoing out;
  /// Begins what the handler left for after the answer, when the last one forgets the stream.
  std::unique_ptr<server::AfterAnswer> after;
  std::optional<task::AbortHandle> task;  ///< who answers, where that has to wait
  bool runs = false;         ///< its task has begun
  bool is_tunnel = false;    ///< its body is another protocol's, both ways
  bool answered = false;     ///< the head of the final answer was handed over
  bool closed = false;       ///< the session has forgotten it
  bool cut = false;          ///< closed before the answer was complete
  bool reset_by_us = false;  ///< on purpose
  /// The answer is complete, the request is not: what comes is dropped until then.
  std::optional<Instant> dropping_until;
};

}  // namespace rondeau::http2
