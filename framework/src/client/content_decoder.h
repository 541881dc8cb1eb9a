// ContentDecoder: takes the content codings off a response (RFC 9110 §8.4), piece by piece, without input of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/coding/decoder.h>
#include <rondeau/http/headers.h>

namespace rondeau::client {

/// What this build can decode, best first, for Accept-Encoding: "zstd, br, gzip, deflate"; empty: nothing.
const std::string& accepted_codings();

/// Memory: that of the decoders, and one piece for each. Thread safety: none.
class ContentDecoder {
 public:
  static constexpr std::size_t kMaxCodings = 2;
  static constexpr std::size_t kPiece = 64 * 1024;

  /// For the codings that Content-Encoding names; takes it and Content-Length off the fields. Nothing where there is no
  /// coding, and the fields stay as they are.
  ///
  /// Errors: InvalidData for a coding that this build has not, and for more than kMaxCodings; the fields stay.
  static Result<std::optional<ContentDecoder>> take(http::Headers& response);

  /// Gives it the next piece from the wire, or with an empty one says that there are no more. Only where next() gave
  /// nothing (asserted).
  void feed(Bytes piece);
  /// A decoded piece of 1 to kPiece bytes; nothing: what was fed is used up, and after the end of it, that all of the
  /// content was there.
  ///
  /// Errors: InvalidData for what is malformed, ends before its end, or goes on behind it; then every call gives it.
  /// A body of no bytes at all is no content, and no error.
  Result<std::optional<Bytes>> next();

 private:
  struct Stage {
    std::unique_ptr<coding::Decoder> decoder;
    Bytes held = {};             // what is being decoded
    std::string_view left = {};  // of it
    bool more = false;           // the decoder was out of room
    bool started = false;        // something came
    bool ended = false;          // no more comes
  };
  ContentDecoder() = default;
  Result<std::optional<Bytes>> pull(std::size_t stage);

  std::vector<Stage> stages_;  // the one that meets the wire first
  std::optional<rondeau::Error> error_;
};

}  // namespace rondeau::client
