// Utf8Checker: is a text that comes in pieces UTF-8 so far (RFC 3629)?
#pragma once

#include <cstdint>
#include <string_view>

namespace rondeau::websocket {

/// Tells at the first byte that cannot belong to a text, not at the end of its character.
class Utf8Checker {
 public:
  /// False: no continuation can make this UTF-8.
  bool feed(std::string_view piece) noexcept;
  /// The text may end here.
  bool is_whole() const noexcept { return missing_ == 0; }
  void reset() noexcept { missing_ = 0; }

 private:
  bool step(unsigned char byte) noexcept;

  std::uint8_t missing_ = 0;  // bytes of the character at hand
  std::uint8_t lowest_ = 0x80;
  std::uint8_t highest_ = 0xBF;
};

}  // namespace rondeau::websocket
