// ByteRanges: which parts of a body a Range field asks for (RFC 9110 §14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rondeau::http {

/// Bytes `first` to `last`, both included.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  std::uint64_t length() const noexcept { return last - first + 1; }
  bool operator==(const ByteRange&) const noexcept = default;
};

struct ByteRanges {
  enum class Verdict : std::uint8_t {
    Ignored,        ///< answer as if there were no Range
    Satisfiable,    ///< `ranges` are asked for: within the body, in the order they were given
    Unsatisfiable,  ///< answer 416
  };
  Verdict verdict = Verdict::Ignored;
  std::vector<ByteRange> ranges;
};

/// Reads a Range field for a body of `size` bytes.
///
/// Ignored are units but bytes, what is malformed, more than `most` ranges, ranges that overlap, and a suffix of an
/// empty body. Ranges behind the end of the body are left out; if none is left, the field is unsatisfiable.
ByteRanges parse_byte_ranges(std::string_view field, std::uint64_t size, std::size_t most = 8);

}  // namespace rondeau::http
