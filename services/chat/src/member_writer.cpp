#include "member_writer.h"

#include <algorithm>

#include <rondeau/observe/log.h>

namespace chat {

using namespace rondeau;

Task<void> MemberWriter::run() {
  if (!co_await greet()) co_return;
  for (;;) {
    auto event = co_await events_.recv();
    if (event) {
      if (!co_await pass_on(*std::move(event))) co_return;
    } else if (event.error().is_lagged()) {
      if (!co_await catch_up()) co_return;
    } else {
      co_return;
    }
  }
}

/// Who comes back gets what it does not know yet, without being told that it lagged.
Task<bool> MemberWriter::greet() {
  const out::Presence& presence = parts_.welcome.presence;
  last_id_ = parts_.after.value_or(presence.last_id);
  if (last_id_ > presence.last_id && !co_await check_with_history()) co_return false;
  if (!co_await send(encode(presence))) co_return false;
  co_return co_await send_history_up_to(presence.last_id);
}

/// It may know more than our room, which another instance is ahead of; or it makes that up.
Task<bool> MemberWriter::check_with_history() {
  const auto last = co_await parts_.history.last_id(parts_.welcome.presence.room);
  if (!last) co_return give_up(last.error());
  last_id_ = std::min(last_id_, *last);
  co_return true;
}

Task<bool> MemberWriter::pass_on(Event event) {
  if (event.not_to == parts_.welcome.seat.id()) co_return true;
  if (event.id != 0) {
    if (event.id <= last_id_) co_return true;  // it came from history
    if (event.id > last_id_ + 1 && !co_await send_history_up_to(event.id - 1)) co_return false;
    last_id_ = event.id;
  }
  co_return co_await send(std::move(event.frame));
}

/// What was overwritten may have been of any kind: messages come from history, who is there is told anew, and typing is
/// over by now.
Task<bool> MemberWriter::catch_up() {
  const std::int64_t up_to = parts_.room.last_id();
  if (up_to > last_id_) {
    parts_.counts.missed.add(static_cast<std::uint64_t>(up_to - last_id_));
    if (!co_await send(encode(out::Lagged{up_to - last_id_}))) co_return false;
    if (!co_await send_history_up_to(up_to)) co_return false;
  }
  const auto presence = co_await parts_.room.presence();
  co_return !presence || co_await send(encode(*presence));
}

Task<bool> MemberWriter::send_history_up_to(std::int64_t id) {
  while (last_id_ < id) {
    auto page =
        co_await parts_.history.after(parts_.welcome.presence.room, last_id_, std::min(kGapPage, id - last_id_));
    if (!page) co_return give_up(page.error());
    // Never silently: old messages may be gone.
    if (page->empty() || page->front().id != last_id_ + 1) {
      if (!co_await send(encode(out::Error{"history_gone", {}}))) co_return false;
    }
    if (page->empty()) last_id_ = id;
    for (out::Message& message : *page) {
      last_id_ = message.id;
      if (!co_await send(encode(std::move(message)))) co_return false;
    }
  }
  co_return true;
}

bool MemberWriter::give_up(const Error& why) {
  log::error("cannot read history", {{"room", parts_.welcome.presence.room}, {"error", why.message()}});
  writer_.begin_close(CloseCode::InternalError, "history cannot be read");
  return false;
}

Task<bool> MemberWriter::send(websocket::Message frame) {
  const auto sent = co_await writer_.send(frame);
  co_return sent.has_value();
}

}  // namespace chat
