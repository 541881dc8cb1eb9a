#include "websocket/message_reader.h"

#include <algorithm>
#include <limits>

#include <rondeau/text/utf8.h>

namespace rondeau::websocket {

MessageReader::Event MessageReader::next(std::span<char>& input, Instant now) {
  for (;;) {
    if (violation_.code != CloseCode::NoStatus) return Event::Refused;
    if (closed_) return Event::Close;
    if (!in_frame_) {
      if (input.empty()) return Event::More;
      if (!take_head(input, now)) continue;
    }
    take_payload(input);
    if (violation_.code != CloseCode::NoStatus) continue;
    if (left_ > 0) return Event::More;
    in_frame_ = false;
    if (const std::optional<Event> event = end_frame()) return *event;
  }
}

/// False: not complete, or refused.
bool MessageReader::take_head(std::span<char>& input, Instant now) {
  const std::size_t before = head_size_;
  const std::size_t here = std::min(input.size(), kMaxHead - before);
  std::copy_n(input.data(), here, head_bytes_.data() + before);
  const HeadStep step = parse_head({head_bytes_.data(), before + here}, self_, inflater_.has_value());
  if (step.status == HeadStep::Status::Refused) return refuse(CloseCode::ProtocolError, step.why);
  if (step.status == HeadStep::Status::More) {
    input = input.subspan(here);
    head_size_ = static_cast<std::uint8_t>(before + here);
    return false;
  }
  input = input.subspan(step.size - before);
  head_size_ = 0;
  head_ = step.head;
  left_ = head_.length;
  if (is_control(head_.opcode)) {
    control_size_ = 0;
    if (!budget_.take(now)) return refuse(CloseCode::PolicyViolation, "too many control frames");
  } else if (!begin_data()) {
    return false;
  }
  return in_frame_ = true;
}

bool MessageReader::begin_data() {
  const bool continues = head_.opcode == Opcode::Continuation;
  if (continues && !in_message_) return refuse(CloseCode::ProtocolError, "a continuation of nothing");
  if (!continues && in_message_) return refuse(CloseCode::ProtocolError, "a message inside of another");
  if (!continues) {
    in_message_ = true;
    kind_ = head_.opcode == Opcode::Text ? Message::Kind::Text : Message::Kind::Binary;
    compressed_ = head_.rsv1;
    small_fragments_ = 0;
    utf8_.reset();
    content_.clear();
  }
  if (head_.length > most() - content_.size()) return refuse(CloseCode::TooBig, "message too big");
  if (head_.length < limits_.small_fragment && (continues || !head_.fin) &&
      ++small_fragments_ > limits_.max_small_fragments) {
    return refuse(CloseCode::PolicyViolation, "too many small fragments");
  }
  return true;
}

void MessageReader::take_payload(std::span<char>& input) {
  const std::span<char> piece = input.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input = input.subspan(piece.size());
  if (piece.empty()) return;
  if (head_.mask) apply_mask(piece, *head_.mask, head_.length - left_);
  left_ -= piece.size();
  if (is_control(head_.opcode)) {
    std::ranges::copy(piece, control_.data() + control_size_);
    control_size_ = static_cast<std::uint8_t>(control_size_ + piece.size());
  } else {
    static_cast<void>(take_data({piece.data(), piece.size()}));
  }
}

bool MessageReader::take_data(std::string_view piece) {
  content_ += piece;
  if (compressed_ || kind_ != Message::Kind::Text || utf8_.feed(piece)) return true;
  return refuse(CloseCode::InvalidData, "text that is no UTF-8");
}

/// Nothing: the message goes on, or was refused.
std::optional<MessageReader::Event> MessageReader::end_frame() {
  if (is_control(head_.opcode)) return end_control();
  if (!head_.fin || !end_message()) return std::nullopt;
  return Event::Message;
}

std::optional<MessageReader::Event> MessageReader::end_control() {
  if (head_.opcode == Opcode::Ping) return Event::Ping;
  if (head_.opcode == Opcode::Pong) return Event::Pong;
  if (!check_close()) return std::nullopt;
  closed_ = true;
  return Event::Close;
}

bool MessageReader::end_message() {
  in_message_ = false;
  if (compressed_ && !inflate()) return false;
  if (kind_ == Message::Kind::Text && !utf8_.is_whole()) {
    return refuse(CloseCode::InvalidData, "text that ends within a character");
  }
  return true;
}

bool MessageReader::inflate() {
  std::string message;
  switch (inflater_->inflate(content_, message, limits_.max_message)) {
    case Inflater::Outcome::TooLarge:
      return refuse(CloseCode::TooBig, "message too big");
    case Inflater::Outcome::Malformed:
      return refuse(CloseCode::InvalidData, "a message that was not compressed as agreed");
    default:
      break;
  }
  content_ = std::move(message);
  if (kind_ == Message::Kind::Text && !utf8_.feed(content_)) {
    return refuse(CloseCode::InvalidData, "text that is no UTF-8");
  }
  return true;
}

/// What does not shrink grows by a few bytes when it is compressed.
std::size_t MessageReader::most() const noexcept {
  if (!compressed_) return limits_.max_message;
  const std::size_t extra = limits_.max_message / 1024 + 64;
  return limits_.max_message + std::min(extra, std::numeric_limits<std::size_t>::max() - limits_.max_message);
}

bool MessageReader::check_close() {
  if (control_size_ == 0) return true;
  if (control_size_ == 1) return refuse(CloseCode::ProtocolError, "a close frame with half a code");
  if (!may_be_sent(close_reason().code)) return refuse(CloseCode::ProtocolError, "a close code nobody may send");
  if (!text::is_utf8(control().substr(2))) return refuse(CloseCode::InvalidData, "a close reason that is no UTF-8");
  return true;
}

CloseReason MessageReader::close_reason() const {
  if (control_size_ < 2) return {};
  const auto high = static_cast<unsigned char>(control_[0]);
  const auto low = static_cast<unsigned char>(control_[1]);
  return {static_cast<CloseCode>(high << 8 | low), std::string(control().substr(2))};
}

}  // namespace rondeau::websocket
