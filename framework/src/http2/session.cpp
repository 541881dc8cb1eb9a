#include "http2/session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>

#include "http2/session_callbacks.h"

namespace rondeau::http2 {
namespace {

/// So long after the first GOAWAY the second one follows, unless the peer answers earlier.
constexpr std::chrono::seconds kGoodbye{1};

constexpr std::size_t kFrameHead = 9;
/// Its length, in one byte, and what that may say.
constexpr std::size_t kMostPadding = 1 + 255;

struct Options {
  explicit Options(const http::Http2Limits& limits) {
    if (nghttp2_option_new(&option) != 0) throw std::bad_alloc();
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
    // Counted here for each read that ends within a frame's head; frames are counted by begin_frame().
    nghttp2_option_set_max_continuations(option, limits.max_continuations * kFrameHead);
    nghttp2_option_set_max_outbound_ack(option, limits.max_queued_control);
    nghttp2_option_set_max_settings(option, limits.max_settings_entries);
    nghttp2_option_set_max_deflate_dynamic_table_size(option, limits.header_table);
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { nghttp2_option_del(option); }

  nghttp2_option* option = nullptr;
};

}  // namespace

Session::Session(const http::Limits& limits, Instant now)
    : limits_(limits),
      guard_(limits.http2),
      now_(now),
      heard_(now),
      idle_since_(now),
      flowing_since_(now),
      preface_deadline_(now + limits.http2.preface),
      settings_deadline_(now + limits.http2.settings_ack) {
  const http::Http2Limits& mine = limits.http2;
  const Options options(mine);
  if (nghttp2_session_server_new2(&session_, session_callbacks(), this, options.option) != 0) throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 7> settings{{
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, mine.header_table},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, mine.max_concurrent_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, mine.stream_window},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, mine.max_frame},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, mine.max_header_list},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  const int window = static_cast<int>(mine.connection_window);
  if (nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0 ||
      nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, window) != 0) {
    nghttp2_session_del(session_);
    throw std::bad_alloc();
  }
}

Session::~Session() {
  nghttp2_session_del(session_);
}

void Session::receive(std::string_view bytes, Instant now) {
  now_ = heard_ = now;
  // Whoever goes on behind our last word is not answered again.
  if (deaf_ || over()) return;
  scan_.feed(bytes, [this](const FrameStart& frame) { begin_frame(frame); });
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t taken = nghttp2_session_mem_recv(session_, data, bytes.size());
  if (taken >= 0) return;
  // nghttp2 has given up on its input; what it has to say can still be sent.
  deaf_ = true;
  if (taken == NGHTTP2_ERR_NOMEM) dead_ = true;
  const bool flood = taken == NGHTTP2_ERR_FLOODED || taken == NGHTTP2_ERR_TOO_MANY_SETTINGS ||
                     taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS;
  const bool ours = taken == NGHTTP2_ERR_CALLBACK_FAILURE;
  terminate(flood  ? NGHTTP2_ENHANCE_YOUR_CALM
            : ours ? NGHTTP2_INTERNAL_ERROR
                   : NGHTTP2_PROTOCOL_ERROR);
}

void Session::begin_frame(const FrameStart& frame) {
  if (frame.type == NGHTTP2_CONTINUATION) {
    calm(++continuations_ <= limits_.http2.max_continuations);
  } else {
    continuations_ = 0;
  }
  const bool padded = (frame.flags & NGHTTP2_FLAG_PADDED) != 0;
  if (frame.type == NGHTTP2_DATA && frame.length > 0 && !padded && is_tunnel(frame.stream)) {
    // Messages may be small, and cost little more than their bytes; of too many of some kind their protocol tells.
  } else if (frame.type == NGHTTP2_DATA) {
    const std::size_t padding = padded ? std::min<std::size_t>(frame.length, kMostPadding) : 0;
    calm(guard_.data(frame.length, (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0, now_, padding));
  } else {
    calm(guard_.frame(frame.type, now_));
  }
  if (frame.type == NGHTTP2_HEADERS && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0) guard_.body_begins();
  // RFC 9113 §6.3. nghttp2 passes over PRIORITY, of which it was told that nobody goes by it.
  if (frame.type == NGHTTP2_PRIORITY && frame.stream == 0) terminate(NGHTTP2_PROTOCOL_ERROR);
  // RFC 9113 §5.1.1. nghttp2 takes a number that was passed over for a stream that is closed.
  if (frame.type == NGHTTP2_HEADERS && !numbers_.opens(frame.stream)) terminate(NGHTTP2_PROTOCOL_ERROR);
}

void Session::pull(http::OutputBuffer& out, std::size_t most, Instant now) {
  now_ = now;
  while (!dead_ && out.size() < most) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) dead_ = true;
    if (size <= 0) return;
    out.append({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
  }
}

bool Session::over() const noexcept {
  if (dead_) return true;
  return !wants_to_send() && (deaf_ || nghttp2_session_want_read(session_) == 0);
}

void Session::begin_shutdown() {
  if (std::exchange(shutting_down_, true)) return;
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  goodbye_deadline_ = now_ + kGoodbye;
}

void Session::finish_shutdown() {
  if (!goodbye_deadline_) return;
  goodbye_deadline_.reset();
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

Instant Session::check_time(Instant now, bool blocked) {
  now_ = now;
  if (over()) return Instant::far_future();
  Instant next = Instant::far_future();
  // True: it is over. Otherwise somebody has to look again then.
  const auto passed = [&](const std::optional<Instant>& deadline) {
    if (!deadline) return false;
    if (*deadline <= now) return true;
    next = std::min(next, *deadline);
    return false;
  };
  if (passed(preface_deadline_) || passed(settings_deadline_)) {
    preface_deadline_.reset();
    settings_deadline_.reset();
    terminate(NGHTTP2_SETTINGS_TIMEOUT);
  }
  if (passed(head_deadline_)) {
    head_deadline_.reset();
    terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  if (passed(goodbye_deadline_)) finish_shutdown();
  if (passed(ping_deadline_)) dead_ = true;
  if (is_idle()) {
    if (passed(idle_since_ + limits_.keep_alive)) terminate(NGHTTP2_NO_ERROR);
  } else {
    if (!ping_deadline_ && passed(heard_ + limits_.http2.ping_interval)) {
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
      ping_deadline_ = now + limits_.http2.ping_timeout;
      next = std::min(next, *ping_deadline_);
    }
    if (blocked) flowing_since_ = now;
    check_streams(next, blocked);
  }
  return next;
}

/// When a peer that keeps its window shut, or opens it a crack at a time, is no longer waited for.
Instant Session::patience_ends(const Outgoing& out) const noexcept {
  const Instant stalled = std::max(out.moved, flowing_since_) + limits_.http2.window_stall;
  const auto& rate = limits_.write_rate;
  if (!rate || rate->bytes_per_second == 0) return stalled;
  const Duration earned = std::chrono::milliseconds(out.sent * 1000 / rate->bytes_per_second);
  return std::min(stalled, std::max(out.since, flowing_since_) + std::max<Duration>(rate->grace, earned));
}

/// Data that waits for its peer to open a window, and requests that go on after their answer.
void Session::check_streams(Instant& next, bool blocked) {
  std::vector<std::pair<Stream*, std::uint32_t>> ended;
  bool stalled = false;
  for (const auto& [id, stream] : streams_) {
    Instant until = stream->dropping_until.value_or(Instant::far_future());
    std::uint32_t code = NGHTTP2_NO_ERROR;
    if (stream->out.unsent > 0 && !blocked) {
      until = patience_ends(stream->out);
      code = NGHTTP2_CANCEL;
    }
    if (until > now_) {
      next = std::min(next, until);
    } else {
      ended.emplace_back(stream.get(), code);
      stalled |= code == NGHTTP2_CANCEL;
    }
  }
  if (stalled && nghttp2_session_get_remote_window_size(session_) <= 0) return terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  for (const auto& [stream, code] : ended) {
    stream->dropping_until.reset();
    stream->out.moved = now_;
    reset(*stream, code);
  }
}

void Session::task_began(Stream& stream) noexcept {
  stream.runs = true;
  if (stream.closed) ++orphans_;
}

void Session::task_ended(Stream& stream) noexcept {
  stream.runs = false;
  stream.task.reset();
  if (stream.closed && --orphans_ == 0 && streams_.empty()) idle_since_ = now_;
}

bool Session::is_tunnel(std::int32_t id) noexcept {
  const Stream* stream = find(id);
  return stream != nullptr && stream->is_tunnel;
}

Stream* Session::find(std::int32_t id) noexcept {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

bool Session::calm(bool allowed) noexcept {
  if (!allowed) terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  return allowed;
}

}  // namespace rondeau::http2
