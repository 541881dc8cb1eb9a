#include "client/http2/session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>

#include "client/http2/session_callbacks.h"
#include "client/words.h"

namespace rondeau::client::http2 {
namespace {

constexpr std::uint32_t kStreamWindow = 2 * 1024 * 1024;
constexpr int kConnectionWindow = 16 * 1024 * 1024;
constexpr std::size_t kLongestRequestHead = 256 * 1024;
constexpr std::size_t kMostQueuedAnswers = 1'000;  // to PING and SETTINGS
constexpr std::size_t kMostSettings = 32;          // in a frame
constexpr std::size_t kOpening = 9 + 32;
constexpr std::uint32_t kLastStreams = 0x7fff'ff00;

constexpr std::chrono::seconds kSilence{15};     // with a stream open, then it is asked whether it lives
constexpr std::chrono::seconds kPingAnswer{10};
constexpr std::chrono::seconds kUnread{30};

struct Options {
  explicit Options(std::uint32_t assumed_streams) {
    if (nghttp2_option_new(&option) != 0) throw std::bad_alloc();
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, kLongestRequestHead);
    nghttp2_option_set_max_outbound_ack(option, kMostQueuedAnswers);
    nghttp2_option_set_max_settings(option, kMostSettings);
    nghttp2_option_set_peer_max_concurrent_streams(option, assumed_streams);
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { nghttp2_option_del(option); }

  nghttp2_option* option = nullptr;
};

}  // namespace

Session::Session(const AnswerLimits& limits, std::uint32_t assumed, Instant now)
    : limits_(limits), assumed_(assumed), now_(now), heard_(now), busy_since_(now), idle_since_(now) {
  const Options options(assumed);
  if (nghttp2_session_client_new2(&session_, session_callbacks(), this, options.option) != 0) throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.head)},
  }};
  if (nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0 ||
      nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) != 0) {
    nghttp2_session_del(session_);
    throw std::bad_alloc();
  }
}

Session::~Session() {
  nghttp2_session_del(session_);
}

void Session::receive(std::string_view bytes, Instant now) {
  now_ = now;
  if (deaf_ || dead_) return;
  if (!greeted_) opening_.append(bytes.substr(0, kOpening - std::min(kOpening, opening_.size())));
  scan_.feed(bytes, [this](const rondeau::http2::FrameStart& frame) { begin_frame(frame); });
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t taken = nghttp2_session_mem_recv(session_, data, bytes.size());
  if (taken >= 0) return;
  // nghttp2 has given up on its input; what it has to say can still be sent.
  deaf_ = true;
  if (taken == NGHTTP2_ERR_NOMEM) dead_ = true;
  const bool flood = taken == NGHTTP2_ERR_FLOODED || taken == NGHTTP2_ERR_TOO_MANY_SETTINGS;
  terminate(flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR,
            std::string("it violates HTTP/2: ") + nghttp2_strerror(static_cast<int>(taken)));
}

void Session::begin_frame(const rondeau::http2::FrameStart& frame) {
  heard_ = now_;
  ping_deadline_.reset();
  if (!greeted_) greet(frame);
  if (!guard_.frame(frame, find(frame.stream) != nullptr, now_)) {
    terminate(NGHTTP2_ENHANCE_YOUR_CALM, "it floods the connection with frames that say nothing");
  }
  // nghttp2 would let it pass until our SETTINGS are acknowledged.
  if (frame.type == NGHTTP2_PUSH_PROMISE) terminate(NGHTTP2_PROTOCOL_ERROR, "it pushes what nobody asked for");
}

/// RFC 9113 §3.4: a server begins with SETTINGS.
void Session::greet(const rondeau::http2::FrameStart& frame) {
  greeted_ = true;
  const bool settings = frame.type == NGHTTP2_SETTINGS && frame.stream == 0 && (frame.flags & NGHTTP2_FLAG_ACK) == 0;
  if (!settings) terminate(NGHTTP2_PROTOCOL_ERROR, "it does not speak HTTP/2: \"" + excerpt(opening_) + '"');
  opening_ = {};
}

void Session::pull(http::OutputBuffer& out, std::size_t most, Instant now) {
  now_ = now;
  while (!dead_ && out.size() < most) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) dead_ = true;
    if (size <= 0) return;
    out.append({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
    pulled_ += static_cast<std::uint64_t>(size);
  }
}

bool Session::over() const noexcept {
  if (dead_) return true;
  return nghttp2_session_want_write(session_) == 0 && (deaf_ || nghttp2_session_want_read(session_) == 0);
}

void Session::terminate(std::uint32_t error_code, std::string cause) {
  if (fault_.empty()) fault_ = std::move(cause);
  room_changed_ = true;
  nghttp2_session_terminate_session(session_, error_code);
}

void Session::retire() noexcept {
  if (std::exchange(retired_, true)) return;
  room_changed_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
}

bool Session::accepts() const noexcept {
  return !retired_ && !left_ && !dead_ && !deaf_ && fault_.empty() &&
         nghttp2_session_get_next_stream_id(session_) < kLastStreams;
}

std::size_t Session::room() const noexcept {
  // Who may be dead gets nothing new.
  if (!accepts() || ping_deadline_) return 0;
  const std::size_t most = most_streams();
  return most - std::min(most, streams_.size());
}

std::uint32_t Session::most_streams() const noexcept {
  if (!settled_) return assumed_;
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

Instant Session::check_time(Instant now) {
  now_ = now;
  Instant next = Instant::far_future();
  if (ping_deadline_ && *ping_deadline_ <= now) {
    if (silence_.empty()) silence_ = "it answered no ping within " + in_seconds(kPingAnswer);
    dead_ = true;
    return now;
  }
  if (streams_.empty()) return ping_deadline_.value_or(next);
  const Instant due = std::max(heard_, busy_since_) + kSilence;
  if (!ping_deadline_ && due <= now) ping();
  next = ping_deadline_.value_or(due);
  check_streams(next);
  return next;
}

void Session::check_streams(Instant& next) {
  std::vector<Stream*> unread;
  std::vector<Stream*> endless;
  for (const auto& [id, stream] : streams_) {
    if (stream->reset_by_us) continue;
    Instant until = stream->ends_by.value_or(Instant::far_future());
    std::vector<Stream*>* late = &endless;
    if (stream->in.unread > 0 && stream->in.unread_since + kUnread < until) {
      until = stream->in.unread_since + kUnread;
      late = &unread;
    }
    if (until > now_) {
      next = std::min(next, until);
    } else {
      late->push_back(stream.get());
    }
  }
  for (Stream* const stream : unread) {
    drop_unread(*stream);
    fail(*stream, ErrorKind::BodyTruncated, "nobody read it for " + in_seconds(kUnread) + ", so it was given up");
    reset(*stream, NGHTTP2_CANCEL);
  }
  for (Stream* const stream : endless) reset(*stream, NGHTTP2_CANCEL);
}

void Session::ping() noexcept {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  ping_deadline_ = now_ + kPingAnswer;
  room_changed_ = true;
}

void Session::doubt(const Stream& stream) noexcept {
  if (!ping_deadline_ && !dead_ && heard_ <= stream.began) ping();
}

void Session::fail_all(ErrorKind kind, std::string cause) {
  if (!silence_.empty()) {
    kind = ErrorKind::Connect;
    cause = silence_;
  } else if (!fault_.empty()) {
    kind = ErrorKind::Protocol;
    cause = fault_;
  } else if (!goodbye_.empty()) {
    cause = "the server has ended the connection: " + goodbye_;
  }
  dead_ = room_changed_ = true;
  for (auto& [id, stream] : std::exchange(streams_, {})) {
    stream->closed = true;
    const bool in_body = stream->in.head.has_value();
    Failure* const failure =
        fail(*stream, in_body && kind == ErrorKind::Connect ? ErrorKind::BodyTruncated : kind, cause);
    if (failure != nullptr && kind == ErrorKind::WriteTimeout) failure->phase = Phase::Write;
    stream->out.taken.notify_one();
    forgotten_.push_back(stream);
  }
}

Failure* Session::fail(Stream& stream, ErrorKind kind, std::string cause) {
  if (stream.failure || stream.in.ended) return nullptr;
  stream.failure = {.kind = kind,
                    .phase = stream.in.head ? Phase::Body : Phase::Head,
                    .cause = std::move(cause),
                    .sent = sent_of(stream),
                    .answered = stream.in.begun};
  stream.in.changed.notify_one();
  stream.out.taken.notify_one();
  return &*stream.failure;
}

Sent Session::sent_of(const Stream& stream) const noexcept {
  if (!stream.begins_at || written_ <= *stream.begins_at) return Sent::No;
  return stream.ends_at && written_ >= *stream.ends_at ? Sent::Yes : Sent::Maybe;
}

Stream* Session::find(std::int32_t id) noexcept {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

}  // namespace rondeau::client::http2
