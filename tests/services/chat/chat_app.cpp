#include "chat_app.h"

namespace chat::test {

using namespace rondeau;
using namespace std::chrono_literals;

Chat::Chat(const Settings& settings)
    : loop_(runtime::Builder::current_thread().build().value()),
      database_(loop_.block_on(open_database("sqlite::memory:")).value()) {
  counts_.emplace(registry_);
  const History history(database_, settings.keep);
  App app{history, std::make_shared<Rooms>(history, *counts_, settings.limits), *counts_,
          std::make_shared<sync::Semaphore>(settings.connections)};
  app_.emplace(routes(std::move(app)));
}

Chat::~Chat() {
  app_->advance(2 * kEmptyFor);
}

TestWebSocket Chat::join(const std::string& room, const std::string& name) {
  TestWebSocket socket = connect(room, "name=" + name);
  CHECK(next<out::Presence>(socket).room == room);
  CHECK(next<out::Joined>(socket).name == name);
  return socket;
}

TestResponse Chat::post(const std::string& room, const std::string& text) {
  return app()
      .post("/rooms/" + room + "/messages")
      .header("content-type", "application/json")
      .body("{\"text\":" + json::to_string(text).value() + "}")
      .send();
}

void Chat::close_database() {
  loop_.block_on([this]() -> Task<void> { co_await database_.close(); });
}

std::string say(const std::string& text, const std::optional<std::string>& client_id) {
  return json::to_string(in::Request(in::Say{text, client_id})).value();
}

CloseCode closing_of(TestWebSocket& socket) {
  while (socket.recv()) {
  }
  return socket.close_reason().value_or(CloseReason{CloseCode::Abnormal, {}}).code;
}

}  // namespace chat::test
