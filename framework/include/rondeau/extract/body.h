// What the body says: Bytes, text, a stream, or the request as a whole. Json<T> has a header of its own.
//
// Only one parameter of a handler may read the body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/base/bytes.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/http/body.h>

namespace rondeau::extract {

/// The body as it arrives: nothing is read before the handler asks, and the peer waits while it does not ask.
///
/// Lifetime: the request's, that is, until the handler's answer is complete. One reader at a time.
class BodyStream {
 public:
  explicit BodyStream(http::Body& body) noexcept : body_(&body) {}

  /// The next piece, or empty Bytes at the end.
  ///
  /// Errors: UnexpectedEof, TimedOut, TooLarge, InvalidData. Cancellation: safe, no byte is lost.
  task::Task<Result<Bytes>> next() { return body_->next(); }
  /// The length in bytes of what is left, where it is known.
  std::optional<std::uint64_t> remaining() const noexcept { return body_->remaining(); }
  /// The fields behind a chunked body; complete after its end.
  const http::Headers& trailers() const noexcept { return body_->trailers(); }

 private:
  http::Body* body_;
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::BodyStream;

template <>
struct Extract<Bytes> {
  static constexpr bool reads_body = true;
  static bool extract(extract::Context& context, Bytes* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
/// The body as text; what is not UTF-8 is rejected with 400.
template <>
struct Extract<std::string> {
  static constexpr bool reads_body = true;
  static bool extract(extract::Context& context, std::string* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
template <>
struct Extract<BodyStream> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static bool extract(extract::Context& context, BodyStream* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
/// The request itself, with its body unread.
template <>
struct Extract<http::Request> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static bool extract(extract::Context& context, http::Request* slot, Rejection& rejection);
};

}  // namespace rondeau
