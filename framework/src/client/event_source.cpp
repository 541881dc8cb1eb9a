#include <rondeau/client/event_source.h>

#include <algorithm>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/client/retry.h>
#include <rondeau/connect/backoff.h>
#include <rondeau/task/context.h>
#include <rondeau/text/ascii.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "client/conversation.h"
#include "client/event_source_state.h"
#include "client/words.h"

namespace rondeau::client {
namespace {

using Item = std::optional<Result<ReceivedEvent, Error>>;

constexpr std::string_view kEventStream = "text/event-stream";
// What a server may say about the time until the next attempt is held to this.
constexpr Duration kLeastPause = std::chrono::milliseconds(50);
constexpr Duration kMostPause = std::chrono::hours(1);

/// Another attempt may fare better.
bool is_passing(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::Dns:
    case ErrorKind::Connect:
    case ErrorKind::Proxy:
    case ErrorKind::PoolTimeout:
    case ErrorKind::PoolExhausted:
    case ErrorKind::ConnectTimeout:
    case ErrorKind::WriteTimeout:
    case ErrorKind::ReadTimeout:
    case ErrorKind::TotalTimeout:
    case ErrorKind::BodyTruncated:
    case ErrorKind::CircuitOpen:
      return true;
    default:
      return false;
  }
}

/// The server, or what stands before it, is not in the state to answer.
bool is_passing(http::StatusCode status) noexcept {
  return http::is_server_error(status) || status == http::StatusCode::RequestTimeout ||
         status == http::StatusCode::TooEarly || status == http::StatusCode::TooManyRequests;
}

bool is_event_stream(std::string_view content_type) noexcept {
  return text::equals_ignoring_case(text::trim(content_type.substr(0, content_type.find(';'))), kEventStream);
}

Instant deadline_of_context() {
  return Context::current().deadline().value_or(Instant::far_future());
}

}  // namespace

EventSource::State::State(std::shared_ptr<const ClientCore> core, Call call, const EventStreamLimits& limits,
                          std::string last_event_id, std::optional<Duration> idle_timeout, const Reconnect& reconnect)
    : core_(std::move(core)),
      call_(std::move(call)),
      idle_timeout_(idle_timeout),
      reconnect_(reconnect),
      parser_(limits, last_event_id),
      last_event_id_(std::move(last_event_id)) {}

task::Task<Item> EventSource::State::next_of(std::shared_ptr<State> state) {
  co_return co_await state->next();
}

task::Task<Item> EventSource::State::next() {
  for (;;) {
    if (std::optional<ReceivedEvent> event = parser_.next()) {
      last_event_id_ = event->last_event_id;
      co_return *std::move(event);
    }
    if (error_) co_return *std::exchange(error_, std::nullopt);
    if (over_) co_return std::nullopt;
    error_ = answer_ != nullptr ? co_await read() : co_await connect();
  }
}

task::Task<std::optional<Error>> EventSource::State::connect() {
  const Instant deadline = deadline_of_context();
  co_await time::sleep_until(std::min(again_at_, deadline));
  auto call = std::make_unique<Call>(call_);
  if (const std::string& id = parser_.last_event_id(); !id.empty()) {
    if (const Result<void> set = call->headers.set(http::HeaderName::LastEventId, id); !set && !call->fault) {
      call->fault = Error({.kind = ErrorKind::InvalidRequest,
                           .cause = "an event's id that no field can say",
                           .method = std::string(http::to_string(call->method)),
                           .url = call->url ? call->url->redacted() : std::string()});
    }
  }
  Result<std::shared_ptr<Answer>, Error> answer = co_await converse(core_, std::move(call));
  if (answer) co_return judge(*std::move(answer));
  Error error = std::move(answer).error();
  if (error == ErrorKind::TotalTimeout && Instant::now() >= deadline) co_return error;
  co_return is_passing(error.kind()) ? lose(std::move(error)) : end(std::move(error));
}

std::optional<Error> EventSource::State::judge(std::shared_ptr<Answer> answer) {
  const http::StatusCode status = answer->status;
  if (status == http::StatusCode::NoContent) {
    over_ = true;
    return std::nullopt;
  }
  if (status != http::StatusCode::Ok) {
    Error error = complain(*answer, ErrorKind::Status, "answered " + describe(status));
    if (!is_passing(status)) return end(std::move(error));
    std::optional<Duration> after;
    if (const auto field = answer->headers.get(http::HeaderName::RetryAfter)) {
      after = parse_retry_after(*field, base::wall_clock());
    }
    return lose(std::move(error), std::min(after.value_or(Duration::zero()), kMostPause));
  }
  const std::string_view type = answer->headers.get(http::HeaderName::ContentType).value_or("");
  if (!is_event_stream(type)) {
    return end(complain(*answer, ErrorKind::Decode, "its content is \"" + excerpt(type) + "\", no stream of events"));
  }
  parser_.begin_again();
  ++connections_;
  answer_ = std::move(answer);
  return std::nullopt;
}

task::Task<std::optional<Error>> EventSource::State::read() {
  const Instant deadline = deadline_of_context();
  const Instant idle_end = idle_timeout_ ? Instant::now() + *idle_timeout_ : Instant::far_future();
  Bytes piece;
  if (answer_->body != nullptr) {
    // The body is not told of the deadline: to it that would be the end of all reading.
    auto read = co_await time::timeout_at(std::min(idle_end, deadline), answer_->body->next(Instant::far_future()));
    if (!read && Instant::now() >= deadline) {
      co_return complain(*answer_, ErrorKind::TotalTimeout, "no event came in its time");
    }
    if (!read) {
      co_return lose(complain(*answer_, ErrorKind::ReadTimeout, "nothing came for " + in_seconds(*idle_timeout_)));
    }
    if (!*read) {
      Error error = error_of(*answer_, std::move(*read).error());
      co_return error == ErrorKind::Decode ? end(std::move(error)) : lose(std::move(error));
    }
    piece = **std::move(read);
  }
  if (piece.empty() && reconnect_.attempts == 0u) {
    over_ = true;
    answer_.reset();
    co_return std::nullopt;
  }
  if (piece.empty()) co_return lose(complain(*answer_, ErrorKind::BodyTruncated, "the stream has ended"));
  failures_ = 0;
  if (const Result<void> fed = parser_.feed(piece.view()); !fed) {
    co_return end(complain(*answer_, ErrorKind::TooLarge, fed.error().message()));
  }
  co_return std::nullopt;
}

/// There is no connection any more; there will be another one, unless that was the last.
std::optional<Error> EventSource::State::lose(Error error, Duration at_least) {
  answer_.reset();
  last_error_ = error;
  const unsigned failed = failures_++;
  if (reconnect_.attempts && failures_ > *reconnect_.attempts) {
    over_ = true;
    return error;
  }
  const Duration said = parser_.retry() ? Duration(*parser_.retry()) : reconnect_.time;
  const Duration time = std::clamp(said, kLeastPause, kMostPause);
  const connect::Backoff chance{.base = std::min(time, reconnect_.cap), .cap = reconnect_.cap};
  again_at_ = Instant::now() + std::max(time + chance.delay(failed), at_least);
  return std::nullopt;
}

std::optional<Error> EventSource::State::end(Error error) {
  over_ = true;
  answer_.reset();
  last_error_ = error;
  return error;
}

Error EventSource::State::complain(const Answer& answer, ErrorKind kind, std::string cause) const {
  return error_of(answer, {.kind = kind,
                           .phase = answer_ != nullptr ? Phase::Body : Phase::Head,
                           .cause = std::move(cause),
                           .sent = Sent::Yes,
                           .answered = true});
}

EventSource::EventSource(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
EventSource::EventSource(EventSource&&) noexcept = default;
EventSource& EventSource::operator=(EventSource&&) noexcept = default;
EventSource::~EventSource() = default;

task::CancelSafe<Item> EventSource::next() {
  return task::cancel_safe(State::next_of(state_));
}
const std::string& EventSource::last_event_id() const noexcept {
  return state_->last_event_id();
}
std::size_t EventSource::connections() const noexcept {
  return state_->connections();
}
const Error* EventSource::last_error() const noexcept {
  return state_->last_error();
}

EventSourceBuilder::EventSourceBuilder(RequestBuilder request) : request_(std::move(request)) {
  if (request_.call_->method != http::Method::Get) reconnect_ = Reconnect::never();
}

EventSource EventSourceBuilder::open() && {
  Call call = std::move(*request_.call_);
  const auto set = [&call](http::HeaderName name, std::string_view value) {
    if (!call.headers.contains(name)) static_cast<void>(call.headers.set(name, value));
  };
  set(http::HeaderName::Accept, kEventStream);
  set(http::HeaderName::CacheControl, "no-store");
  call.read_timeout = idle_timeout_.value_or(Duration::max());
  return EventSource(std::make_shared<EventSource::State>(request_.core_, std::move(call), limits_,
                                                          std::move(last_event_id_), idle_timeout_, reconnect_));
}

EventSourceBuilder Client::events(std::string_view url) const {
  return EventSourceBuilder(get(url));
}

}  // namespace rondeau::client
