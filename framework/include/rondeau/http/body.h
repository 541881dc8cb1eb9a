// The body of a request: whole in memory, or pulled piece by piece from the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/task/task.h>

namespace rondeau::http {

/// Where a streamed body comes from; implemented by those who serve connections.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// The next piece, or empty Bytes at the end. After an error every call gives an error.
  ///
  /// Errors: UnexpectedEof (the peer left), TimedOut (too slow), TooLarge, InvalidData (bad framing).
  /// Cancellation: safe, no byte is lost.
  virtual task::Task<Result<Bytes>> next() = 0;
  /// All that is left in one piece. Errors: as next(); TooLarge above `limit`, before that much was kept.
  /// Cancellation: what was read so far is lost.
  virtual task::Task<Result<Bytes>> read_all(std::size_t limit);
  /// Bounds the whole body, what was read before included, instead of Limits::max_streamed_body. A source that bounds
  /// nothing by itself may leave it alone: Body counts, too.
  virtual void set_limit(std::uint64_t bytes);
  /// The length of what is left, where the framing says it.
  virtual std::optional<std::uint64_t> remaining() const noexcept { return std::nullopt; }
  /// The fields behind a chunked body, complete after the end; those about framing, routing and authentication are
  /// dropped.
  virtual const Headers& trailers() const noexcept;
};

/// The status that answers an error of a BodySource: 408, 413, or 400.
StatusCode status_of_body_error(const Error& error) noexcept;

/// A request's body. Pulling is exclusive: one reader at a time.
class Body {
 public:
  /// No body.
  Body() noexcept = default;
  /// A body that is here already.
  explicit Body(Bytes whole) noexcept : bytes_(std::move(whole)), view_(bytes_.view()) {}
  /// A body that is pulled. Lifetime: the source's.
  explicit Body(BodySource& source) noexcept : source_(&source) {}
  /// A body that lies in memory of somebody else, such as the connection's buffer. Lifetime: that memory's.
  static Body borrow(std::string_view whole) noexcept {
    Body body;
    body.view_ = whole;
    return body;
  }

  Body(Body&& other) noexcept = default;
  Body& operator=(Body&& other) noexcept = default;

  /// As it was made without one, and nobody asked for it.
  bool is_none() const noexcept {
    return source_ == nullptr && drained_ == nullptr && bytes_.empty() && view_.empty() && !taken_;
  }
  /// True when the whole body is in memory: buffered() may be called.
  bool is_buffered() const noexcept { return source_ == nullptr; }
  /// The whole body, however much of it was read by next(). Lifetime: the request's.
  std::string_view buffered() const noexcept {
    RONDEAU_ASSERT(is_buffered());
    return view_;
  }
  /// The whole body as Bytes that may outlive the request; copies when the memory is borrowed.
  Bytes buffered_bytes() const { return bytes_.empty() ? Bytes::copy_of(buffered()) : bytes_; }

  /// Reads the whole body into memory, where it stays and may be read again. Does nothing when it is there already.
  ///
  /// Errors: TooLarge above `limit` bytes; those of BodySource. Cancellation: what was read so far is lost.
  task::Task<Result<void>> buffer(std::size_t limit);
  /// The next piece, or empty Bytes at the end. Errors, cancellation: as BodySource::next().
  task::Task<Result<Bytes>> next();

  /// Bounds the body as the route does: from now on, what comes beyond so many bytes is TooLarge. False: it is known
  /// to be longer.
  bool set_limit(std::uint64_t bytes);
  /// What a route bounds it to, where one does.
  std::optional<std::uint64_t> limit() const noexcept { return limit_; }
  /// Known to have more than so many bytes, or to have so many left.
  bool is_longer_than(std::uint64_t bytes) const noexcept;

  /// The length in bytes of what is left, where it is known.
  std::optional<std::uint64_t> remaining() const noexcept;
  /// Complete after the end of the body.
  const Headers& trailers() const noexcept;

 private:
  BodySource* source_ = nullptr;
  BodySource* drained_ = nullptr;  // the source of a body that was buffered: it still has the trailers
  Bytes bytes_;
  std::string_view view_;
  std::optional<std::uint64_t> limit_;
  std::uint64_t given_ = 0;  // by next(), from the source
  bool taken_ = false;  // next() gave the buffered body out
};

}  // namespace rondeau::http

namespace rondeau {
using http::Body;
}  // namespace rondeau
