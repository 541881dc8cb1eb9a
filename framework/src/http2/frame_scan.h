// FrameScan: where frames begin in the bytes of a peer, before anybody looks into them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http2/preface.h"

namespace rondeau::http2 {

struct FrameStart {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t stream = 0;
};

/// nghttp2 passes over frames of unknown types without a word, and they have to be counted, too.
class FrameScan {
 public:
  /// Passes over so many bytes first: what a client says before its frames. A server says nothing.
  explicit FrameScan(std::size_t preface = kPreface.size()) noexcept : skip_(preface) {}

  /// Calls `begins(FrameStart)` for each frame whose head ends in `bytes`, which follow those of the last call.
  template <class F>
  void feed(std::string_view bytes, F begins) {
    while (!bytes.empty()) {
      const std::size_t skipped = std::min(skip_, bytes.size());
      bytes.remove_prefix(skipped);
      skip_ -= skipped;
      if (bytes.empty()) return;
      const auto byte = static_cast<std::uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (at_ < kLengthBytes) length_ = length_ << 8 | byte;
      if (at_ == kLengthBytes) type_ = byte;
      if (at_ == kFlagsAt) flags_ = byte;
      if (at_ >= kStreamAt) stream_ = stream_ << 8 | byte;
      if (++at_ < kHeadBytes) continue;
      begins(FrameStart{length_, type_, flags_, static_cast<std::int32_t>(stream_ & 0x7fffffff)});
      skip_ = length_;
      at_ = length_ = stream_ = 0;
    }
  }

 private:
  static constexpr std::size_t kLengthBytes = 3;
  static constexpr std::size_t kFlagsAt = 4;
  static constexpr std::size_t kStreamAt = 5;
  static constexpr std::size_t kHeadBytes = 9;

  std::size_t skip_;
  std::size_t at_ = 0;  // bytes of the head that are here
  std::uint32_t length_ = 0;
  std::uint32_t stream_ = 0;
  std::uint8_t type_ = 0;
  std::uint8_t flags_ = 0;
};

}  // namespace rondeau::http2
