#include <rondeau/client/event_source.h>

#include <algorithm>
#include <utility>

#include <rondeau/connect/backoff.h>
#include <rondeau/task/context.h>
#include <rondeau/text/ascii.h>
#include <rondeau/time/sleep.h>

namespace rondeau::client {
namespace {

using http::HeaderName;
using http::StatusCode;

constexpr Duration kLeastBackoff = std::chrono::milliseconds(50);
constexpr std::size_t kMostDoublings = 30;

bool is_event_stream(const Response& response) noexcept {
  const std::string_view type = response.header(HeaderName::ContentType).value_or("");
  return text::equals_ignoring_case(text::trim(type.substr(0, type.find(';'))), "text/event-stream");
}

/// Statuses of servers that may do better later.
bool may_pass(StatusCode status) noexcept {
  return http::is_server_error(status) || status == StatusCode::RequestTimeout || status == StatusCode::TooEarly ||
         status == StatusCode::TooManyRequests;
}

/// Of whoever waits for the event: that ends the wait, not the stream.
bool deadline_is_over() noexcept {
  const std::optional<Instant> deadline = task::Context::current().deadline();
  return deadline && *deadline <= Instant::now();
}

std::string redacted(const std::string& text) {
  const Result<url::Url> url = url::Url::parse(text);
  return url ? url->redacted() : std::string();
}

Error failure(const Response& response, ErrorKind kind, Phase phase, std::string cause) {
  return Error(
      {.kind = kind,
       .phase = phase,
       .cause = std::move(cause),
       .sent = Sent::Yes,
       .method = "GET",
       .url =
           url::Url::parse(response.url()).transform([](const url::Url& url) { return url.redacted(); }).value_or(""),
       .status = response.status(),
       .attempts = response.attempts()});
}

}  // namespace

EventSource::EventSource(Client client, std::string url, EventSourceOptions options)
    : client_(std::move(client)),
      url_(std::move(url)),
      options_(std::move(options)),
      parser_(options_.limits, options_.last_event_id) {}

task::Task<std::optional<Result<ReceivedEvent, Error>>> EventSource::next() {
  while (true) {
    if (std::optional<ReceivedEvent> event = parser_.next()) co_return Result<ReceivedEvent, Error>(*std::move(event));
    if (over_) co_return std::nullopt;
    if (!response_) {
      Result<Opened, Error> opened = co_await open();
      over_ = opened ? *opened == Opened::Over : !deadline_is_over();
      if (!opened) co_return Result<ReceivedEvent, Error>(std::move(opened).error());
      continue;
    }
    const Result<Bytes, Error> piece = co_await response_->next();
    if (!piece || piece->empty()) {
      response_.reset();
      // A server that only ever accepts is in trouble, too.
      if (!heard_) ++failures_;
      not_before_ = Instant::now() + pause();
      if (!piece && deadline_is_over()) co_return Result<ReceivedEvent, Error>(piece.error());
      continue;
    }
    heard_ = true;
    failures_ = 0;
    if (!parser_.feed(piece->view())) {
      over_ = true;
      co_return Result<ReceivedEvent, Error>(
          failure(*response_, ErrorKind::TooLarge, Phase::Body, "a line or an event is too large"));
    }
  }
}

/// Asks once, when it is time to.
task::Task<Result<EventSource::Opened, Error>> EventSource::open() {
  if (not_before_) {
    const std::optional<Instant> deadline = task::Context::current().deadline();
    co_await time::sleep_until(deadline ? std::min(*deadline, *not_before_) : *not_before_);
    if (deadline_is_over()) {
      co_return Error({.kind = ErrorKind::TotalTimeout,
                       .cause = "its time is over, before it was time to ask again",
                       .method = "GET",
                       .url = redacted(url_)});
    }
  }
  RequestBuilder request = client_.get(url_)
                               .headers(options_.headers)
                               .header(HeaderName::Accept, "text/event-stream")
                               .header(HeaderName::CacheControl, "no-store");
  if (const std::string& id = last_event_id(); !id.empty()) {
    request = std::move(request).header(HeaderName::LastEventId, id);
  }
  Result<Response, Error> response = co_await std::move(request).send();
  const bool good = response && response->status() == StatusCode::Ok && is_event_stream(*response);
  if (good) {
    parser_ = EventStreamParser(options_.limits, last_event_id());
    response_.emplace(*std::move(response));
    heard_ = false;
    co_return Opened::Yes;
  }
  ++failures_;
  not_before_ = Instant::now() + pause();
  const bool enough = options_.attempts && failures_ >= *options_.attempts;
  if (!response) {
    if (deadline_is_over()) co_return std::move(response).error();
    if (!enough && response.error().retry() != Retry::Never) co_return Opened::Again;
    co_return std::move(response).error();
  }
  if (response->status() == StatusCode::NoContent) co_return Opened::Over;
  if (!enough && may_pass(response->status())) co_return Opened::Again;
  if (!http::is_success(response->status())) co_return (*std::move(response)).error_for_status().error();
  co_return failure(*response, ErrorKind::Decode, Phase::Head, "the answer is no text/event-stream");
}

/// What the server wants, and more where it is in trouble.
Duration EventSource::pause() noexcept {
  if (const auto wanted = parser_.retry()) options_.retry = *wanted;
  const Duration least = std::min(options_.retry, options_.longest_retry);
  if (failures_ == 0) return least;
  const connect::Backoff more{.base = std::max<Duration>(least, kLeastBackoff), .cap = options_.longest_retry - least};
  return least + more.delay(static_cast<unsigned>(std::min(failures_, kMostDoublings)));
}

}  // namespace rondeau::client
