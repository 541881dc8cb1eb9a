// ReaderHandle, WriterHandle: the two halves of a WebSocket, for messages of any kind. WebSocket<In, Out> is made of
// them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/task/branch.h>
#include <rondeau/task/task.h>
#include <rondeau/websocket/close_code.h>
#include <rondeau/websocket/message.h>

namespace rondeau::websocket {

/// An open WebSocket, shared by its halves and the task of its connection.
class Session;
using SessionPtr = std::shared_ptr<Session>;

/// What both halves know. Thread safety: any thread.
class Handle {
 public:
  /// The protocol that was agreed on in the handshake; empty: none. Lifetime: this handle's.
  std::string_view subprotocol() const noexcept;
  /// Why it ended, or ends; empty while it is open. Abnormal: the connection broke off, or the peer was silent.
  std::optional<CloseReason> close_reason() const;
  /// Waits until it is over. Cancellation: safe.
  task::CancelSafe<CloseReason> closed() const;

 protected:
  explicit Handle(SessionPtr session);
  Handle(const Handle& other);
  Handle(Handle&& other) noexcept = default;
  Handle& operator=(const Handle& other);
  Handle& operator=(Handle&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  ~Handle();

  SessionPtr session_;  // null once moved from
};

/// Receives. Destroyed: what still comes is dropped. Thread safety: one task at a time, on any thread.
class ReaderHandle : public Handle {
 public:
  explicit ReaderHandle(SessionPtr session) : Handle(std::move(session)) {}
  ReaderHandle(ReaderHandle&& other) noexcept = default;
  ReaderHandle& operator=(ReaderHandle&& other) noexcept;
  ~ReaderHandle();

  /// As WebSocketReader<Message>::recv() and try_recv().
  task::CancelSafe<std::optional<Message>> recv_message();
  std::optional<Message> try_recv_message();
};

/// Sends. Copies send on the same WebSocket, each message in one piece. Thread safety: any thread.
class WriterHandle : public Handle {
 public:
  explicit WriterHandle(SessionPtr session) : Handle(std::move(session)) {}

  /// As WebSocketWriter<Message>::send() and try_send().
  task::CancelSafe<Result<void>> send_message(Message message);
  Result<void> try_send_message(const Message& message);

  /// Says that nothing more will be sent, and why; what was sent before goes out first. Does nothing where it ends
  /// already. `code` is one that may be sent; `reason` is UTF-8 and cut behind 123 bytes.
  void begin_close(CloseCode code = CloseCode::Normal, std::string_view reason = {});
  /// The same, and waits until the peer has agreed, at most WebSocketLimits::close_handshake.
  ///
  /// Cancellation: safe, it goes on closing.
  task::CancelSafe<void> close(CloseCode code = CloseCode::Normal, std::string_view reason = {});
};

}  // namespace rondeau::websocket
