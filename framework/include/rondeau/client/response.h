// client::Response: an answer, whose body is read by whoever wants it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/client/error.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/http/version.h>
#include <rondeau/json/read.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

struct Answer;

/// Move-only. The head is there, the body may be on its way: it is decoded (Content-Encoding) as it is read, and what is
/// not read holds the sender back.
///
/// Dropped with an unread body: little that is left is drained, so that the connection can be used again; else that is
/// closed. Thread safety: one task at a time.
class [[nodiscard]] Response {
 public:
  explicit Response(std::shared_ptr<Answer> answer) noexcept;
  Response(Response&&) noexcept;
  Response& operator=(Response&&) noexcept;
  ~Response();

  http::StatusCode status() const noexcept;
  http::Version version() const noexcept;
  /// Content-Encoding and Content-Length are gone where the body is decoded. Lifetime: the response's.
  const http::Headers& headers() const noexcept;
  std::optional<std::string_view> header(http::HeaderName name) const noexcept { return headers().get(name); }
  std::optional<std::string_view> header(std::string_view name) const noexcept { return headers().get(name); }
  /// Where it came from, behind all redirections.
  const std::string& url() const noexcept;
  /// How often the request was sent, redirections not counted.
  unsigned attempts() const noexcept;

  /// This answer where its status is 2xx; else an error of ErrorKind::Status.
  Result<Response, Error> error_for_status() &&;

  // The body, once, in one of these ways. Errors: ReadTimeout, TotalTimeout, BodyTruncated, Protocol, Decode, TooLarge
  // above AnswerLimits::body. Lifetime: the response may go while they are awaited.

  /// All of it. Cancellation: it is lost.
  task::Task<Result<Bytes, Error>> bytes();
  task::Task<Result<std::string, Error>> text();
  /// All of it, from JSON. Errors: Decode with what is wrong, and where.
  template <class T>
  task::Task<Result<T, Error>> json();
  /// The next piece, as it came or of at most 64 KiB where it is decoded; empty at the end. Cancellation: safe.
  task::Task<Result<Bytes, Error>> next();
  /// The fields behind the body, complete at its end; those about framing and authentication are dropped.
  const http::Headers& trailers() const noexcept;
  /// The length in bytes of what is left to read, where it is known.
  std::optional<std::uint64_t> remaining() const noexcept;

 private:
  friend class RequestBuilder;
  std::shared_ptr<Answer> answer_;
};

/// All of the body. The answer lives as long as the task.
task::Task<Result<Bytes, Error>> collect(std::shared_ptr<Answer> answer);
/// Why `body` is not what was asked for.
Error decode_error(const Answer& answer, std::string_view why, std::string_view body);

template <class T>
task::Task<Result<T, Error>> collect_json(std::shared_ptr<Answer> answer) {
  Result<Bytes, Error> body = co_await collect(answer);
  if (!body) co_return std::move(body).error();
  auto value = json::parse<T>(body->view());
  if (!value) co_return decode_error(*answer, value.error().message(), body->view());
  co_return *std::move(value);
}

template <class T>
task::Task<Result<T, Error>> Response::json() {
  return collect_json<T>(answer_);
}

}  // namespace rondeau::client
