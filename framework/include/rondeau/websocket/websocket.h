// WebSocket: messages both ways (RFC 6455). The last parameter of a handler that is added by router.ws<"/path">(f), and what
// a client gets from client.websocket(url).connect().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/json/json.h>
#include <rondeau/websocket/endpoint.h>
#include <rondeau/websocket/handles.h>

namespace rondeau::websocket {

/// Of a typed WebSocket: a text that is none of the agreed form, as a value like any other error of a peer.
json::Errors no_text();

/// The half that receives.
///
/// The next message is read only when the one before was taken, so a peer that sends faster than it is read waits.
/// Pings are answered all the same, by the connection's own task, as long as no message waits to be taken.
/// Thread safety: one task at a time, on any thread.
template <class In = Message>
class WebSocketReader : public ReaderHandle {
 public:
  /// Message as it is; other types are read from text as JSON, or the value is the error: nothing is closed by it.
  using Received = std::conditional_t<std::is_same_v<In, Message>, Message, Result<In, json::Errors>>;

  using ReaderHandle::ReaderHandle;

  /// The next message; empty at the end, however it came: close_reason() tells.
  ///
  /// After close() no more come. Cancellation: safe, no message is lost.
  task::CancelSafe<std::optional<Received>> recv() {
    if constexpr (std::is_same_v<In, Message>) {
      return recv_message();
    } else {
      return task::cancel_safe(recv_json(recv_message()));
    }
  }
  /// A message that is here already.
  std::optional<Received> try_recv() { return read(try_recv_message()); }

 private:
  static task::Task<std::optional<Received>> recv_json(task::CancelSafe<std::optional<Message>> message) {
    co_return read(co_await std::move(message));
  }
  static std::optional<Received> read(std::optional<Message> message) {
    if constexpr (std::is_same_v<In, Message>) {
      return message;
    } else {
      if (!message) return std::nullopt;
      if (!message->is_text()) return Received(Unexpected{no_text()});
      return json::parse<In>(message->view());
    }
  }
};

/// The half that sends. Copies send on the same WebSocket. Thread safety: any thread; each message goes out whole.
template <class Out = Message>
class WebSocketWriter : public WriterHandle {
 public:
  using WriterHandle::WriterHandle;

  /// Sends a message behind those that were sent before; waits while WebSocketLimits::max_unsent bytes and more are
  /// unsent. It is not on the wire yet when this returns, and is lost where the connection breaks off before.
  ///
  /// Errors: Closed from when the closing began; InvalidData for a value that has no JSON. Cancellation: safe, the
  /// message is sent wholly or not at all.
  task::CancelSafe<Result<void>> send(const Out& message) {
    if constexpr (std::is_same_v<Out, Message>) {
      return send_message(message);
    } else {
      return task::cancel_safe(send_json(*this, json::to_string(message)));
    }
  }
  /// The same without waiting. Errors: also WouldBlock.
  Result<void> try_send(const Out& message) {
    if constexpr (std::is_same_v<Out, Message>) {
      return try_send_message(message);
    } else {
      RONDEAU_TRY_PLAIN(std::string text, json::to_string(message));
      return try_send_message(Message::text(std::move(text)));
    }
  }

 private:
  static task::Task<Result<void>> send_json(WriterHandle writer, Result<std::string> text) {
    if (!text) co_return std::move(text).error();
    co_return co_await writer.send_message(Message::text(*std::move(text)));
  }
};

/// One end of a WebSocket. Move-only.
///
///     Task<void> echo(WebSocket<> socket) {
///       while (auto message = co_await socket.recv()) {
///         if (!co_await socket.send(*message)) break;
///       }
///     }
///
/// `WebSocket<In, Out>` receives and sends structs as JSON text. Pings go out every WebSocketLimits::ping; a peer from
/// which nothing comes for WebSocketLimits::dead is given up. Where the server drains, it is closed with 1001.
/// It is closed when the handler has ended and all its halves are gone: with 1000, or with 1011 where the handler threw
/// or gave an error. A handler whose WebSocket is over has WebSocketLimits::close_handshake left, then it is cancelled. A
/// client's is closed when all its halves are gone.
/// Thread safety: one task receives; any may send.
template <class In = Message, class Out = In>
class WebSocket {
 public:
  using Received = typename WebSocketReader<In>::Received;

  explicit WebSocket(const SessionPtr& session) : reader_(session), writer_(session) {}
  WebSocket(WebSocket&&) noexcept = default;
  WebSocket& operator=(WebSocket&&) noexcept = default;

  /// As WebSocketReader and WebSocketWriter have it.
  task::CancelSafe<std::optional<Received>> recv() { return reader_.recv(); }
  std::optional<Received> try_recv() { return reader_.try_recv(); }
  task::CancelSafe<Result<void>> send(const Out& message) { return writer_.send(message); }
  Result<void> try_send(const Out& message) { return writer_.try_send(message); }
  void begin_close(CloseCode code = CloseCode::Normal, std::string_view reason = {}) {
    writer_.begin_close(code, reason);
  }
  task::CancelSafe<void> close(CloseCode code = CloseCode::Normal, std::string_view reason = {}) {
    return writer_.close(code, reason);
  }
  std::string_view subprotocol() const noexcept { return writer_.subprotocol(); }
  std::optional<CloseReason> close_reason() const { return writer_.close_reason(); }
  task::CancelSafe<CloseReason> closed() const { return writer_.closed(); }

  /// The two halves, for two tasks: `auto [reader, writer] = std::move(socket).split();`
  ///
  /// Drop the reader where nobody receives: a message that nobody takes keeps what follows it, a close too, from being
  /// read.
  std::pair<WebSocketReader<In>, WebSocketWriter<Out>> split() && { return {std::move(reader_), std::move(writer_)}; }

 private:
  WebSocketReader<In> reader_;
  WebSocketWriter<Out> writer_;
};

}  // namespace rondeau::websocket

namespace rondeau {
namespace ws = websocket;
using websocket::CloseCode;
using websocket::CloseReason;
using websocket::WebSocket;
using websocket::WebSocketReader;
using websocket::WebSocketWriter;
}  // namespace rondeau
