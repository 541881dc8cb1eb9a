// TestWebSocket: a client of a service in a test, message by message.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/json/json.h>
#include <rondeau/testing/wire.h>
#include <rondeau/websocket/close_code.h>
#include <rondeau/websocket/message.h>

namespace rondeau::testing {

/// Made by TestApp::websocket() or TestRequest::websocket(). Destroyed: the peer is gone, without a close frame.
///
/// Answers pings while it waits in recv(). Thread safety, lifetime: as TestApp.
class TestWebSocket {
 public:
  TestWebSocket(TestApp& app, Wire wire, std::string_view read_ahead, std::string subprotocol);
  TestWebSocket(TestWebSocket&&) noexcept;
  TestWebSocket& operator=(TestWebSocket&&) noexcept;
  ~TestWebSocket();

  void send(const websocket::Message& message);
  void send(std::string text) { send(websocket::Message::text(std::move(text))); }
  template <class T>
  void send_json(const T& value) {
    send(json::to_string(value).value());
  }
  void ping(std::string_view payload);

  /// The next message; the clock moves over what everybody waits for. Empty: the service has closed, or is gone.
  /// Throws std::runtime_error when `patience` has passed on the clock, and where a frame is broken.
  std::optional<websocket::Message> recv(Duration patience = std::chrono::hours(1));
  /// The same as text. Throws where none comes.
  std::string text();
  template <class T>
  T json() {
    auto value = rondeau::json::parse<T>(text());
    if (!value) throw std::runtime_error("TestWebSocket: the message is not the JSON that was asked for");
    return *std::move(value);
  }
  /// Says that we end, drops what still comes, and returns what the service says of the end; empty: nothing.
  std::optional<websocket::CloseReason> close(websocket::CloseCode code = websocket::CloseCode::Normal,
                                              std::string_view reason = {});

  /// What the close frame of the service says, once recv() has met it.
  std::optional<websocket::CloseReason> close_reason() const;
  /// Ours are answered in time, or not at all.
  void answer_pings(bool yes);
  /// How many have come so far.
  std::size_t pings() const;
  std::size_t pongs() const;
  std::string_view subprotocol() const;
  /// The connection below, for bytes of your own.
  Wire& wire();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rondeau::testing
