// Whether a call is attempted again: a function of how it went, without clock or dice of its own.
#pragma once

#include <cstdint>
#include <optional>

#include <rondeau/client/retry.h>

namespace rondeau::client {

struct RetryDecision {
  enum class Kind : std::uint8_t {
    Wait,          ///< for `pause`, then again; a token of the budget is taken
    Finished,      ///< this outcome is the result: it is good, or repeating would not help or not be safe
    Attempts,      ///< there have been enough
    Body,          ///< the body cannot be produced again
    AskedTooLong,  ///< Retry-After is above the policy's
    Deadline,      ///< there is no time for the pause
    Budget,        ///< `retries_denied`
  };
  Kind kind = Kind::Finished;
  Duration pause = {};
};

/// `made` attempts there were; `jitter` is the pause by chance, within those of the policy; `time_left` until the
/// deadline. `take_token` is asked last, and only where all else is well.
RetryDecision decide_retry(const RetryPolicy& policy, unsigned made, const AttemptOutcome& outcome, Duration jitter,
                           std::optional<Duration> time_left, const std::function<bool()>& take_token);

}  // namespace rondeau::client
