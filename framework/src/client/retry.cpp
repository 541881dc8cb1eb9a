#include <rondeau/client/retry.h>

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

#include "client/retry_rule.h"

namespace rondeau::client {
namespace {

using http::StatusCode;
using Kind = RetryDecision::Kind;

/// Answers that another time may bring better ones.
constexpr std::array kPassing{StatusCode::RequestTimeout, StatusCode::TooEarly,           StatusCode::TooManyRequests,
                              StatusCode::BadGateway,     StatusCode::ServiceUnavailable, StatusCode::GatewayTimeout};

constexpr std::chrono::seconds kLongest = std::chrono::hours(24) * 366 * 100;

}  // namespace

bool RetryPolicy::is_worth_repeating(const AttemptOutcome& outcome) noexcept {
  const bool passes =
      outcome.status ? std::ranges::find(kPassing, *outcome.status) != kPassing.end() : outcome.transient;
  const bool unsent = !outcome.status && outcome.sent == AttemptOutcome::Sent::No;
  return passes && (unsent || outcome.has_idempotency_key || http::is_idempotent(outcome.method));
}

RetryDecision decide_retry(const RetryPolicy& policy, unsigned made, const AttemptOutcome& outcome, Duration jitter,
                           std::optional<Duration> time_left, const std::function<bool()>& take_token) {
  if (!(policy.classify ? policy.classify(outcome) : RetryPolicy::is_worth_repeating(outcome))) return {Kind::Finished};
  if (made >= policy.attempts) return {Kind::Attempts};
  if (!outcome.body_replayable) return {Kind::Body};
  const Duration asked = outcome.retry_after.value_or(Duration::zero());
  if (asked > policy.max_retry_after) return {Kind::AskedTooLong};
  const Duration pause = std::max(jitter, asked);
  if (time_left && pause >= *time_left) return {Kind::Deadline};
  if (!take_token()) return {Kind::Budget};
  return {Kind::Wait, pause};
}

std::optional<Duration> parse_retry_after(std::string_view value, base::WallTime now) noexcept {
  if (!value.empty() && std::ranges::all_of(value, text::is_digit)) {
    std::int64_t seconds = 0;
    for (const char c : value) seconds = std::min<std::int64_t>(kLongest.count(), seconds * 10 + (c - '0'));
    return std::chrono::seconds(seconds);
  }
  const auto date = text::parse_http_date(value, std::chrono::floor<std::chrono::seconds>(now));
  if (!date) return std::nullopt;
  // In whole seconds first: a date may be further off than nanoseconds count.
  const std::chrono::seconds left = *date - std::chrono::floor<std::chrono::seconds>(now);
  if (left <= std::chrono::seconds::zero()) return Duration::zero();
  if (left > kLongest) return kLongest;
  return std::max<Duration>(Duration::zero(), base::WallTime(*date) - now);
}

}  // namespace rondeau::client
