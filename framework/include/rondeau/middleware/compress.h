// Compress: answers in a content coding that their client takes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/coding/coding.h>
#include <rondeau/coding/encoder.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Compresses answers of textual types, and of few others that shrink, by Accept-Encoding (RFC 9110 §12.5.3): of equal
/// weights zstd, br, gzip.
///
/// Left as they are: answers of fewer than `minimum` bytes, of other types, 206, `Cache-Control: no-transform`, those
/// that have a Content-Encoding or a digest of their content, event streams, and all of a route that is `.secret()`.
/// What is streamed is flushed with every piece. Longer bodies in memory are compressed while they are sent, 64 KiB at
/// a time. A strong ETag becomes weak, Accept-Ranges goes, and `Vary: accept-encoding` stands also on what could have
/// been compressed. An error in the middle cuts the answer, as it does without this layer.
///
/// A client that refuses what is not coded (`identity;q=0`) gets anything coded that may be, or 406: before the handler
/// runs where no coding is left, afterwards only to GET and HEAD.
///
/// Errors (of build()): InvalidArgument for levels that a library does not have.
///
/// Compression tells who can choose a part of an answer and see its length about the rest of it (BREACH): routes whose
/// answers hold a secret and echo their client are `.secret()`.
struct Compress {
  static constexpr handler::Slot kSlot = handler::Slot::Compress;

  std::size_t minimum = 1024;  ///< in bytes
  /// In the order of preference; those that this build does not have are passed over.
  std::vector<coding::Coding> codings = {coding::Coding::Zstd, coding::Coding::Brotli, coding::Coding::Gzip};
  coding::Levels levels = {};
  std::vector<std::string> more_types = {};  ///< "application/x-log": beside the textual ones
  bool events = false;                       ///< event streams, too

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Compress;
}  // namespace rondeau
