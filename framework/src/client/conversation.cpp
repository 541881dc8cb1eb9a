#include "client/conversation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/connect/backoff.h>
#include <rondeau/observe/trace.h>
#include <rondeau/task/context.h>
#include <rondeau/time/sleep.h>

#include "client/content_decoder.h"
#include "client/decoded_body.h"
#include "client/instruments.h"
#include "client/paced_body.h"
#include "client/retry_rule.h"

namespace rondeau::client {
namespace {

Instant deadline_of(const Call& call) {
  Instant deadline = Context::current().deadline().value_or(Instant::far_future());
  if (call.total) deadline = std::min(deadline, Instant::now() + *call.total);
  return deadline;
}

Timeouts timeouts_of(const ClientCore& core, const Call& call) {
  Timeouts timeouts = core.options().timeouts;
  timeouts.read = call.read_timeout.value_or(timeouts.read);
  return timeouts;
}

/// The client's own fields count as the caller's, so that a redirection takes off what it takes off, and to another
/// origin goes none of them: who sets a key for all requests means one service.
void add_defaults(const http::Headers& defaults, Call& call) {
  http::Headers missing;
  for (const http::HeaderField field : defaults) {
    if (!call.headers.contains(field.name)) static_cast<void>(missing.append(field.name, field.value));
  }
  for (const http::HeaderField field : missing) {
    static_cast<void>(call.headers.append(field.name, field.value));
    call.secret_fields.emplace_back(field.name);
  }
}

RedirectedRequest first_request(const ClientOptions& options, Call& call) {
  add_defaults(options.headers, call);
  return {.method = call.method,
          .url = std::move(*call.url),
          .headers = std::move(call.headers),
          .secret_fields = std::move(call.secret_fields),
          .authority = std::move(call.authority),
          .has_body = !call.body.is_none(),
          .body_replayable = call.body.is_replayable()};
}

/// Nothing is changed on their behalf, so a server that has seen one does not mind another (RFC 9110 §9.2.1).
bool is_harmless(http::Method method) noexcept {
  return method == http::Method::Get || method == http::Method::Head || method == http::Method::Options ||
         method == http::Method::Trace;
}

bool is_transient(const Failure& failure) noexcept {
  switch (failure.kind) {
    case ErrorKind::Connect:
    case ErrorKind::ConnectTimeout:
    case ErrorKind::ReadTimeout:
    case ErrorKind::WriteTimeout:
    case ErrorKind::PoolTimeout:
    case ErrorKind::Dns:
    case ErrorKind::BodyTruncated:
      return true;
    default:
      return false;
  }
}

/// Whether the other side is to blame, as far as can be told.
bool is_of_origin(const Failure& failure) noexcept {
  switch (failure.kind) {
    case ErrorKind::Dns:
    case ErrorKind::Connect:
    case ErrorKind::Tls:
    case ErrorKind::Proxy:
    case ErrorKind::ConnectTimeout:
    case ErrorKind::ReadTimeout:
    case ErrorKind::WriteTimeout:
    case ErrorKind::Protocol:
    case ErrorKind::BodyTruncated:
      return true;
    case ErrorKind::TotalTimeout:
      return failure.phase != Phase::Request && failure.phase != Phase::Pool;
    default:
      return false;
  }
}

/// What a circuit counts.
connect::Outcome judge(const Result<std::unique_ptr<Answer>, Failure>& outcome) noexcept {
  if (!outcome) return is_of_origin(outcome.error()) ? connect::Outcome::Failure : connect::Outcome::Ignored;
  const unsigned code = http::code((*outcome)->status);
  return code == 502 || code == 503 || code == 504 ? connect::Outcome::Failure : connect::Outcome::Success;
}

/// Cancelled, a span ends as it is.
void tell(observe::Span& span, const Result<std::unique_ptr<Answer>, Failure>& outcome) {
  if (!outcome) return span.fail(to_string(outcome.error().kind), outcome.error().cause);
  const unsigned status = http::code((*outcome)->status);
  span.set("http.response.status_code", std::int64_t{status});
  if (status >= 400) span.fail(std::to_string(status));
}

AttemptOutcome::Sent as_outcome(Sent sent) noexcept {
  return sent == Sent::No ? AttemptOutcome::Sent::No : sent == Sent::Yes ? AttemptOutcome::Sent::Yes
                                                                         : AttemptOutcome::Sent::Maybe;
}

}  // namespace

task::Task<Result<std::shared_ptr<Answer>, Error>> converse(std::shared_ptr<const ClientCore> core,
                                                            std::unique_ptr<Call> call) {
  if (call->fault) co_return *std::move(call->fault);
  Instruments::Measured measured(core->instruments(), call->method, std::string(call->url->authority()));
  Conversation conversation(*core, *call);
  Result<std::unique_ptr<Answer>, Error> answer = co_await conversation.run();
  if (!answer) {
    measured.failed(answer.error(), conversation.requests());
    co_return std::move(answer).error();
  }
  measured.answered((*answer)->status, conversation.requests());
  co_return std::shared_ptr<Answer>(*std::move(answer));
}

Conversation::Conversation(const ClientCore& core, Call& call)
    : core_(core),
      call_(call),
      request_(first_request(core.options(), call)),
      rule_(call.redirects),
      deadline_(deadline_of(call)),
      timeouts_(timeouts_of(core, call)),
      decodes_(core.options().decompress && !request_.headers.contains(http::HeaderName::AcceptEncoding)) {}

task::Task<Result<std::unique_ptr<Answer>, Error>> Conversation::run() {
  for (;;) {
    Outcome outcome = co_await retried();
    if (!outcome) co_return error(std::move(outcome).error());
    Answer& answer = **outcome;
    address(answer);
    const RedirectStep step = rule_.step(request_, answer.status, answer.headers, keep_cookies(answer));
    Failure failure{.phase = Phase::Request, .cause = step.why, .sent = Sent::Yes, .answered = true};
    switch (step.verdict) {
      case RedirectVerdict::Result:
        if (Result<void, Failure> decoded = decode(answer); !decoded) co_return error(std::move(decoded).error());
        co_return std::move(*outcome);
      case RedirectVerdict::Follow:
        if (!request_.has_body) call_.body = RequestBody();
        attempts_ = 0;
        continue;
      case RedirectVerdict::Refused:
        failure.kind = ErrorKind::Redirect;
        break;
      case RedirectVerdict::TooMany:
        failure.kind = ErrorKind::TooManyRedirects;
        break;
      case RedirectVerdict::BodyNotReplayable:
        failure.kind = ErrorKind::BodyNotReplayable;
        break;
    }
    Error refused = error(std::move(failure));
    refused.parts().status = answer.status;
    co_return refused;
  }
}

task::Task<Conversation::Outcome> Conversation::retried() {
  const std::optional<RetryPolicy>& policy = core_.options().retry;
  if (!policy) co_return co_await guarded();
  budget_ = core_.retry_budget_of(request_.url.origin());
  budget_->deposit();
  for (unsigned made = 1;; ++made) {
    Outcome outcome = co_await guarded();
    AttemptOutcome seen{.method = request_.method,
                        .has_idempotency_key = request_.headers.contains(http::HeaderName::IdempotencyKey),
                        .body_replayable = !request_.has_body || call_.body.is_replayable()};
    if (outcome) {
      seen.status = (*outcome)->status;
      if (const auto after = (*outcome)->headers.get(http::HeaderName::RetryAfter)) {
        seen.retry_after = parse_retry_after(*after, base::wall_clock());
      }
    } else {
      seen.transient = is_transient(outcome.error());
      seen.sent = as_outcome(outcome.error().sent);
    }
    std::optional<Duration> left;
    if (deadline_ != Instant::far_future()) left = deadline_.saturating_since(Instant::now());
    const Duration jitter = connect::Backoff{policy->base, policy->cap}.delay(made - 1);
    const RetryDecision decision = decide_retry(*policy, made, seen, jitter, left,
                                                [this] { return budget_->withdraw(); });
    retries_denied_ = decision.kind == RetryDecision::Kind::Budget;
    if (decision.kind != RetryDecision::Kind::Wait) co_return outcome;
    outcome = Failure{};  // an answer that nobody wants gives its connection back now
    co_await time::sleep_for(decision.pause);
  }
}

task::Task<Conversation::Outcome> Conversation::guarded() {
  if (!core_.breaker()) co_return co_await replayed();
  auto permit = core_.breaker()->enter(request_.url.origin());
  if (!permit) co_return Failure{.kind = ErrorKind::CircuitOpen, .cause = permit.error().message()};
  Outcome outcome = co_await replayed();
  permit->tell(judge(outcome));
  co_return outcome;
}

task::Task<Conversation::Outcome> Conversation::replayed() {
  Outcome outcome = co_await attempt(false);
  if (!(outcome ? is_stale(**outcome) : may_be_replayed(outcome.error()))) co_return outcome;
  outcome = Failure{};  // gives its connection back
  // Another idle connection may be just as stale. It counts as a retry, and is not denied as one.
  if (budget_) static_cast<void>(budget_->withdraw());
  co_return co_await attempt(true);
}

/// A server that gave up waiting on an idle connection says so before it closes it (RFC 9110 §15.5.9), and the request met
/// that on its way.
bool Conversation::is_stale(const Answer& answer) const noexcept {
  return answer.reused && answer.status == http::StatusCode::RequestTimeout &&
         (!request_.has_body || call_.body.can_be_opened()) && may_arrive_twice();
}

bool Conversation::may_be_replayed(const Failure& failure) const noexcept {
  if (request_.has_body && !call_.body.can_be_opened()) return false;
  if (failure.unprocessed) return true;
  if (!failure.reused || failure.answered || failure.kind != ErrorKind::Connect) return false;
  return failure.sent == Sent::No || may_arrive_twice();
}

bool Conversation::may_arrive_twice() const noexcept {
  if (is_harmless(request_.method)) return true;
  if (request_.headers.contains(http::HeaderName::IdempotencyKey)) return true;
  return core_.options().replay_idempotent_methods && http::is_idempotent(request_.method);
}

task::Task<Conversation::Outcome> Conversation::attempt(bool fresh) {
  if (core_.is_closed()) co_return closed_failure();
  if (Instant::now() >= deadline_) {
    co_return Failure{.kind = ErrorKind::TotalTimeout, .phase = Phase::Pool, .cause = "its time is over"};
  }
  ++attempts_;
  ++requests_;
  const ClientOptions& options = core_.options();
  observe::Span span = span_now();
  const http::Headers fields = fields_now(span);
  Outcome outcome = co_await core_.transport().send(
      {.method = request_.method,
       .url = request_.url,
       .host = request_.authority ? std::string_view(*request_.authority) : request_.url.authority(),
       .fields = fields,
       .body = call_.body,
       .timeouts = timeouts_,
       .limits = options.limits,
       .deadline = deadline_,
       .fresh = fresh,
       .expect_continue = call_.expect_continue,
       .upgrade = call_.upgrade.has_value(),
       .on_early_hints = options.on_early_hints});
  if (span) tell(span, outcome);
  co_return outcome;
}

observe::Span Conversation::span_now() const {
  if (!observe::spans_are_recorded()) return {};
  observe::Span span = observe::Span::begin(http::to_string(request_.method), observe::SpanKind::Client);
  span.set("http.request.method", http::to_string(request_.method));
  span.set("url.full", request_.url.redacted());
  span.set("server.address", request_.url.host());
  span.set("server.port", std::int64_t{request_.url.port()});
  if (requests_ > 1) span.set("http.request.resend_count", std::int64_t{requests_ - 1});
  return span;
}

http::Headers Conversation::fields_now(const observe::Span& span) const {
  using http::HeaderName;
  const ClientOptions& options = core_.options();
  http::Headers fields = request_.headers;
  const auto add = [&fields](HeaderName name, std::string_view value) {
    if (!value.empty() && !fields.contains(name)) static_cast<void>(fields.set(name, value));
  };
  if (call_.upgrade) {
    add(HeaderName::Upgrade, call_.upgrade->protocol);
    if (call_.upgrade->prepare) call_.upgrade->prepare(fields);
  }
  add(HeaderName::UserAgent, options.user_agent);
  add(HeaderName::Accept, "*/*");
  if (decodes_) add(HeaderName::AcceptEncoding, accepted_codings());
  if (options.cookies) add(HeaderName::Cookie, options.cookies->header_for(request_.url));
  if (!core_.propagates_to(request_.url.host())) return fields;
  const Context context = Context::current();
  if (context.trace()) {
    const observe::TraceContext own = span ? span.trace() : observe::begin_span(context.trace());
    add(HeaderName::Traceparent, observe::format_traceparent(own));
    observe::tracestate.try_with([&add](const std::string& state) { add(HeaderName::Tracestate, state); });
  }
  if (context.deadline()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.saturating_since(Instant::now()));
    add(HeaderName::XRequestTimeoutMs, std::to_string(left.count()));
  }
  return fields;
}

bool Conversation::keep_cookies(const Answer& answer) {
  if (!core_.options().cookies) return false;
  CookieJar jar = *core_.options().cookies;
  return jar.store(request_.url, answer.headers);
}

Result<void, Failure> Conversation::decode(Answer& answer) const {
  const std::optional<http::MinimumRate>& rate = core_.options().limits.min_rate;
  if (rate && answer.body != nullptr) answer.body = std::make_unique<PacedBody>(std::move(answer.body), *rate);
  if (!decodes_ || answer.body == nullptr) return {};
  Result<std::optional<ContentDecoder>> decoder = ContentDecoder::take(answer.headers);
  if (!decoder) {
    return Failure{.kind = ErrorKind::Decode,
                   .phase = Phase::Content,
                   .cause = decoder.error().message(),
                   .sent = Sent::Yes,
                   .answered = true};
  }
  if (*decoder) answer.body = std::make_unique<DecodedBody>(std::move(answer.body), **std::move(decoder));
  return {};
}

void Conversation::address(Answer& answer) const {
  answer.method = std::string(http::to_string(request_.method));
  answer.url = request_.url.text();
  answer.redacted_url = request_.url.redacted();
  answer.attempts = attempts_;
  answer.total = deadline_;
  answer.limits = core_.options().limits;
  answer.limits.body = call_.max_body;
}

Error Conversation::error(Failure failure) const {
  if (retries_denied_) failure.cause += " (not tried again: too many retries of late)";
  Error::Parts parts{.kind = failure.kind,
                     .phase = failure.phase,
                     .cause = std::move(failure.cause),
                     .sent = failure.sent,
                     .method = std::string(http::to_string(request_.method)),
                     .url = request_.url.redacted(),
                     .status = failure.status,
                     .attempts = attempts_};
  if (is_transient(failure)) parts.retry = failure.sent == Sent::No ? Retry::Now : Retry::Backoff;
  return Error(std::move(parts));
}

}  // namespace rondeau::client
