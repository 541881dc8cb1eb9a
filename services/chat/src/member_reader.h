// MemberReader: takes what a member says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/websocket/websocket.h>

#include "member.h"
#include "message_rate.h"

namespace chat {

/// Thread safety: one task. Lifetime: `parts` outlives it.
class MemberReader {
 public:
  MemberReader(const MemberParts& parts, rondeau::WebSocketReader<> reader, rondeau::WebSocketWriter<> writer)
      : parts_(parts), reader_(std::move(reader)), writer_(std::move(writer)) {}

  /// Until the member is gone, or has to go; then the closing has begun.
  Task<void> run();

 private:
  // False: it is over.
  Task<bool> take(rondeau::websocket::Message frame);
  Task<bool> count_and_say(in::Say say);
  Task<bool> say(in::Say say);
  Task<bool> warn(MessageRate::Verdict verdict, std::optional<std::string> client_id);
  Task<bool> refuse(std::string_view code, std::optional<std::string> client_id);
  Task<bool> send(out::Event event);

  void announce_typing();

  const MemberParts& parts_;
  rondeau::WebSocketReader<> reader_;
  rondeau::WebSocketWriter<> writer_;
  MessageRate rate_;
  std::optional<rondeau::Instant> announced_;  // typing
};

}  // namespace chat
