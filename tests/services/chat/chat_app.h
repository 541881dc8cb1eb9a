// The chat under test: its routes over SQLite in memory, on a clock that stands still.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/observe/metrics.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/testing/test_app.h>

#include "app.h"
#include "database.h"

namespace chat::test {

using rondeau::testing::TestResponse;
using rondeau::testing::TestWebSocket;

struct Settings {
  RoomLimits limits = {};
  std::size_t connections = 10'000;
  std::int64_t keep = 10'000;
};

/// Sockets go before it; then it waits until rooms have ended.
class Chat {
 public:
  explicit Chat(const Settings& settings = {});
  ~Chat();

  /// The first two events are taken: who is there, and that the member came.
  TestWebSocket join(const std::string& room, const std::string& name);
  TestWebSocket connect(const std::string& room, const std::string& query) {
    return app().websocket("/rooms/" + room + "/ws?" + query);
  }
  TestResponse post(const std::string& room, const std::string& text);

  rondeau::TestApp& app() { return *app_; }
  Counts& counts() { return *counts_; }
  void close_database();

 private:
  rondeau::runtime::Runtime loop_;
  sql::Database database_;
  rondeau::observe::Registry registry_;
  std::optional<Counts> counts_;
  std::optional<rondeau::TestApp> app_;
};

/// The next event, which has to be a T.
template <class T>
T next(TestWebSocket& socket) {
  const std::string text = socket.text();
  auto event = rondeau::json::parse<out::Event>(text);
  INFO(text);
  REQUIRE(event.has_value());
  REQUIRE(event->get_if<T>() != nullptr);
  return std::move(*event->get_if<T>());
}
/// `{"type":"say",…}`.
std::string say(const std::string& text, const std::optional<std::string>& client_id = std::nullopt);
/// Reads on until the service closes, and gives the code.
rondeau::CloseCode closing_of(TestWebSocket& socket);

}  // namespace chat::test
