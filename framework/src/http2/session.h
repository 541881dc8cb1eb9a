// Session: the protocol of one connection, on the server's side. Knows frames and streams, no sockets, no tasks.
//
// The one place that knows nghttp2. Bytes go in by receive(), bytes to send come out by pull(); requests whose head is
// complete are taken by take_requests().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/response.h>

#include "http/output_buffer.h"
#include "http2/answer_fields.h"
#include "http2/flood_guard.h"
#include "http2/frame_scan.h"
#include "http2/stream.h"
#include "http2/stream_numbers.h"

namespace rondeau::http2 {

/// Not thread-safe: one lock guards a session and its streams.
class Session {
 public:
  /// `limits` outlives it. Sends our SETTINGS first.
  Session(const http::Limits& limits, Instant now);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Both directions

  /// Takes bytes of the peer; all of them, whatever they are. Afterwards over() may be true.
  void receive(std::string_view bytes, Instant now);
  /// Appends what is to be sent until `out` has `most` bytes or there is nothing more for now.
  void pull(http::OutputBuffer& out, std::size_t most, Instant now);
  /// Nothing will be read or sent any more.
  bool over() const noexcept;
  /// The time, for what happens next.
  void set_now(Instant now) noexcept { now_ = now; }
  bool wants_to_send() const noexcept { return nghttp2_session_want_write(session_) != 0; }

  // Streams

  std::vector<std::shared_ptr<Stream>> take_requests() noexcept { return std::exchange(begun_, {}); }
  /// Streams that are closed: to be let go without the lock, since they hold what is the handlers'.
  std::vector<std::shared_ptr<Stream>> take_forgotten() noexcept { return std::exchange(forgotten_, {}); }
  /// Pieces that were sent: the same.
  std::vector<Bytes> take_sent() noexcept { return std::exchange(sent_, {}); }
  /// Who answers runs: until it ends its stream counts, even when it is closed.
  void task_began(Stream& stream) noexcept;
  void task_ended(Stream& stream) noexcept;

  // Answers. A stream that is closed takes them, too; nothing is sent then.

  /// A head before the answer's: 100, 103.
  void inform(Stream& stream, http::StatusCode status, const http::Headers& headers);
  /// The head of the answer, and its body unless that is a stream.
  void answer(Stream& stream, http::Response& response, const AnswerFields& fields);
  /// A piece of a streamed body.
  void write(Stream& stream, Bytes piece);
  /// So many bytes of a streamed body may be unsent before who makes it waits: fewer while others have much unsent.
  std::size_t room_for_pieces() const noexcept;
  /// The end of a streamed body, and fields to send behind it.
  void finish(Stream& stream, http::Headers trailers);
  void reset(Stream& stream, std::uint32_t error_code);
  /// The handler took so many bytes of the body.
  void consumed(Stream& stream, std::size_t bytes) noexcept;
  /// Bounds what comes of its body; what has come already counts.
  void limit_body(Stream& stream, std::optional<std::uint64_t> bytes) noexcept;

  // Life

  /// Tells the peer to open no more streams, in two steps: finish_shutdown() when what is on its way has come.
  void begin_shutdown();
  void finish_shutdown();
  bool shutting_down() const noexcept { return shutting_down_; }
  /// Ends the connection after a GOAWAY with that code.
  void terminate(std::uint32_t error_code) noexcept { nghttp2_session_terminate_session(session_, error_code); }
  /// What has to be done by now: limits on time. `blocked`: the socket takes nothing, so that no stream can move.
  /// Returns when to look again.
  Instant check_time(Instant now, bool blocked);
  /// No answer is being waited for, and nothing of a request is here.
  bool is_idle() const noexcept { return streams_.empty() && orphans_ == 0; }
  std::uint64_t answered() const noexcept { return answered_; }
  /// Those that are not closed.
  template <class F>
  void for_each_stream(F visit) const {
    for (const auto& [id, stream] : streams_) visit(*stream);
  }

 private:
  friend struct SessionCallbacks;

  Stream* find(std::int32_t id) noexcept;
  bool is_tunnel(std::int32_t id) noexcept;
  bool calm(bool allowed) noexcept;
  void begin_frame(const FrameStart& frame);
  void begin_request(std::int32_t id);
  void take_field(Stream& stream, bool trailer, std::string_view name, std::string_view value);
  void end_of_head(Stream& stream, bool last);
  void take_content(std::int32_t id, std::string_view content);
  void end_of_body(Stream& stream) noexcept;
  void refuse_body(Stream& stream, http::RefusalReason reason) noexcept;
  void sent(const nghttp2_frame& frame) noexcept;
  void received(const nghttp2_frame& frame);
  void forget(std::int32_t id, std::uint32_t error_code);
  std::size_t give(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags);
  void resume(Stream& stream) noexcept;
  void drop_rest(Stream& stream) noexcept;
  void check_streams(Instant& next, bool blocked);
  Instant patience_ends(const Outgoing& out) const noexcept;
  void give_credit() noexcept;
  void invalid(std::int32_t id, int reason) noexcept;
  void end_of_block(std::int32_t id) noexcept {
    if (id == head_stream_) head_deadline_.reset();
  }

  const http::Limits& limits_;
  FrameScan scan_;
  StreamNumbers numbers_;
  FloodGuard guard_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::shared_ptr<Stream>> streams_;
  std::vector<std::shared_ptr<Stream>> begun_;
  std::vector<std::shared_ptr<Stream>> forgotten_;
  std::vector<Bytes> sent_;
  std::size_t orphans_ = 0;      // tasks whose stream is closed
  std::size_t unread_ = 0;       // bytes that handlers have not taken
  std::size_t unsent_ = 0;       // bytes of streamed bodies
  std::size_t credit_owed_ = 0;  // of the connection's window, kept back while too much is unread
  Instant now_;
  Instant heard_;                             // when something came last
  Instant idle_since_;
  Instant flowing_since_;                     // when the socket last took something after it had not
  std::optional<Instant> preface_deadline_;   // until the peer's first SETTINGS
  std::optional<Instant> settings_deadline_;  // until it acknowledges ours
  std::optional<Instant> head_deadline_;      // until the header block is complete
  std::optional<Instant> ping_deadline_;
  std::optional<Instant> goodbye_deadline_;  // until the second GOAWAY
  std::uint64_t answered_ = 0;
  std::int32_t head_stream_ = 0;  // whose header block that is
  std::size_t block_size_ = 0;    // of it, so far, as SETTINGS_MAX_HEADER_LIST_SIZE counts
  std::size_t continuations_ = 0;
  bool shutting_down_ = false;
  bool deaf_ = false;  // nothing that comes is looked at any more
  bool dead_ = false;
};

}  // namespace rondeau::http2
