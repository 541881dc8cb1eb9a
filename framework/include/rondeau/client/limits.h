// Timeouts, AnswerLimits: how long a client waits, and how much it takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/http/limits.h>

namespace rondeau::client {

/// Each bounds one thing; whichever ends first tells. The deadline of the context counts as `total` does.
struct Timeouts {
  Duration pool = std::chrono::seconds(5);      ///< until there is a connection, where others hold them all
  Duration connect = std::chrono::seconds(5);   ///< name, connection, proxy and TLS together
  Duration write = std::chrono::seconds(30);    ///< without progress while the request is sent
  Duration read = std::chrono::seconds(30);     ///< without a byte while the answer is awaited or read
  Duration expect = std::chrono::seconds(1);    ///< how long `Expect: 100-continue` waits to be told to go on
  /// Redirections and retries included, and the body where the client collects it: send_json(), bytes(), text(). Who
  /// reads the body in pieces is bounded by `read` and the deadline of the context.
  std::optional<Duration> total = std::chrono::seconds(30);
};

/// What an answer may have, in bytes.
struct AnswerLimits {
  std::size_t head = 64 * 1024;
  std::size_t fields = 100;
  std::size_t trailers = 8 * 1024;
  std::size_t interim = 8;                                    ///< answers with 1xx before the real one
  std::uint64_t body = 16 * 1024 * 1024;                      ///< decoded, where the client collects it
  std::size_t drain = 64 * 1024;                              ///< of a body nobody wants, to keep its connection
  Duration drain_time = std::chrono::milliseconds(50);
  std::optional<http::MinimumRate> min_rate = std::nullopt;  ///< of a body, as it comes; ReadTimeout
};

}  // namespace rondeau::client
