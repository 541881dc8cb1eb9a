// Decoder: the way back, never more than was asked for at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/coding/coding.h>

namespace rondeau::coding {

/// One content. Contents of several members (gzip) or frames (zstd) are read as one; deflate is taken with and without
/// the zlib wrapper, since senders disagree.
///
/// Memory: 44 KiB for gzip and deflate. For zstd at most the 8 MiB that RFC 9659 allows, for brotli the 16 MiB of RFC
/// 7932, both only as far as the sender's window and content reach. Thread safety: none.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Decodes from the front of `input`, appends at most `most` bytes to `out`, and takes what was read off `input`.
  ///
  /// Fewer than `most` bytes were appended: all input was read, and more is needed. `most` is above 0.
  /// Errors: InvalidData for what is malformed, or stands behind the end; then it is not called again.
  /// Throws std::bad_alloc.
  virtual Result<void> decode(std::string_view& input, std::size_t most, std::string& out) = 0;
  /// The content may end here: otherwise it is truncated.
  virtual bool at_end() const noexcept = 0;
};

/// The coding is available (asserted). Throws std::bad_alloc.
std::unique_ptr<Decoder> make_decoder(Coding coding);

}  // namespace rondeau::coding
