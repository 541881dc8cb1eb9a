// A member: one connection, with a task that reads and one that writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/websocket/websocket.h>

#include "history.h"
#include "room.h"

namespace chat {

inline constexpr rondeau::Duration kIdle = std::chrono::minutes(30);        ///< without a word: closed with 1000
inline constexpr rondeau::Duration kTypingEvery = std::chrono::seconds(3);  ///< typing is announced no more often

struct MemberParts {
  RoomHandle room;
  Welcome welcome;
  std::string name;
  std::optional<std::int64_t>
      after;  ///< the id of the last message that the member knows; default: the room's last one
  History history;
  Counts counts;
};

/// Until the connection ends, from whichever side.
///
/// The member gets each message behind `after` once, in the order of their ids. Where it is slower than the room by
/// more than kFanOut events, it gets `lagged`, the messages from history, and who is there now.
Task<void> run_member(MemberParts parts, rondeau::WebSocket<> socket);

}  // namespace chat
