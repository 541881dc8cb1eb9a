// Response: status, fields and a body that is empty, in memory, or produced while it is sent.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/task/stream.h>
#include <rondeau/task/task.h>

namespace rondeau::fs {
class File;
}

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
  /// Sends `length` bytes of a file from `offset` on, as write() does. Unless the writer knows better they are read in
  /// pieces, on the pool "fs".
  ///
  /// Errors: also InvalidData where the file ends before. Lifetime: the file's.
  virtual task::Task<Result<void>> write_file(const fs::File& file, std::uint64_t offset, std::uint64_t length);

  /// Fields to send behind the body, at first those of Response::trailers(). May be changed until produce() returns.
  Headers& trailers() noexcept { return trailers_; }

 private:
  Headers trailers_;
};

/// Makes a streamed body. Destroyed when the body is complete or the peer is gone.
class BodyProducer {
 public:
  virtual ~BodyProducer() = default;
  /// Runs once, after the head was sent. An error cuts the connection, so that the peer sees a truncated body.
  virtual task::Task<Result<void>> produce(BodyWriter& writer) = 0;

  /// How many bytes there are, where any part of them can be made: then the body has ranges.
  virtual std::optional<std::uint64_t> seekable_length() const noexcept { return std::nullopt; }
  /// As produce(), for `length` bytes from `offset` on, which lie within seekable_length(). May run several times, one
  /// after the other. Not called where there is no such length.
  virtual task::Task<Result<void>> produce_part(BodyWriter& writer, std::uint64_t offset, std::uint64_t length);
};

struct SetCookie;
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
  /// The length in bytes, where any part of the content can be sent: of what is in memory, and of what can be sought in.
  std::optional<std::uint64_t> seekable_length() const noexcept {
    return producer_ ? producer_->seekable_length() : std::optional<std::uint64_t>(view().size());
  }
  /// Takes the producer out, or nullptr.
  std::unique_ptr<BodyProducer> take_producer() noexcept { return std::move(producer_); }

 private:
  Kind kind_ = Kind::Empty;
  base::Bytes bytes_;
  std::string text_;
  std::unique_ptr<BodyProducer> producer_;
};

/// Work to do once an answer is over; see Response::after().
class AfterWork {
 public:
  virtual ~AfterWork() = default;
  virtual task::Task<void> run() = 0;
};

/// What a stream gives piece by piece: Bytes or text, or a Result of either.
template <class S>
concept PieceStream = task::Stream<S> && requires(task::ItemOf<S> item) {
  requires std::same_as<task::ItemOf<S>, base::Bytes> || std::same_as<task::ItemOf<S>, std::string> ||
               std::same_as<task::ItemOf<S>, Result<base::Bytes>> || std::same_as<task::ItemOf<S>, Result<std::string>>;
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
  /// With a body of that type; `content_type` lives as long as the program.
  Response(StatusCode status, ResponseBody body, std::string_view content_type)
      : status_(status), headers_(HeaderName::ContentType, content_type), body_(std::move(body)) {}

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
    requires std::is_invocable_r_v<task::Task<Result<void>>, F&, BodyWriter&>
  static Response stream(F produce, std::string_view content_type = "application/octet-stream",
                         StatusCode status = StatusCode::Ok);
  /// A body of the pieces that a stream gives: an AsyncGenerator<Bytes>, a channel's receiver. An item that is an error
  /// cuts the connection, as an exception does.
  template <PieceStream S>
  static Response stream(S pieces, std::string_view content_type = "application/octet-stream",
                         StatusCode status = StatusCode::Ok);

  /// 101 with its fields: after it the connection belongs to `upgrade`, which speaks `protocol`. Another status set by
  /// a layer calls it off.
  ///
  /// Only in answer to a GET that asks for an upgrade, and whose body, if there is one, was read; to another request the
  /// server logs it and answers 500. While the server drains it answers 503. Over HTTP/2 the request is an extended
  /// CONNECT for a WebSocket (RFC 8441), and the answer 200.
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
  /// Adds a Set-Cookie field behind those that are there; a cookie that cannot be set makes the response faulty.
  Response& add_cookie(const SetCookie& cookie) &;
  Response&& add_cookie(const SetCookie& cookie) && { return std::move(add_cookie(cookie)); }

  ResponseBody& body() noexcept { return body_; }
  const ResponseBody& body() const noexcept { return body_; }
  void set_body(ResponseBody body) noexcept { body_ = std::move(body); }

  bool is_upgrade() const noexcept { return status_ == StatusCode::SwitchingProtocols && upgrade_ != nullptr; }
  UpgradePtr take_upgrade() noexcept { return std::move(upgrade_); }

  /// Fields to send behind the body. A peer gets them that said `TE: trailers`, over HTTP/1.1 or later; others do not.
  ///
  /// What is about framing, routing, authentication or the content has to stand in front (RFC 9110 §6.5.1) and is left
  /// out here.
  Headers& trailers() { return extras().trailers; }
  const Headers& trailers() const noexcept;
  /// As Headers::wire_bound().
  std::size_t trailers_wire_bound() const noexcept { return extras_ != nullptr ? extras_->trailers.wire_bound() : 0; }
  /// Why it is what it is, for the log of whoever serves; nothing of it is sent.
  Response& explain(std::string why) &;
  Response&& explain(std::string why) && { return std::move(explain(std::move(why))); }
  std::string_view explanation() const noexcept {
    return extras_ != nullptr ? std::string_view(extras_->explanation) : std::string_view();
  }
  bool has_after() const noexcept { return extras_ != nullptr && !extras_->after.empty(); }
  bool has_trailers() const noexcept { return extras_ != nullptr && !extras_->trailers.empty(); }

  /// Runs `work`, which gives a Task<void>, once the answer was handed to the kernel or its peer is gone: in a task of
  /// its own, which a server that drains waits for. The callable and its captures live as long as the task runs.
  ///
  /// What it throws goes to stderr. A server whose time to drain is over cancels it.
  template <class F>
    requires std::is_invocable_r_v<task::Task<void>, F&>
  Response& after(F work) &;
  template <class F>
    requires std::is_invocable_r_v<task::Task<void>, F&>
  Response&& after(F work) && {
    return std::move(after(std::move(work)));
  }
  /// The same for a task that was made already.
  Response& after(task::Task<void> work) &;
  Response&& after(task::Task<void> work) && { return std::move(after(std::move(work))); }
  /// Takes out what after() was given, in that order; for those who serve.
  std::vector<std::unique_ptr<AfterWork>> take_after();

  /// Why this answer cannot be sent; code Ok when it can.
  const Error& fault() const noexcept { return fault_; }
  /// Makes it one that cannot be sent.
  void set_fault(Error why) noexcept { fault_ = std::move(why); }

 private:
  // What few answers have.
  struct Extras {
    Headers trailers;
    std::vector<std::unique_ptr<AfterWork>> after;
    std::string explanation;
  };
  Extras& extras();

  StatusCode status_;
  Headers headers_;
  ResponseBody body_;
  Error fault_;
  UpgradePtr upgrade_;
  std::unique_ptr<Extras> extras_;
};

template <class F>
class CallableProducer final : public BodyProducer {
 public:
  explicit CallableProducer(F callable) : callable_(std::move(callable)) {}
  task::Task<Result<void>> produce(BodyWriter& writer) override { return callable_(writer); }

 private:
  F callable_;
};

/// Pulls a stream of pieces.
template <class S>
class PieceProducer final : public BodyProducer {
 public:
  explicit PieceProducer(S pieces) : pieces_(std::move(pieces)) {}
  task::Task<Result<void>> produce(BodyWriter& writer) override {
    while (auto item = co_await pieces_.next()) {
      if constexpr (base::is_result<task::ItemOf<S>>) {
        if (!*item) co_return std::move(*item).error();
        RONDEAU_TRY_VOID(co_await writer.write(base::Bytes(**std::move(item))));
      } else {
        RONDEAU_TRY_VOID(co_await writer.write(base::Bytes(*std::move(item))));
      }
    }
    co_return Result<void>();
  }

 private:
  S pieces_;
};

template <class F>
class CallableAfter final : public AfterWork {
 public:
  explicit CallableAfter(F work) : work_(std::move(work)) {}
  task::Task<void> run() override { return work_(); }

 private:
  F work_;
};

template <class F>
  requires std::is_invocable_r_v<task::Task<void>, F&>
Response& Response::after(F work) & {
  extras().after.push_back(std::make_unique<CallableAfter<F>>(std::move(work)));
  return *this;
}

template <PieceStream S>
Response Response::stream(S pieces, std::string_view content_type, StatusCode status) {
  return Response(status, ResponseBody(std::make_unique<PieceProducer<S>>(std::move(pieces))), content_type);
}

template <class F>
  requires std::is_invocable_r_v<task::Task<Result<void>>, F&, BodyWriter&>
Response Response::stream(F produce, std::string_view content_type, StatusCode status) {
  return Response(status, ResponseBody(std::make_unique<CallableProducer<F>>(std::move(produce))), content_type);
}

}  // namespace rondeau::http

namespace rondeau {
using http::BodyWriter;
using http::Response;
}  // namespace rondeau
