#include "websocket/session.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace rondeau::websocket {

namespace {

/// Of times nothing is held to what is 0 or less; something must be allowed to be unsent.
http::WebSocketLimits sensible(http::WebSocketLimits limits) noexcept {
  limits.max_unsent = std::max<std::size_t>(limits.max_unsent, 1);
  return limits;
}

Instant after(Instant from, std::chrono::milliseconds time) noexcept {
  return time > std::chrono::milliseconds::zero() ? from + time : Instant::far_future();
}

}  // namespace

Session::Session(const Terms& terms, MessageWriter::MakeMask make_mask)
    : limits_(sensible(terms.limits)),
      subprotocol_(terms.subprotocol),
      reader_(make_mask == nullptr ? Role::Server : Role::Client, terms.limits, terms.deflate),
      writer_(make_mask, terms.deflate) {}

std::optional<Message> Session::take() {
  const std::lock_guard lock(mutex_);
  if (!message_) return std::nullopt;
  std::optional<Message> taken = std::exchange(message_, std::nullopt);
  read_pending();
  if (!message_ || !output_.empty()) work_.notify_one();
  return taken;
}

bool Session::is_exhausted() const {
  const std::lock_guard lock(mutex_);
  return phase_ != Phase::Open && !message_;
}

Result<void> Session::send(const Message& message) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Open) return Errc::Closed;
  if (output_.size() >= limits_.max_unsent) return Errc::WouldBlock;
  writer_.append_message(output_, message);
  work_.notify_one();
  return {};
}

void Session::begin_close(const CloseReason& reason) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Open) return;
  close_with(reason, Phase::Closing);
  work_.notify_one();
}

bool Session::is_over() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::Over;
}

std::optional<CloseReason> Session::close_reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void Session::hold() {
  const std::lock_guard lock(mutex_);
  ++held_;
}

void Session::let_go() noexcept {
  const std::lock_guard lock(mutex_);
  if (--held_ > 0 || phase_ != Phase::Open) return;
  try {
    close_with({CloseCode::Normal, {}}, Phase::Closing);
    work_.notify_one();
  } catch (...) {  // no memory for a close frame
    end_locked({CloseCode::Abnormal, {}});
  }
}

void Session::drop_reader() noexcept {
  const std::lock_guard lock(mutex_);
  unread_ = true;
  message_.reset();
  work_.notify_one();
}

void Session::begin(std::string read_ahead) {
  const std::lock_guard lock(mutex_);
  pending_ = std::move(read_ahead);
  now_ = heard_ = progressed_ = Instant::now();
  next_ping_ = after(now_, limits_.ping);
}

bool Session::step(io::Stream& stream) {
  const std::lock_guard lock(mutex_);
  now_ = Instant::now();
  // What the peer is held to begins now where nothing was read, or there was nothing to take.
  if (!was_reading_) heard_ = now_;
  if (!was_writing_) progressed_ = now_;
  read_pending();
  keep_time();
  flush(stream);
  const bool more = phase_ != Phase::Over && reads() && receive(stream);
  if (phase_ == Phase::Closed && output_.empty()) end_locked({});
  was_reading_ = reads();
  was_writing_ = !output_.empty();
  // An open WebSocket without news keeps no memory for them.
  if (!more && !was_writing_) output_.release();
  return more;
}

bool Session::wants_input() const {
  const std::lock_guard lock(mutex_);
  return reads();
}

bool Session::has_unsent() const {
  const std::lock_guard lock(mutex_);
  return !output_.empty();
}

Instant Session::deadline() const {
  const std::lock_guard lock(mutex_);
  if (closed_by_) return *closed_by_;
  Instant first = next_ping_;
  if (reads()) first = std::min(first, after(heard_, limits_.dead));
  if (!output_.empty()) first = std::min(first, after(progressed_, limits_.dead));
  return first;
}

void Session::end() noexcept {
  const std::lock_guard lock(mutex_);
  end_locked({CloseCode::Abnormal, {}});
}

/// Into memory of the thread, so that none belongs to a connection. True: something came.
[[gnu::noinline]] bool Session::receive(io::Stream& stream) {
  static thread_local std::array<char, 16 * 1024> room;
  const Result<std::size_t> count = stream.try_read(std::as_writable_bytes(std::span(room)));
  if (!count && count.error() == Errc::WouldBlock) return false;
  if (!count || *count == 0) {
    end_locked({CloseCode::Abnormal, {}});
    return false;
  }
  heard_ = now_;
  std::span<char> input(room.data(), *count);
  read(input);
  if (!input.empty() && may_read_on()) pending_.assign(input.begin(), input.end());
  return true;
}

void Session::read_pending() {
  if (pending_.empty() || !reads()) return;
  std::span<char> input = std::span(pending_).subspan(pending_from_);
  read(input);
  pending_from_ = pending_.size() - input.size();
  if (!input.empty() && may_read_on()) return;
  pending_ = {};
  pending_from_ = 0;
}

void Session::read(std::span<char>& input) {
  while (reads()) {
    const MessageReader::Event event = reader_.next(input, now_);
    if (event == MessageReader::Event::More) return;
    take_event(event);
  }
}

void Session::take_event(MessageReader::Event event) {
  using Event = MessageReader::Event;
  switch (event) {
    case Event::Message: {
      Message message = reader_.take_message();
      if (phase_ != Phase::Open || unread_) return;
      message_ = std::move(message);
      changed_.notify_waiters();
      return;
    }
    case Event::Ping:
      ping_ = std::string(reader_.control());
      answer_ping();
      return;
    case Event::Close: {
      const bool theirs = phase_ == Phase::Open;
      close_with({reader_.close_reason().code, {}}, Phase::Closed);
      if (theirs) reason_ = reader_.close_reason();
      return;
    }
    case Event::Refused:
      close_with({reader_.violation().code, std::string(reader_.violation().why)}, Phase::Closed);
      return;
    default:
      return;
  }
}

/// Of a peer that does not read the last ping alone is answered (RFC 6455 §5.5.3).
void Session::answer_ping() {
  if (!ping_ || phase_ != Phase::Open || output_.size() >= limits_.max_unsent) return;
  writer_.append_pong(output_, *ping_);
  ping_.reset();
}

void Session::flush(io::Stream& stream) {
  const bool was_full = output_.size() >= limits_.max_unsent;
  while (!output_.empty()) {
    const Result<std::size_t> count = stream.try_write(std::as_bytes(std::span(output_.view())));
    if (!count && count.error() == Errc::WouldBlock) break;
    if (!count) return end_locked({CloseCode::Abnormal, {}});
    output_.consume(*count);
    progressed_ = now_;
    answer_ping();
  }
  if (was_full && output_.size() < limits_.max_unsent) room_.notify_waiters();
}

void Session::keep_time() {
  if (phase_ == Phase::Over) return;
  if (phase_ != Phase::Open) {
    if (!closed_by_) closed_by_ = now_ + limits_.close_handshake;
    if (now_ >= *closed_by_) end_locked({CloseCode::Abnormal, {}});
    return;
  }
  const bool silent = reads() && now_ >= after(heard_, limits_.dead);
  const bool stuck = !output_.empty() && now_ >= after(progressed_, limits_.dead);
  if (silent || stuck) {
    close_with({CloseCode::GoingAway, silent ? "no sign of life" : "nothing is read"}, Phase::Closed);
    reason_ = CloseReason{CloseCode::Abnormal, {}};
    closed_by_ = now_;  // what the stream takes at once, no more
    return;
  }
  if (now_ < next_ping_) return;
  next_ping_ = after(now_, limits_.ping);
  if (output_.size() < limits_.max_unsent) writer_.append_ping(output_, {});
}

/// Appends a close frame, unless there was one before.
void Session::close_with(const CloseReason& reason, Phase next) {
  if (phase_ == Phase::Open) {
    writer_.append_close(output_, reason);
    reason_ = reason;
  }
  phase_ = next;
  changed_.notify_waiters();
  room_.notify_waiters();
}

void Session::end_locked(const CloseReason& reason) noexcept {
  if (phase_ == Phase::Over) return;
  phase_ = Phase::Over;
  if (!reason_) reason_ = reason;
  changed_.notify_waiters();
  room_.notify_waiters();
  work_.notify_one();
}

}  // namespace rondeau::websocket
