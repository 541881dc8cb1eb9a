#include "member_reader.h"

#include <rondeau/json/json.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace chat {

using namespace rondeau;

namespace {

std::string_view code_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Full:
      return "full";
    case Refusal::Busy:
      return "busy";
    case Refusal::Unavailable:
      return "unavailable";
    case Refusal::Closing:
      break;
  }
  return "closing";
}

}  // namespace

Task<void> MemberReader::run() {
  for (;;) {
    auto next = co_await select(reader_.recv(), sleep_for(kIdle));
    if (next.is<1>()) {
      writer_.begin_close(CloseCode::Normal, "idle for 30 minutes");
      co_return;
    }
    std::optional<websocket::Message> frame = std::move(next).get<0>();
    if (!frame || !co_await take(*std::move(frame))) co_return;
  }
}

Task<bool> MemberReader::take(websocket::Message frame) {
  if (!frame.is_text()) {
    writer_.begin_close(CloseCode::Unsupported, "text frames only");
    co_return false;
  }
  auto request = json::parse<in::Request>(frame.view());
  if (!request) {
    const auto verdict = rate_.judge(Instant::now());
    if (verdict != MessageRate::Verdict::Allowed) co_return co_await warn(verdict, std::nullopt);
    co_return co_await refuse("bad_message", std::nullopt);
  }
  if (auto* said = request->get_if<in::Say>()) co_return co_await count_and_say(std::move(*said));
  if (request->get_if<in::Typing>() != nullptr) {
    announce_typing();
    co_return true;
  }
  writer_.begin_close(CloseCode::Normal, "as you wish");
  co_return false;
}

Task<bool> MemberReader::count_and_say(in::Say said) {
  const bool is_bad_id = said.client_id && said.client_id->size() > kMostClientId;
  if (is_bad_id) said.client_id.reset();  // it is not said back
  const auto verdict = rate_.judge(Instant::now());
  if (verdict != MessageRate::Verdict::Allowed) co_return co_await warn(verdict, std::move(said.client_id));
  if (is_bad_id) co_return co_await refuse("bad_client_id", std::nullopt);
  if (const auto why = why_not_text(said.text); !why.empty()) co_return co_await refuse(why, std::move(said.client_id));
  co_return co_await say(std::move(said));
}

Task<bool> MemberReader::say(in::Say said) {
  const auto stored = co_await parts_.room.post(parts_.name, std::move(said.text));
  if (!stored) co_return co_await refuse(code_of(stored.error()), std::move(said.client_id));
  co_return co_await send(out::Ack{std::move(said.client_id), stored->id});
}

Task<bool> MemberReader::warn(MessageRate::Verdict verdict, std::optional<std::string> client_id) {
  if (verdict == MessageRate::Verdict::Over) {
    parts_.counts.refused.add();
    writer_.begin_close(CloseCode::PolicyViolation, "too many messages");
    co_return false;
  }
  co_return co_await refuse("rate_limited", std::move(client_id));
}

Task<bool> MemberReader::refuse(std::string_view code, std::optional<std::string> client_id) {
  parts_.counts.refused.add();
  co_return co_await send(out::Error{std::string(code), std::move(client_id)});
}

Task<bool> MemberReader::send(out::Event event) {
  const auto sent = co_await writer_.send(encode(event));
  co_return sent.has_value();
}

void MemberReader::announce_typing() {
  const Instant now = Instant::now();
  if ((!announced_ || now - *announced_ >= kTypingEvery) &&
      parts_.room.announce_typing(parts_.welcome.seat.id(), parts_.name)) {
    announced_ = now;
  } else {
    parts_.counts.unannounced.add();
  }
}

}  // namespace chat
