#include "websocket/utf8_checker.h"

#include <rondeau/text/utf8.h>

namespace rondeau::websocket {

bool Utf8Checker::feed(std::string_view piece) noexcept {
  std::size_t at = 0;
  while (missing_ > 0 && at < piece.size()) {
    if (!step(static_cast<unsigned char>(piece[at++]))) return false;
  }
  if (missing_ > 0) return true;
  at += text::valid_utf8_prefix(piece.substr(at));
  // A character that is cut, or none at all.
  for (; at < piece.size(); ++at) {
    if (!step(static_cast<unsigned char>(piece[at]))) return false;
  }
  return true;
}

bool Utf8Checker::step(unsigned char byte) noexcept {
  if (missing_ > 0) {
    if (byte < lowest_ || byte > highest_) return false;
    --missing_;
    lowest_ = 0x80;
    highest_ = 0xBF;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return false;
  missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  // RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
  lowest_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  highest_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return true;
}

}  // namespace rondeau::websocket
