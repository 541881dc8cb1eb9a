// RetryPolicy: which outcomes are worth another attempt, and how long to wait for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/http/method.h>
#include <rondeau/http/status.h>

namespace rondeau::client {

/// How an attempt ended, as far as a retry is concerned.
struct AttemptOutcome {
  /// How much of the request the server can have seen.
  enum class Sent : std::uint8_t { No, Maybe, Yes };

  http::Method method = http::Method::Get;
  bool has_idempotency_key = false;
  std::optional<http::StatusCode> status = {};  ///< of the response; nothing: the attempt failed without one
  bool transient = false;                       ///< of a failure: another attempt may fare better, as after a reset
  Sent sent = Sent::Yes;                        ///< of a failure
  bool body_replayable = true;
  std::optional<Duration> retry_after = {};  ///< what the response asks for
};

/// Up to `attempts` in all, with a pause between them.
///
/// By default an attempt is worth repeating where it failed for a reason that passes, or was answered with 408, 425,
/// 429, 502, 503 or 504; and where repeating is safe: the method is idempotent, there is an Idempotency-Key, or nothing
/// was sent. Thread safety: `classify` may be called from several threads at once.
struct RetryPolicy {
  unsigned attempts = 3;                                ///< the first included; 0 and 1: none is repeated
  Duration base = std::chrono::milliseconds(50);        ///< of the pauses: full jitter up to base · 2ⁿ
  Duration cap = std::chrono::seconds(2);               ///< the longest of them
  Duration max_retry_after = std::chrono::seconds(30);  ///< a server that asks for more is not asked again
  /// Instead of the default, of what may be repeated; the body's replayability and the number of attempts count still.
  std::function<bool(const AttemptOutcome&)> classify = {};

  /// The default of `classify`.
  static bool is_worth_repeating(const AttemptOutcome& outcome) noexcept;
};

/// What Retry-After says (RFC 9110 §10.2.3): whole seconds, or a date, of which the past is zero. At most 100 years.
std::optional<Duration> parse_retry_after(std::string_view value, base::WallTime now) noexcept;

}  // namespace rondeau::client

namespace rondeau {
using client::RetryPolicy;
}  // namespace rondeau
