#include <rondeau/client/retry.h>

#include <optional>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/text/date.h>

#include "client/keep_alive.h"
#include "client/retry_rule.h"

using namespace rondeau;
using namespace std::chrono_literals;
using client::AttemptOutcome;
using client::RetryDecision;
using Kind = RetryDecision::Kind;
using Sent = AttemptOutcome::Sent;

namespace {

constexpr auto kYes = [] { return true; };

AttemptOutcome answered(int status, Method method = Method::Get) {
  return {.method = method, .status = static_cast<StatusCode>(status)};
}

AttemptOutcome failed(Method method, Sent sent, bool transient = true) {
  return {.method = method, .transient = transient, .sent = sent};
}

}  // namespace

TEST_CASE("retry: what may pass is worth repeating, where repeating is safe") {
  struct Case {
    AttemptOutcome outcome;
    bool worth;
  };
  const auto with_key = [](AttemptOutcome outcome) {
    outcome.has_idempotency_key = true;
    return outcome;
  };
  const Case table[] = {
      {answered(200), false},
      {answered(304), false},
      {answered(400), false},
      {answered(401), false},
      {answered(404), false},
      {answered(408), true},
      {answered(409), false},
      {answered(425), true},
      {answered(429), true},
      {answered(500), false},
      {answered(501), false},
      {answered(502), true},
      {answered(503), true},
      {answered(504), true},
      {answered(503, Method::Head), true},
      {answered(503, Method::Put), true},
      {answered(503, Method::Delete), true},
      {answered(503, Method::Post), false},
      {answered(503, Method::Patch), false},
      {answered(429, Method::Post), false},
      {with_key(answered(503, Method::Post)), true},
      {with_key(answered(500, Method::Post)), false},
      {failed(Method::Get, Sent::No), true},
      {failed(Method::Get, Sent::Maybe), true},
      {failed(Method::Get, Sent::Yes), true},
      {failed(Method::Post, Sent::No), true},
      {failed(Method::Post, Sent::Maybe), false},
      {failed(Method::Post, Sent::Yes), false},
      {with_key(failed(Method::Post, Sent::Maybe)), true},
      {failed(Method::Get, Sent::No, false), false},
      {failed(Method::Post, Sent::No, false), false},
  };
  for (const Case& row : table) {
    CAPTURE(http::to_string(row.outcome.method));
    CAPTURE(row.outcome.status ? http::code(*row.outcome.status) : 0);
    CHECK(client::RetryPolicy::is_worth_repeating(row.outcome) == row.worth);
    const auto decision = client::decide_retry({}, 1, row.outcome, 1ms, {}, kYes);
    CHECK((decision.kind == Kind::Wait) == row.worth);
  }
  // An answer has been to the server, whatever the field says.
  AttemptOutcome answer = answered(503, Method::Post);
  answer.sent = Sent::No;
  CHECK(!client::RetryPolicy::is_worth_repeating(answer));
}

TEST_CASE("retry: attempts, body, Retry-After, deadline and budget say no, in that order") {
  const RetryPolicy policy{.attempts = 3, .max_retry_after = 30s};
  AttemptOutcome outcome = answered(503);
  int tokens = 0;
  const auto take = [&] { return tokens-- > 0; };
  const auto decide = [&](unsigned made, std::optional<Duration> left = {}) {
    return client::decide_retry(policy, made, outcome, 100ms, left, take).kind;
  };
  CHECK(decide(1) == Kind::Budget);
  tokens = 1;
  CHECK(decide(1) == Kind::Wait);
  CHECK(tokens == 0);
  tokens = 1;
  CHECK(decide(2) == Kind::Wait);

  tokens = 1;
  CHECK(decide(3) == Kind::Attempts);
  CHECK(decide(1, 100ms) == Kind::Deadline);
  outcome.retry_after = 31s;
  CHECK(decide(1) == Kind::AskedTooLong);
  CHECK(decide(1, 1ms) == Kind::AskedTooLong);
  outcome.body_replayable = false;
  CHECK(decide(1) == Kind::Body);
  CHECK(decide(3) == Kind::Attempts);
  outcome.status = StatusCode::Ok;
  CHECK(decide(3) == Kind::Finished);
  CHECK(tokens == 1);  // nobody else has taken one
  CHECK(client::decide_retry({.attempts = 0}, 1, answered(503), 0ms, {}, kYes).kind == Kind::Attempts);
  CHECK(client::decide_retry({.attempts = 1}, 1, answered(503), 0ms, {}, kYes).kind == Kind::Attempts);
}

TEST_CASE("retry: the pause is the longer of chance and wish") {
  AttemptOutcome outcome = answered(429);
  const auto pause = [&](Duration jitter) { return client::decide_retry({}, 1, outcome, jitter, 60s, kYes).pause; };
  CHECK(pause(70ms) == 70ms);
  outcome.retry_after = 2s;
  CHECK(pause(70ms) == 2s);
  CHECK(pause(3s) == 3s);
  outcome.retry_after = 30s;
  CHECK(pause(70ms) == 30s);
}

TEST_CASE("retry: a classifier of one's own has the word, but for the body and the count") {
  const RetryPolicy policy{.classify = [](const AttemptOutcome& outcome) {
    return outcome.status == StatusCode::Conflict || outcome.method == Method::Post;
  }};
  CHECK(client::decide_retry(policy, 1, answered(409), 0ms, {}, kYes).kind == Kind::Wait);
  CHECK(client::decide_retry(policy, 1, answered(503), 0ms, {}, kYes).kind == Kind::Finished);
  CHECK(client::decide_retry(policy, 3, answered(409), 0ms, {}, kYes).kind == Kind::Attempts);
  AttemptOutcome post = failed(Method::Post, Sent::Yes, false);
  CHECK(client::decide_retry(policy, 1, post, 0ms, {}, kYes).kind == Kind::Wait);
  post.body_replayable = false;
  CHECK(client::decide_retry(policy, 1, post, 0ms, {}, kYes).kind == Kind::Body);
}

TEST_CASE("retry: Retry-After is seconds or a date") {
  const base::WallTime now = *text::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") + 250ms;
  struct Case {
    std::string_view value;
    std::optional<Duration> wait;
  };
  const Case table[] = {
      {"0", 0s},
      {"120", 120s},
      {"0007", 7s},
      {"99999999999999999999999999", std::chrono::hours(24) * 366 * 100},
      {"Sun, 06 Nov 1994 08:50:37 GMT", 59'750ms},
      {"Sunday, 06-Nov-94 08:49:47 GMT", 9'750ms},
      {"Sun Nov  6 08:49:38 1994", 750ms},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0s},
      {"Sat, 05 Nov 1994 08:49:37 GMT", 0s},
      {"Fri, 31 Dec 9999 23:59:59 GMT", std::chrono::hours(24) * 366 * 100},
      {"Sat, 01 Jan 0000 00:00:00 GMT", 0s},
      {"", {}},
      {"-1", {}},
      {"+1", {}},
      {"1.5", {}},
      {"1 2", {}},
      {"soon", {}},
      {"0x10", {}},
      {"Sun, 31 Feb 1994 08:49:37 GMT", {}},
  };
  for (const Case& row : table) {
    CAPTURE(row.value);
    CHECK(client::parse_retry_after(row.value, now) == row.wait);
  }
}

TEST_CASE("retry: a connection is left before the server leaves it") {
  struct Case {
    std::string_view value;
    std::optional<Duration> time;
  };
  const Case table[] = {
      {"timeout=5", 4s},
      {"timeout=5, max=100", 4s},
      {"max=100,TimeOut=15", 14s},
      {"timeout=2", 1s},
      {"timeout=1", 500ms},
      {"timeout=0", 0s},
      {"timeout=20, timeout=10", 9s},
      {"timeout=99999999999999999999", 86'399s},
      {"", {}},
      {"max=100", {}},
      {"timeout", {}},
      {"timeout=", {}},
      {"timeout=-1", {}},
      {"timeout=5s", {}},
      {"timeout=\"5\"", {}},
      {"xtimeout=5", {}},
  };
  for (const Case& row : table) {
    CAPTURE(row.value);
    CHECK(client::idle_time_of(row.value) == row.time);
  }
}
