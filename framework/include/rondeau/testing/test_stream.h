// TestStream: an answer that is read while it is made – events, lines, a download without an end.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/status.h>
#include <rondeau/json/json.h>
#include <rondeau/testing/test_response.h>
#include <rondeau/testing/wire.h>

namespace rondeau::testing {

class TestApp;

/// An event as a page gets it from its EventSource (WHATWG HTML §9.2.6).
struct TestEvent {
  std::string event = "message";
  std::string data;
  std::string id;  ///< the last one that came, with this event or one before

  /// The data read as JSON. Throws std::runtime_error where it is none of that type.
  template <class T>
  T json() const {
    auto value = rondeau::json::parse<T>(data);
    if (!value) throw std::runtime_error("TestStream: the event is not the JSON that was asked for: " + data);
    return *std::move(value);
  }
};

/// Made by TestRequest::stream(). Destroyed: the client is gone.
///
/// What reads waits until there is something, and the clock moves over what everybody waits for. It throws
/// std::runtime_error when `patience` has passed on the clock, and where the answer breaks off. Thread safety, lifetime:
/// as TestApp.
class TestStream {
 public:
  TestStream(TestStream&&) noexcept;
  TestStream& operator=(TestStream&&) noexcept;
  ~TestStream();

  http::StatusCode status() const noexcept;
  const http::Headers& headers() const noexcept;
  /// The first field of that name.
  std::optional<std::string_view> header(std::string_view name) const { return headers().get(name); }

  /// What has come of the body, without the framing of chunks. Empty: it is over.
  std::optional<std::string> recv(Duration patience = std::chrono::hours(1));
  /// The next line, without its end. Empty: there is none any more.
  std::optional<std::string> line(Duration patience = std::chrono::hours(1));
  /// The next event; signs of life do not count. Empty: the stream is over.
  std::optional<TestEvent> event(Duration patience = std::chrono::hours(1));

  /// After how long the service asks to come again, once event() has met it.
  std::optional<std::chrono::milliseconds> retry() const noexcept;
  /// The fields behind a chunked body, once it is over.
  const http::Headers& trailers() const noexcept;
  /// The connection below.
  Wire& wire() noexcept;

 private:
  friend class TestRequest;
  struct Inside;
  explicit TestStream(std::unique_ptr<Inside> inside) noexcept;

  std::unique_ptr<Inside> inside_;
};

}  // namespace rondeau::testing
