// Session: an open WebSocket, between the task of its connection and whoever holds its halves.
//
// Users take messages out and put messages in; only the connection's task touches the stream. Four phases:
//   Open     both ways
//   Closing  our close frame is on its way, the peer's is awaited; messages that still come are dropped
//   Closed   nothing more is read; what is unsent, a close frame last, goes out
//   Over     the connection is of no use any more
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/http/limits.h>
#include <rondeau/io/stream.h>
#include <rondeau/sync/notify.h>
#include <rondeau/websocket/close_code.h>
#include <rondeau/websocket/message.h>
#include <rondeau/websocket/terms.h>

#include "http/output_buffer.h"
#include "websocket/message_reader.h"
#include "websocket/message_writer.h"

namespace rondeau::websocket {

/// Thread safety: any thread.
class Session {
 public:
  /// A client gives `make_mask`, a server does not.
  explicit Session(const Terms& terms, MessageWriter::MakeMask make_mask = nullptr);

  // For users.

  std::optional<Message> take();
  /// No message waits, and none will come.
  bool is_exhausted() const;
  /// Errors: Closed, WouldBlock.
  Result<void> send(const Message& message);
  void begin_close(const CloseReason& reason);
  bool is_over() const;
  std::optional<CloseReason> close_reason() const;
  std::string_view subprotocol() const noexcept { return subprotocol_; }
  /// Who holds on to the session keeps it from being closed.
  void hold();
  void let_go() noexcept;
  /// What still comes is dropped.
  void drop_reader() noexcept;

  /// A message has come, or the phase is another.
  sync::Notify& changed() noexcept { return changed_; }
  /// There is room to send, or the phase is another.
  sync::Notify& room() noexcept { return room_; }

  // For the connection's task.

  /// What came with the handshake.
  void begin(std::string read_ahead);
  /// Does what can be done without waiting. True: there may be more to read at once.
  bool step(io::Stream& stream);
  bool wants_input() const;
  bool has_unsent() const;
  /// When something is to be done without anybody's asking.
  Instant deadline() const;
  /// There is something to do.
  sync::Notify& work() noexcept { return work_; }
  /// The connection is gone.
  void end() noexcept;

 private:
  enum class Phase : std::uint8_t { Open, Closing, Closed, Over };

  // All below with the lock held.
  bool reads() const noexcept { return (phase_ == Phase::Open && !message_) || phase_ == Phase::Closing; }
  bool may_read_on() const noexcept { return phase_ == Phase::Open || phase_ == Phase::Closing; }
  bool receive(io::Stream& stream);
  void read_pending();
  void read(std::span<char>& input);
  void take_event(MessageReader::Event event);
  void flush(io::Stream& stream);
  void keep_time();
  void answer_ping();
  void close_with(const CloseReason& reason, Phase next);
  void end_locked(const CloseReason& reason) noexcept;

  const http::WebSocketLimits limits_;
  const std::string subprotocol_;
  sync::Notify changed_;
  sync::Notify room_;
  sync::Notify work_;

  mutable std::mutex mutex_;  // guards all below
  MessageReader reader_;
  MessageWriter writer_;
  http::OutputBuffer output_;
  std::string pending_;  // read, and not looked at since a message waits
  std::size_t pending_from_ = 0;
  std::optional<Message> message_;
  std::optional<std::string> ping_;  // to be answered when there is room
  std::optional<CloseReason> reason_;
  Instant now_;  // of the last step: users of the session may have another clock
  Instant next_ping_;
  Instant heard_;       // the peer is alive
  Instant progressed_;  // the peer takes what is sent
  std::optional<Instant> closed_by_;
  std::size_t held_ = 0;
  Phase phase_ = Phase::Open;
  bool unread_ = false;      // nobody receives
  bool was_reading_ = true;  // at the end of the last step
  bool was_writing_ = false;
};

}  // namespace rondeau::websocket
