// MemberWriter: sends a member what happens in its room, in order and without gaps.
#pragma once

#include <cstdint>
#include <utility>

#include <rondeau/websocket/websocket.h>

#include "member.h"

namespace chat {

/// Thread safety: one task. Lifetime: `parts` outlives it.
class MemberWriter {
 public:
  MemberWriter(MemberParts& parts, rondeau::WebSocketWriter<> writer)
      : parts_(parts), events_(parts.welcome.events), writer_(std::move(writer)) {}

  /// Until the connection or the room is over.
  Task<void> run();

 private:
  // False: it is over.
  Task<bool> greet();
  Task<bool> check_with_history();
  Task<bool> pass_on(Event event);
  Task<bool> catch_up();
  Task<bool> send_history_up_to(std::int64_t id);
  Task<bool> send(rondeau::websocket::Message frame);
  bool give_up(const rondeau::Error& why);

  MemberParts& parts_;
  rondeau::BroadcastReceiver<Event>& events_;
  rondeau::WebSocketWriter<> writer_;
  std::int64_t last_id_ = 0;  ///< of the message that was sent last
};

}  // namespace chat
