#include <rondeau/client/response.h>

#include <utility>

#include <rondeau/task/context.h>

#include "client/answer.h"
#include "client/words.h"

namespace rondeau::client {
namespace {

constexpr std::size_t kExcerpt = 256;

/// It gives its connection back, and keeps what was behind it.
void drop_body(Answer& answer) {
  if (answer.body == nullptr) return;
  answer.trailers = answer.body->trailers();
  answer.body.reset();
}

task::Task<Result<Bytes, Error>> next_piece(std::shared_ptr<Answer> answer, Instant deadline) {
  if (answer->body == nullptr) co_return Bytes();
  Result<Bytes, Failure> piece = co_await answer->body->next(deadline);
  if (!piece) co_return error_of(*answer, std::move(piece).error());
  if (piece->empty()) drop_body(*answer);
  co_return *std::move(piece);
}

task::Task<Result<std::string, Error>> collect_text(std::shared_ptr<Answer> answer) {
  std::string text;
  if (answer->body == nullptr) co_return text;
  for (;;) {
    Result<Bytes, Failure> piece = co_await answer->body->next(answer->total);
    if (!piece) {
      drop_body(*answer);
      co_return error_of(*answer, std::move(piece).error());
    }
    if (piece->empty()) break;
    if (piece->size() > answer->limits.body - text.size()) {
      drop_body(*answer);
      co_return error_of(*answer, {.kind = ErrorKind::TooLarge,
                                   .phase = Phase::Body,
                                   .cause = "its body has more than " + std::to_string(answer->limits.body) + " bytes",
                                   .sent = Sent::Yes});
    }
    text += piece->view();
  }
  drop_body(*answer);
  co_return text;
}

}  // namespace

Error error_of(const Answer& answer, Failure failure) {
  return Error({.kind = failure.kind,
                .phase = failure.phase,
                .cause = std::move(failure.cause),
                .sent = failure.sent,
                .method = answer.method,
                .url = answer.redacted_url,
                .status = answer.status,
                .attempts = answer.attempts});
}

Response::Response(std::shared_ptr<Answer> answer) noexcept : answer_(std::move(answer)) {}
Response::Response(Response&&) noexcept = default;
Response& Response::operator=(Response&&) noexcept = default;
Response::~Response() = default;

http::StatusCode Response::status() const noexcept {
  return answer_->status;
}
http::Version Response::version() const noexcept {
  return answer_->version;
}
const http::Headers& Response::headers() const noexcept {
  return answer_->headers;
}
const std::string& Response::url() const noexcept {
  return answer_->url;
}
unsigned Response::attempts() const noexcept {
  return answer_->attempts;
}

Result<Response, Error> Response::error_for_status() && {
  if (http::is_success(status())) return std::move(*this);
  return error_of(*answer_, {.kind = ErrorKind::Status,
                             .phase = Phase::Head,
                             .cause = "answered " + describe(status()),
                             .sent = Sent::Yes});
}

task::Task<Result<Bytes, Error>> Response::bytes() {
  return collect(answer_);
}
task::Task<Result<std::string, Error>> Response::text() {
  return collect_text(answer_);
}
task::Task<Result<Bytes, Error>> Response::next() {
  return next_piece(answer_, Context::current().deadline().value_or(Instant::far_future()));
}
const http::Headers& Response::trailers() const noexcept {
  return answer_->body != nullptr ? answer_->body->trailers() : answer_->trailers;
}
std::optional<std::uint64_t> Response::remaining() const noexcept {
  return answer_->body != nullptr ? answer_->body->remaining() : 0;
}

task::Task<Result<Bytes, Error>> collect(std::shared_ptr<Answer> answer) {
  Result<std::string, Error> text = co_await collect_text(std::move(answer));
  if (!text) co_return std::move(text).error();
  co_return Bytes(*std::move(text));
}

Error decode_error(const Answer& answer, std::string_view why, std::string_view body) {
  return error_of(answer, {.kind = ErrorKind::Decode,
                           .phase = Phase::Content,
                           .cause = std::string(why) + ": \"" + excerpt(body, kExcerpt) + '"',
                           .sent = Sent::Yes});
}

}  // namespace rondeau::client
