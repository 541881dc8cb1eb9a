// Decompress: request bodies in a content coding, read as if they had none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Takes the codings of Content-Encoding off a request's body, as it is read: zstd, br, gzip and deflate, as far as
/// this build has them. Extractors and handlers see neither Content-Encoding nor Content-Length.
///
/// Limits count what comes out: Limits::max_buffered_body or the route's, and Limits::max_streamed_body. Errors of the
/// body are TooLarge (413) also where it grows beyond `ratio`, and InvalidData (400) for what is malformed, truncated,
/// or has bytes behind its end. A coding that is not known, or more than `max_codings`: 415 with Accept-Encoding,
/// before the handler. Nothing is read before the handler asks.
///
/// Errors (of build()): InvalidArgument.
struct Decompress {
  static constexpr handler::Slot kSlot = handler::Slot::Decompress;

  std::size_t max_codings = 2;
  std::uint64_t ratio = 100;              ///< bytes out of a byte that came, at least 1
  std::uint64_t ratio_after = 64 * 1024;  ///< bytes that come out before the ratio counts

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Decompress;
}  // namespace rondeau
