// StreamNumbers: which streams a peer has passed over, so that they can never be opened.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace rondeau::http2 {

/// Remembers the last gaps only: what is older is not told from a stream that is closed.
class StreamNumbers {
 public:
  /// HEADERS came for that stream. False: its number was passed over.
  bool opens(std::int32_t stream) noexcept {
    if (stream > last_) {
      if (stream > last_ + 2) gaps_[next_++ % gaps_.size()] = {last_ + 2, stream - 2};
      last_ = stream;
      return true;
    }
    return std::ranges::none_of(gaps_, [&](Gap gap) { return gap.first <= stream && stream <= gap.last; });
  }

 private:
  struct Gap {
    std::int32_t first = 0;
    std::int32_t last = -1;
  };

  std::int32_t last_ = -1;  // as if the one before the first had been opened
  std::array<Gap, 8> gaps_{};
  std::size_t next_ = 0;
};

}  // namespace rondeau::http2
