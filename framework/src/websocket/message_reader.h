// MessageReader: from the bytes of a connection to messages and control frames, strictly (RFC 6455 §5 to §8).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/http/limits.h>
#include <rondeau/websocket/close_code.h>
#include <rondeau/websocket/message.h>

#include "websocket/control_budget.h"
#include "websocket/deflate.h"
#include "websocket/frame.h"
#include "websocket/utf8_checker.h"

namespace rondeau::websocket {

/// Knows nothing of sockets and clocks. How the bytes are cut makes no difference. Memory grows by what has come, never
/// by what was announced. Thread safety: none.
class MessageReader {
 public:
  enum class Event : std::uint8_t {
    More,     ///< all input is used up
    Message,  ///< take_message()
    Ping,     ///< control()
    Pong,     ///< control()
    Close,    ///< close_reason(); nothing behind it is looked at
    Refused,  ///< violation(); nothing behind it is looked at
  };

  /// Takes compressed messages where there are terms for them.
  MessageReader(Role self, const http::WebSocketLimits& limits, const std::optional<DeflateTerms>& deflate = {})
      : limits_(limits), budget_(limits.control_burst, limits.control_rate), self_(self) {
    if (deflate) inflater_.emplace(*deflate);
  }

  /// Takes from the front of `input`, which is unmasked in place, until something has come to pass.
  Event next(std::span<char>& input, Instant now);

  Message take_message() { return Message(kind_, Bytes(std::exchange(content_, {}))); }
  /// The payload of the last control frame. Lifetime: until the next call of next().
  std::string_view control() const noexcept { return {control_.data(), control_size_}; }
  /// What the peer's close frame says; NoStatus where it says nothing.
  CloseReason close_reason() const;
  const Violation& violation() const noexcept { return violation_; }

 private:
  bool take_head(std::span<char>& input, Instant now);
  bool begin_data();
  void take_payload(std::span<char>& input);
  bool take_data(std::string_view piece);
  std::optional<Event> end_frame();
  std::optional<Event> end_control();
  bool end_message();
  bool inflate();
  std::size_t most() const noexcept;
  bool check_close();
  bool refuse(CloseCode code, std::string_view why) noexcept {
    violation_ = {code, why};
    return false;
  }

  const http::WebSocketLimits limits_;
  ControlBudget budget_;
  std::string content_;  // of the message that is being read
  Violation violation_{CloseCode::NoStatus, {}};
  FrameHead head_;
  std::uint64_t left_ = 0;  // of the frame's payload
  std::size_t small_fragments_ = 0;
  std::array<char, kMaxHead> head_bytes_;
  std::uint8_t head_size_ = 0;
  std::uint8_t control_size_ = 0;
  std::array<char, kMaxControl> control_;
  Utf8Checker utf8_;
  std::optional<Inflater> inflater_;
  const Role self_;
  Message::Kind kind_ = Message::Kind::Text;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool compressed_ = false;  // the message that is being read
  bool closed_ = false;
};

}  // namespace rondeau::websocket
