// Answer: what a Response is a handle to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/client/error.h>
#include <rondeau/client/limits.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/http/version.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/task/task.h>

#include "client/attempt.h"

namespace rondeau::client {

/// A body as it comes from whatever carries it, framing taken off. Destroyed before its end: nobody wants the rest.
class AnswerBody {
 public:
  virtual ~AnswerBody() = default;
  /// The next piece, or empty Bytes at the end; whatever waits, waits until `deadline` at most, which is TotalTimeout.
  ///
  /// After an error every call gives an error. Cancellation: safe.
  virtual task::Task<Result<Bytes, Failure>> next(Instant deadline) = 0;
  virtual std::optional<std::uint64_t> remaining() const noexcept { return std::nullopt; }
  /// Complete at the end.
  virtual const http::Headers& trailers() const noexcept = 0;
};

/// A connection that is HTTP's no longer.
struct Switched {
  io::AnyStream stream;
  std::string read_ahead = {};
};

struct Answer {
  http::StatusCode status = http::StatusCode::Ok;
  http::Version version = http::Version::Http11;
  http::Headers headers;
  std::string method;
  std::string url;           ///< whole
  std::string redacted_url;  ///< for errors
  unsigned attempts = 1;
  bool reused = false;  ///< it came over a connection that had carried other requests before
  std::unique_ptr<AnswerBody> body;              ///< null: there is none, or it was read
  http::Headers trailers;                        ///< of a body that was read
  std::optional<Switched> switched;              ///< of 101
  Instant total = Instant::far_future();         ///< for who collects the body
  AnswerLimits limits;
};

/// Of an answer that has been addressed.
Error error_of(const Answer& answer, Failure failure);

}  // namespace rondeau::client
