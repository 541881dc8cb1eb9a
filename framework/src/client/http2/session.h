// Session: the protocol of one connection, on the client's side. Knows frames and streams, no sockets, no tasks.
//
// The one place on this side that knows nghttp2. Bytes go in by receive(), bytes to send come out by pull(); what came
// is found in the streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <rondeau/base/instant.h>
#include <rondeau/client/limits.h>

#include "client/http2/flood_guard.h"
#include "client/http2/request_fields.h"
#include "client/http2/stream.h"
#include "http/output_buffer.h"
#include "http2/frame_scan.h"

namespace rondeau::client::http2 {

/// Not thread-safe: one lock guards a session and its streams.
class Session {
 public:
  /// Sends the preface and our SETTINGS first. Until the peer says how many streams it allows, it is taken to allow
  /// `assumed`.
  Session(const AnswerLimits& limits, std::uint32_t assumed, Instant now);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Both directions

  /// Takes bytes of the peer; all of them, whatever they are. Afterwards over() may be true.
  void receive(std::string_view bytes, Instant now);
  /// Appends what is to be sent until `out` has `most` bytes or there is nothing more for now.
  void pull(http::OutputBuffer& out, std::size_t most, Instant now);
  /// So many bytes of all that was pulled has the socket taken.
  void set_written(std::uint64_t bytes) noexcept { written_ = bytes; }
  /// Nothing will be read or sent any more.
  bool over() const noexcept;
  /// The same, and what is unsent does not matter either.
  bool is_dead() const noexcept { return dead_; }
  /// The time, for what happens next.
  void set_now(Instant now) noexcept { now_ = now; }

  // Streams. One that is closed takes everything, too; nothing is sent then.

  /// Whether another request may be submitted now, and whether there will ever be one.
  std::size_t room() const noexcept;
  bool accepts() const noexcept;
  /// The head of a request. Its body is what stands in `stream.out`, and what write() adds while that is producing.
  void submit(std::shared_ptr<Stream> stream, const RequestFields& fields);
  void write(Stream& stream, Bytes piece);
  void finish(Stream& stream, http::Headers trailers);
  /// The caller took a piece of the content.
  void consumed(Stream& stream, std::size_t bytes) noexcept;
  /// The caller wants no more of it: what has come is dropped, and what is to come is asked not to.
  void abandon(Stream& stream) noexcept;
  /// Its answer is late. If nothing at all has come meanwhile, the connection is asked whether it lives.
  void doubt(const Stream& stream) noexcept;
  /// How much of the request has left this process.
  Sent sent_of(const Stream& stream) const noexcept;

  /// Streams that are closed, and pieces that were sent: to be let go without the lock, since they hold what is
  /// others'.
  std::pair<std::vector<std::shared_ptr<Stream>>, std::vector<Bytes>> take_forgotten() noexcept {
    return {std::exchange(forgotten_, {}), std::exchange(sent_, {})};
  }
  /// Whether there may be more or less room than at the last call.
  bool take_room_changed() noexcept { return std::exchange(room_changed_, false); }
  void note_room_changed() noexcept { room_changed_ = true; }

  // Life

  bool is_idle() const noexcept { return streams_.empty(); }
  Instant idle_since() const noexcept { return idle_since_; }
  /// It has answered nothing, and not because we had enough.
  bool is_useless() const noexcept { return answered_ == 0 && !retired_; }
  bool has_sent_requests() const noexcept { return submitted_ > 0; }
  Instant heard() const noexcept { return heard_; }
  /// The peer has said what it allows.
  bool is_settled() const noexcept { return settled_; }
  std::uint32_t most_streams() const noexcept;
  /// No more streams; over() when those there are have ended.
  void retire() noexcept;
  /// What has to be done by now: limits on time. Returns when to look again.
  Instant check_time(Instant now);
  /// The connection is gone: so are the streams, for that reason unless the session knows a better one.
  void fail_all(ErrorKind kind, std::string cause);

 private:
  friend struct SessionCallbacks;

  Stream* find(std::int32_t id) noexcept;
  void terminate(std::uint32_t error_code, std::string cause);
  void begin_frame(const rondeau::http2::FrameStart& frame);
  void greet(const rondeau::http2::FrameStart& frame);
  void begin_block(std::int32_t id) noexcept;
  void take_field(std::int32_t id, std::string_view name, std::string_view value);
  void take_field_of_head(Stream& stream, std::string_view name, std::string_view value);
  void take_trailer(Stream& stream, std::string_view name, std::string_view value);
  void take_content(std::int32_t id, std::string_view content);
  void received(const nghttp2_frame& frame);
  void end_of_head(Stream& stream);
  void end_of_answer(Stream& stream) noexcept;
  void refused(std::int32_t id, std::string cause);
  void made(const nghttp2_frame& frame);
  void not_made(const nghttp2_frame& frame, int reason);
  void forget(std::int32_t id, std::uint32_t error_code);
  std::size_t give(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags);
  void resume(Stream& stream) noexcept;
  void reset(Stream& stream, std::uint32_t error_code) noexcept;
  void give_back_unsent();
  /// The first failure of a stream is the one that counts.
  Failure* fail(Stream& stream, ErrorKind kind, std::string cause);
  void drop_unread(Stream& stream) noexcept;
  void check_streams(Instant& next);
  void ping() noexcept;

  const AnswerLimits limits_;
  const std::uint32_t assumed_;
  rondeau::http2::FrameScan scan_{0};
  FloodGuard guard_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::shared_ptr<Stream>> streams_;
  std::vector<std::shared_ptr<Stream>> forgotten_;
  std::vector<Bytes> sent_;
  std::string opening_;         // the first bytes of the peer, until its first frame begins
  std::string fault_;           // what the peer did that ends the connection
  std::string silence_;         // what it did not do
  std::string goodbye_;         // why the peer ends it
  std::uint64_t pulled_ = 0;    // bytes that pull() has given
  std::uint64_t written_ = 0;   // of these, what the socket has taken
  std::uint64_t submitted_ = 0;
  std::uint64_t answered_ = 0;
  std::size_t block_size_ = 0;  // of the header block that comes in
  Instant now_;
  Instant heard_;               // when a frame began last
  Instant busy_since_;          // when the first of the present streams began
  Instant idle_since_;
  std::optional<Instant> ping_deadline_;
  bool greeted_ = false;        // a frame of the peer has begun, and it was SETTINGS
  bool settled_ = false;
  bool retired_ = false;
  bool left_ = false;           // by the peer: GOAWAY
  bool room_changed_ = false;
  bool deaf_ = false;           // nothing that comes is looked at any more
  bool dead_ = false;
};

}  // namespace rondeau::client::http2
