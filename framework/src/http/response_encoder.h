// The head of an answer as bytes, and what its body has to look like on the wire.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/http/method.h>
#include <rondeau/http/response.h>
#include <rondeau/http/version.h>

#include "http/output_buffer.h"

namespace rondeau::http {

/// What the answer's bytes depend on beside the response.
struct AnswerContext {
  Method method = Method::Get;        ///< of the request
  Version version = Version::Http11;  ///< of the request; the status line says HTTP/1.1 in any case
  bool keep_alive = true;             ///< what the server is willing to do
  std::string_view date = {};         ///< see http_date()
  std::string_view server = {};       ///< sent as Server unless empty or set by the response
  bool trailers = false;              ///< the peer takes fields behind the body
};

/// How the body goes out behind its head.
enum class BodyMode : std::uint8_t {
  None,        ///< nothing follows; a producer is not started
  Whole,       ///< body().view(), exactly
  Counted,     ///< a stream of exactly `length` bytes
  Chunked,     ///< framed by append_chunk() and append_last_chunk(): a stream, or what has trailers
  UntilClose,  ///< a stream whose end is that of the connection
};

struct EncodedHead {
  BodyMode mode;
  std::uint64_t length;
  bool keep_alive;        ///< the connection may be used again once the body is complete
  bool trailers = false;  ///< fields may follow the body
};

/// How a response is sent.
struct AnswerPlan {
  EncodedHead head;
  bool sized;         ///< a Content-Length of `head.length` is sent
  bool wants_date;    ///< the response has no Date of its own, and there is one
  bool wants_server;  ///< the same for Server
};

/// Checks and plans, for every version.
///
/// Errors: the response's fault; InvalidData for a Content-Length unlike the body, a Transfer-Encoding set by hand, two
/// Content-Types, a body on 204, 205 or 304, an informational or impossible status, 101 without an upgrade.
Result<AnswerPlan> plan_answer(const Response& response, const AnswerContext& context);

/// Appends status line and fields. Errors: as plan_answer(), with nothing appended.
Result<EncodedHead> encode_head(OutputBuffer& out, const Response& response, const AnswerContext& context);

/// Appends one chunk with its size; `content` is not empty.
void append_chunk(OutputBuffer& out, std::string_view content);
/// Appends the chunk that ends a body, and the fields behind it; those that may not stand there are left out.
void append_last_chunk(OutputBuffer& out, const Headers& trailers = {});
/// Appends a whole 103 (RFC 8297).
void append_early_hints(OutputBuffer& out, const Headers& fields);
/// "HTTP/1.1 100 Continue" with its empty line.
std::string_view continue_response() noexcept;

/// `now` as an IMF-fixdate. Formatted once a second and thread. Lifetime: until this thread calls it again.
std::string_view http_date(std::chrono::sys_seconds now) noexcept;
/// The same of the driver's clock.
std::string_view http_date_now() noexcept;

}  // namespace rondeau::http
