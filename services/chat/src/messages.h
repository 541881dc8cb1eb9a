// What members and the service say to each other, one JSON object in each text frame, told apart by its "type".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/tagged.h>
#include <rondeau/websocket/message.h>

namespace chat {

/// UTC, RFC 3339 in JSON.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
/// By the runtime's clock.
Time now();

inline constexpr std::size_t kMostText = 4 * 1024;    ///< bytes of a message's text
inline constexpr std::size_t kMostFrame = 32 * 1024;  ///< bytes of a frame: all of a text may be escapes
inline constexpr std::size_t kMostClientId = 64;      ///< bytes

struct IsName {
  static constexpr std::string_view expected = "must be 1 to 32 characters, none of them a control character";
  static bool holds(const std::string& text);
};
/// Of a member.
using Name = rondeau::Checked<std::string, IsName>;
using RoomName = rondeau::Matches<"^[A-Za-z0-9._-]{1,64}$">;

/// What members say.
namespace in {

struct Say {
  static constexpr std::string_view tag = "say";
  std::string text;
  std::optional<std::string> client_id;  ///< whatever the client likes; comes back in what answers it
};
struct Typing {
  static constexpr std::string_view tag = "typing";
};
struct Leave {
  static constexpr std::string_view tag = "leave";
};
using Request = rondeau::Tagged<"type", Say, Typing, Leave>;

}  // namespace in

/// What the service says.
namespace out {

struct Message {
  static constexpr std::string_view tag = "message";
  std::int64_t id = 0;  ///< 1, 2, 3 … in each room, without gaps
  std::string room;
  std::string from;
  std::string text;
  Time at;

  bool operator==(const Message&) const = default;
};
/// To who said it.
struct Ack {
  static constexpr std::string_view tag = "ack";
  std::optional<std::string> client_id;
  std::int64_t id = 0;
};
/// The first connection of that name came.
struct Joined {
  static constexpr std::string_view tag = "joined";
  std::string room;
  std::string name;
};
/// The last connection of that name is gone.
struct Left {
  static constexpr std::string_view tag = "left";
  std::string room;
  std::string name;
};
struct Typing {
  static constexpr std::string_view tag = "typing";
  std::string room;
  std::string name;
};
/// The first that a member gets, and again where it may have missed who came and went.
struct Presence {
  static constexpr std::string_view tag = "presence";
  std::string room;
  std::vector<std::string> members;  ///< sorted, each once
  std::int64_t last_id = 0;          ///< of the room's messages so far
};
/// So many messages went by faster than they were read; they follow, from history.
struct Lagged {
  static constexpr std::string_view tag = "lagged";
  std::int64_t missed = 0;
};
struct Error {
  static constexpr std::string_view tag = "error";
  std::string code;
  std::optional<std::string> client_id;  ///< of the message that was refused
};
using Event = rondeau::Tagged<"type", Message, Ack, Joined, Left, Typing, Presence, Lagged, Error>;

}  // namespace out

/// As a text frame. All texts in it are UTF-8 (asserted).
rondeau::websocket::Message encode(const out::Event& event);

/// Why a text is refused: "empty" or "too_long"; empty where it is not.
std::string_view why_not_text(std::string_view text) noexcept;

}  // namespace chat
