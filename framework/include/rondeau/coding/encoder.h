// Encoder: compresses a content piece by piece.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/coding/coding.h>

namespace rondeau::coding {

/// How hard each library tries, in its own scale: quick ones, since answers are made while somebody waits.
struct Levels {
  int zstd = 3;    ///< 1 to 22
  int brotli = 4;  ///< 0 to 11
  int gzip = 4;    ///< 1 to 9; deflate, too
};

/// One content. Memory: at most about 2 MiB, less where the length is known and small. Thread safety: none.
class Encoder {
 public:
  enum class End : std::uint8_t {
    None,    ///< what comes out is as much as is convenient
    Flush,   ///< all that went in can be decoded from what has come out
    Finish,  ///< the content is over; not called again
  };

  virtual ~Encoder() = default;
  /// Compresses `piece` and appends what comes out to `out`. Does not wait: cut long contents into pieces.
  ///
  /// Errors: InvalidData where the content has another length than was said. Throws std::bad_alloc.
  virtual Result<void> encode(std::string_view piece, End end, std::string& out) = 0;
};

/// An encoder for a content of `length` bytes, where that is known. The coding is available (asserted).
///
/// Throws std::bad_alloc.
std::unique_ptr<Encoder> make_encoder(Coding coding, const Levels& levels = {},
                                      std::optional<std::uint64_t> length = std::nullopt);

}  // namespace rondeau::coding
