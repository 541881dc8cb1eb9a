#include <rondeau/testing/test_websocket.h>

#include <span>
#include <utility>

#include <rondeau/testing/test_app.h>
#include <rondeau/websocket/handshake.h>

#include "http/output_buffer.h"
#include "websocket/message_reader.h"
#include "websocket/message_writer.h"

namespace rondeau::testing {
namespace {

using websocket::MessageReader;

/// Limits bind the service, not who tests it.
http::WebSocketLimits no_limits() {
  http::WebSocketLimits limits;
  limits.max_message = limits.max_small_fragments = limits.control_burst = ~std::size_t{0} / 2;
  return limits;
}

websocket::Mask same_mask() {
  return {'\x12', '\x34', '\x56', '\x78'};
}

}  // namespace

struct TestWebSocket::Inside {
  Inside(TestApp& of, Wire over, std::string_view read_ahead, std::string protocol)
      : app(of), wire(std::move(over)), unread(read_ahead), subprotocol(std::move(protocol)) {}

  void write(http::OutputBuffer& out) {
    if (!wire.send_all(out.view())) throw std::runtime_error("TestWebSocket: the service does not take what is sent");
    out.clear();
  }
  /// The next event that is here; More: nothing is.
  MessageReader::Event next() {
    unread += wire.received();
    std::span<char> input(unread);
    const MessageReader::Event event = reader.next(input, Instant());
    unread.erase(0, unread.size() - input.size());
    return event;
  }

  TestApp& app;
  Wire wire;
  std::string unread;
  std::string subprotocol;
  MessageReader reader{websocket::Role::Client, no_limits()};
  websocket::MessageWriter writer{&same_mask};
  std::optional<websocket::CloseReason> close_reason;
  std::size_t pings = 0;
  std::size_t pongs = 0;
  bool answers = true;
  bool sent_close = false;
};

TestWebSocket::TestWebSocket(TestApp& app, Wire wire, std::string_view read_ahead, std::string subprotocol)
    : inside_(std::make_unique<Inside>(app, std::move(wire), read_ahead, std::move(subprotocol))) {}
TestWebSocket::TestWebSocket(TestWebSocket&&) noexcept = default;
TestWebSocket& TestWebSocket::operator=(TestWebSocket&&) noexcept = default;
TestWebSocket::~TestWebSocket() = default;

void TestWebSocket::send(const websocket::Message& message) {
  http::OutputBuffer out;
  inside_->writer.append_message(out, message);
  inside_->write(out);
}

void TestWebSocket::ping(std::string_view payload) {
  http::OutputBuffer out;
  inside_->writer.append_ping(out, payload);
  inside_->write(out);
}

std::optional<websocket::Message> TestWebSocket::recv(Duration patience) {
  using Event = MessageReader::Event;
  Inside& self = *inside_;
  if (self.close_reason) return std::nullopt;
  const Instant end = self.app.now() + patience;
  http::OutputBuffer out;
  for (;;) {
    switch (self.next()) {
      case Event::Message:
        return self.reader.take_message();
      case Event::Ping:
        ++self.pings;
        if (!self.answers) break;
        self.writer.append_pong(out, self.reader.control());
        static_cast<void>(self.wire.send(out.view()));
        out.clear();
        break;
      case Event::Pong:
        ++self.pongs;
        break;
      case Event::Close:
        self.close_reason = self.reader.close_reason();
        if (!std::exchange(self.sent_close, true)) {
          self.writer.append_close(out, {self.close_reason->code, {}});
          static_cast<void>(self.wire.send(out.view()));
        }
        return std::nullopt;
      case Event::Refused:
        throw std::runtime_error("TestWebSocket: " + std::string(self.reader.violation().why));
      case Event::More:
        if (self.wire.closed()) return std::nullopt;
        if (!self.app.wait_for(self.wire))
          throw std::runtime_error("TestWebSocket: nothing can make progress any more");
        if (self.app.now() > end) throw std::runtime_error("TestWebSocket: no message came");
    }
  }
}

std::string TestWebSocket::text() {
  const auto message = recv();
  if (!message) throw std::runtime_error("TestWebSocket: it ended before a message came");
  return std::string(message->view());
}

std::optional<websocket::CloseReason> TestWebSocket::close(websocket::CloseCode code, std::string_view reason) {
  if (!std::exchange(inside_->sent_close, true)) {
    http::OutputBuffer out;
    inside_->writer.append_close(out, {code, std::string(reason)});
    inside_->write(out);
  }
  while (recv()) {
  }
  return inside_->close_reason;
}

std::optional<websocket::CloseReason> TestWebSocket::close_reason() const {
  return inside_->close_reason;
}
void TestWebSocket::answer_pings(bool yes) {
  inside_->answers = yes;
}
std::size_t TestWebSocket::pings() const {
  return inside_->pings;
}
std::size_t TestWebSocket::pongs() const {
  return inside_->pongs;
}
std::string_view TestWebSocket::subprotocol() const {
  return inside_->subprotocol;
}
Wire& TestWebSocket::wire() {
  return inside_->wire;
}

TestWebSocket TestRequest::websocket() {
  constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
  header("Upgrade", "websocket").header("Connection", "Upgrade").header("Sec-WebSocket-Version", "13");
  header("Sec-WebSocket-Key", key);
  Wire wire = app_.connect();
  wire.send(head_ + "\r\n");
  std::string bytes = wire.received();
  std::size_t end = std::string::npos;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (wire.closed() || !app_.wait_for(wire)) throw std::runtime_error("TestApp: no answer to the handshake");
    bytes += wire.received();
  }
  if (!bytes.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("TestApp: no WebSocket, but " + bytes);
  const auto value_of = [head = bytes.substr(0, end + 2)](const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::string();
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  };
  if (value_of("Sec-WebSocket-Accept") != websocket::accept_of(key)) {
    throw std::runtime_error("TestApp: the handshake's Sec-WebSocket-Accept is wrong");
  }
  return TestWebSocket(app_, std::move(wire), std::string_view(bytes).substr(end + 4),
                       value_of("Sec-WebSocket-Protocol"));
}

}  // namespace rondeau::testing
