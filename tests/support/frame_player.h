// Plays bytes to a MessageReader, cut in some way, and writes down what came of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>

#include "websocket/message_reader.h"

namespace rondeau::support {

/// A frame as a peer writes it: every field as it is given, whether it may be so or not.
struct RawFrame {
  unsigned first = 0x81;  ///< FIN, RSV and opcode
  std::string payload = {};
  bool masked = true;
  int length_form = 0;  ///< bytes of the extended length: 0, 2, 8; -1: the shortest
  websocket::Mask mask = {'\x37', '\x00', '\xfa', '\x21'};

  std::string bytes() const {
    std::string out(1, static_cast<char>(first));
    const std::size_t size = payload.size();
    int form = length_form;
    if (form < 0) form = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
    const unsigned mask_bit = masked ? 0x80 : 0;
    out += static_cast<char>(mask_bit | (form == 0 ? size : form == 2 ? 126 : 127));
    for (int i = form; i-- > 0;) out += static_cast<char>(std::uint64_t{size} >> (8 * i));
    if (!masked) return out + payload;
    out.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
    return out;
  }
};

/// Frame by frame: "text 5 hello; ping 1 x; close 1000 bye; refused 1002".
class FramePlayer {
 public:
  explicit FramePlayer(websocket::Role self = websocket::Role::Server, const http::WebSocketLimits& limits = {},
                       const std::optional<websocket::DeflateTerms>& deflate = {})
      : reader_(self, limits, deflate) {}

  void feed(std::string_view bytes, Instant now = {}) {
    using Event = websocket::MessageReader::Event;
    std::string copy(bytes);
    std::span<char> input(copy);
    for (;;) {
      if (ended_) {
        behind_end_ += input.size();
        return;
      }
      const Event event = reader_.next(input, now);
      if (event == Event::More) return;
      ended_ = event == Event::Close || event == Event::Refused;
      if (!told_.empty()) told_ += "; ";
      told_ += describe(event);
    }
  }
  const std::string& told() const noexcept { return told_; }
  /// Bytes behind a close, or behind what was refused.
  std::size_t behind_end() const noexcept { return behind_end_; }

 private:
  std::string describe(websocket::MessageReader::Event event) {
    using Event = websocket::MessageReader::Event;
    switch (event) {
      case Event::Message: {
        const websocket::Message message = reader_.take_message();
        return (message.is_text() ? "text " : "binary ") + with_size(message.view());
      }
      case Event::Ping:
        return "ping " + with_size(reader_.control());
      case Event::Pong:
        return "pong " + with_size(reader_.control());
      case Event::Close: {
        const websocket::CloseReason reason = reader_.close_reason();
        return "close " + std::to_string(static_cast<unsigned>(reason.code)) + " " + reason.reason;
      }
      default:
        return "refused " + std::to_string(static_cast<unsigned>(reader_.violation().code));
    }
  }
  static std::string with_size(std::string_view text) {
    return std::to_string(text.size()) + " " + std::string(text.substr(0, 64));
  }

  websocket::MessageReader reader_;
  std::string told_;
  std::size_t behind_end_ = 0;
  bool ended_ = false;
};

/// The whole input in pieces of `step` bytes.
inline std::string play_frames(std::string_view bytes, std::size_t step, websocket::Role self = websocket::Role::Server,
                               const http::WebSocketLimits& limits = {},
                               const std::optional<websocket::DeflateTerms>& deflate = {}) {
  FramePlayer player(self, limits, deflate);
  for (std::size_t at = 0; at < bytes.size(); at += step) player.feed(bytes.substr(at, step));
  return player.told();
}

}  // namespace rondeau::support
