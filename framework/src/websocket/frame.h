// Frames (RFC 6455 §5.2): reading and writing their heads, and the mask. No input or output.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <rondeau/websocket/close_code.h>

namespace rondeau::websocket {

/// Which end we are: a server takes masked frames only and sends none, a client the other way round (§5.1).
enum class Role : std::uint8_t { Server, Client };

enum class Opcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };
constexpr bool is_control(Opcode opcode) noexcept {
  return static_cast<std::uint8_t>(opcode) >= 8;
}

using Mask = std::array<char, 4>;

/// Control frames carry no more (§5.5).
constexpr std::size_t kMaxControl = 125;
constexpr std::size_t kMaxHead = 14;

struct FrameHead {
  Opcode opcode = Opcode::Continuation;
  bool fin = true;
  bool rsv1 = false;
  std::optional<Mask> mask = std::nullopt;
  std::uint64_t length = 0;

  bool operator==(const FrameHead&) const = default;
};

/// What the peer did wrong, and the code that tells it. `why` is static text.
struct Violation {
  CloseCode code = CloseCode::ProtocolError;
  std::string_view why;
};

struct HeadStep {
  enum class Status : std::uint8_t { More, Complete, Refused };
  Status status;
  std::size_t size = 0;  ///< of the head, when complete
  FrameHead head = {};
  std::string_view why = {};  ///< when refused: a violation of the protocol, 1002
};

/// Reads the head at the front of `bytes`; what is wrong is refused at the first byte that shows it.
///
/// Refused: RSV2 and RSV3; RSV1 unless `may_compress`, and on control frames and continuations in any case; unknown
/// opcodes; control frames in pieces or above 125 bytes; a mask that is missing or should be; lengths that are not in
/// their shortest form, or above 2^63 − 1.
HeadStep parse_head(std::string_view bytes, Role self, bool may_compress) noexcept;

/// Writes a head in its shortest form and says how long it is. `out` has kMaxHead bytes.
std::size_t write_head(char* out, const FrameHead& head) noexcept;

/// XORs `bytes` with the mask, of which the first byte belongs to the payload's byte `offset`.
void apply_mask(std::span<char> bytes, const Mask& mask, std::uint64_t offset = 0) noexcept;

}  // namespace rondeau::websocket
