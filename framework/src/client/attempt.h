// Attempt, Failure: one sending of a request, whatever carries it, and why it came to nothing.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/client/error.h>
#include <rondeau/client/limits.h>
#include <rondeau/client/request_body.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// Lifetime: what it refers to is the call's, which outlives it.
struct Attempt {
  http::Method method = http::Method::Get;
  const url::Url& url;
  std::string_view host;  ///< as the Host field has it
  const http::Headers& fields;
  const RequestBody& body;
  const Timeouts& timeouts;
  const AnswerLimits& limits;
  Instant deadline;              ///< of the whole call
  bool fresh = false;            ///< not on a connection that has lain idle
  bool expect_continue = false;
  bool upgrade = false;          ///< 101 is an answer, and takes the connection away
  const std::function<void(const http::Headers&)>& on_early_hints;
};

/// The same with another method, fields and body, as layers have made them.
inline Attempt changed(const Attempt& attempt, http::Method method, const http::Headers& fields,
                       const RequestBody& body) {
  return {.method = method,
          .url = attempt.url,
          .host = attempt.host,
          .fields = fields,
          .body = body,
          .timeouts = attempt.timeouts,
          .limits = attempt.limits,
          .deadline = attempt.deadline,
          .fresh = attempt.fresh,
          .expect_continue = attempt.expect_continue,
          .upgrade = attempt.upgrade,
          .on_early_hints = attempt.on_early_hints};
}

struct Failure {
  ErrorKind kind = ErrorKind::Protocol;
  Phase phase = Phase::Request;
  std::string cause = {};
  Sent sent = Sent::No;
  bool answered = false;     ///< a byte of an answer came
  bool unprocessed = false;  ///< the peer says that it has done nothing
  bool reused = false;       ///< the connection had carried other requests before
  std::optional<http::StatusCode> status = std::nullopt;  ///< of a proxy that refuses
};

/// Of a client that takes no requests any more.
inline Failure closed_failure() {
  return {.kind = ErrorKind::Closed, .phase = Phase::Pool, .cause = "the client was closed"};
}

/// Who waits for a connection that is being made waits a little longer than that may take: what became of it is better
/// news than that time is over.
inline constexpr Duration kForNews = std::chrono::milliseconds(250);

/// The end of one wait, and whose it is.
struct Patience {
  Instant end;
  bool is_total;  ///< the whole call's, not the step's

  /// Where both are over at about the same time the step tells, which says more.
  static Patience of(Duration step, Instant total) noexcept {
    const Duration about = std::min<Duration>(std::chrono::seconds(1), step / 10);
    const Instant own = Instant::now() + step;
    return {std::min(own, total), own > total + about};
  }
};

}  // namespace rondeau::client
