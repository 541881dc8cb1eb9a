// Response: status, fields and a body that is empty, in memory, or produced while it is sent.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/task/task.h>

namespace rondeau::http {

/// Where a streamed body goes; implemented by those who serve connections.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends a piece; waits while more than Limits::max_unsent bytes are unsent. An empty piece is skipped.
  ///
  /// Errors: BrokenPipe, ConnectionReset, TimedOut (the peer does not read), TooLarge (more than the declared
  /// Content-Length). Cancellation: the answer is cut; the connection closes.
  virtual task::Task<Result<void>> write(Bytes piece) = 0;
  /// Hands what was written to the kernel before more is produced.
  virtual task::Task<Result<void>> flush() = 0;
};

/// Makes a streamed body. Destroyed when the body is complete or the peer is gone.
class BodyProducer {
 public:
  virtual ~BodyProducer() = default;
  /// Runs once, after the head was sent. An error cuts the connection, so that the peer sees a truncated body.
  virtual task::Task<Result<void>> produce(BodyWriter& writer) = 0;
};

class Upgrade;
/// Keeps <rondeau/http/upgrade.h> out of every handler's sight.
struct DeleteUpgrade {
  void operator()(Upgrade* upgrade) const noexcept;
};
using UpgradePtr = std::unique_ptr<Upgrade, DeleteUpgrade>;

/// The body of a response.
class ResponseBody {
 public:
  enum class Kind : std::uint8_t { Empty, Bytes, Text, Stream };

  ResponseBody() noexcept = default;
  explicit ResponseBody(base::Bytes bytes) noexcept : kind_(Kind::Bytes), bytes_(std::move(bytes)) {}
  explicit ResponseBody(std::string text) noexcept : kind_(Kind::Text), text_(std::move(text)) {}
  explicit ResponseBody(std::unique_ptr<BodyProducer> producer) noexcept
      : kind_(Kind::Stream), producer_(std::move(producer)) {}

  Kind kind() const noexcept { return kind_; }
  bool is_stream() const noexcept { return kind_ == Kind::Stream; }
  /// The content, unless it is a stream. Lifetime: until the body is changed or moved.
  std::string_view view() const noexcept { return kind_ == Kind::Text ? std::string_view(text_) : bytes_.view(); }
  /// Takes the content out as Bytes. Not for a stream.
  base::Bytes take_bytes();
  /// Takes the producer out, or nullptr.
  std::unique_ptr<BodyProducer> take_producer() noexcept { return std::move(producer_); }

 private:
  Kind kind_ = Kind::Empty;
  base::Bytes bytes_;
  std::string text_;
  std::unique_ptr<BodyProducer> producer_;
};

/// What a handler answers. Move-only; cheap to move.
///
/// Content-Length, Transfer-Encoding, Date and Connection are the server's business. A Content-Length set here is
/// checked against the body, not trusted; `Connection: close` is obeyed. A field that cannot be sent (see Headers)
/// makes the response faulty: the server logs it and answers 500.
class Response {
 public:
  /// An answer without body.
  Response(StatusCode status = StatusCode::Ok) noexcept : status_(status) {}  // NOLINT(google-explicit-constructor)
  Response(StatusCode status, ResponseBody body) noexcept : status_(status), body_(std::move(body)) {}

  /// text/plain in UTF-8.
  static Response text(std::string body, StatusCode status = StatusCode::Ok);
  /// The same from text that lives as long as the program. Allocates nothing.
  static Response static_text(std::string_view body, StatusCode status = StatusCode::Ok);
  /// text/html in UTF-8; the caller has escaped it.
  static Response html(std::string body, StatusCode status = StatusCode::Ok);
  /// application/json from text that is JSON.
  static Response json_text(std::string body, StatusCode status = StatusCode::Ok);
  /// Any content; `content_type` lives as long as the program.
  static Response bytes(Bytes body, std::string_view content_type = "application/octet-stream",
                        StatusCode status = StatusCode::Ok);
  /// A Location with a 3xx status.
  static Response redirect(std::string_view location, StatusCode status = StatusCode::SeeOther);
  /// A body made while it is sent: `produce(BodyWriter&)` gives a Task<Result<void>>; the callable and its captures
  /// live as long as that task runs.
  template <class F>
  requires std::is_invocable_r_v<task::Task<Result<void>>, F&, BodyWriter&> static Response stream(
      F produce, std::string_view content_type = "application/octet-stream", StatusCode status = StatusCode::Ok);

  /// 101 with its fields: after it the connection belongs to `upgrade`, which speaks `protocol`. Another status set by
  /// a layer calls it off.
  ///
  /// Only in answer to a GET over HTTP/1.1 that asks for an upgrade, and whose body, if there is one, was read; to
  /// another request the server logs it and answers 500. While the server drains it answers 503.
  static Response upgrade(std::string_view protocol, UpgradePtr upgrade);

  StatusCode status() const noexcept { return status_; }
  void set_status(StatusCode status) noexcept { status_ = status; }
  Headers& headers() noexcept { return headers_; }
  const Headers& headers() const noexcept { return headers_; }
  /// Sets a field; a bad one makes the response faulty.
  Response& header(HeaderName name, std::string_view value) &;
  Response& header(std::string_view name, std::string_view value) &;
  Response&& header(HeaderName name, std::string_view value) && { return std::move(header(name, value)); }
  Response&& header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }

  ResponseBody& body() noexcept { return body_; }
  const ResponseBody& body() const noexcept { return body_; }
  void set_body(ResponseBody body) noexcept { body_ = std::move(body); }

  bool is_upgrade() const noexcept { return status_ == StatusCode::SwitchingProtocols && upgrade_ != nullptr; }
  UpgradePtr take_upgrade() noexcept { return std::move(upgrade_); }

  /// Why this answer cannot be sent; code Ok when it can.
  const Error& fault() const noexcept { return fault_; }

 private:
  StatusCode status_;
  Headers headers_;
  ResponseBody body_;
  Error fault_;
  UpgradePtr upgrade_;
};

template <class F>
class CallableProducer final : public BodyProducer {
 public:
  explicit CallableProducer(F callable) : callable_(std::move(callable)) {}
  task::Task<Result<void>> produce(BodyWriter& writer) override { return callable_(writer); }

 private:
  F callable_;
};

template <class F>
requires std::is_invocable_r_v<task::Task<Result<void>>, F&, BodyWriter&> Response
Response::stream(F produce, std::string_view content_type, StatusCode status) {
  Response response(status, ResponseBody(std::make_unique<CallableProducer<F>>(std::move(produce))));
  response.headers_.set_static(HeaderName::ContentType, content_type);
  return response;
}

}  // namespace rondeau::http

namespace rondeau {
using http::BodyWriter;
using http::Response;
}  // namespace rondeau
