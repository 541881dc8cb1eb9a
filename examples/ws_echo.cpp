// A WebSocket that sends back what it gets, with limits. Run: build/examples/ws_echo --port 8080
//   build/examples/websocket_client ws://localhost:8080/echo
#include <chrono>
#include <string>

#include <rondeau/observe/log.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

constexpr Duration kIdle = 5min;

/// Text comes back as text, bytes as bytes. Pings are answered, peers that have gone are given up, and a message above
/// the limit closes with 1009, all of it without us.
Task<void> echo(WebSocket<> socket) {
  for (;;) {
    auto message = co_await timeout(kIdle, socket.recv());
    if (!message) {
      co_await socket.close(CloseCode::Normal, "you said nothing for five minutes");
      break;
    }
    if (!*message) break;  // closed, whoever did it
    if (!co_await socket.send(**std::move(message))) break;
  }
  if (const auto reason = socket.close_reason()) {
    log::info("closed", {{"code", static_cast<int>(reason->code)}, {"reason", reason->reason}});
  }
}

int main(int argc, char** argv) {
  ws::Options options;
  options.limits = http::WebSocketLimits{.max_message = 64 * 1024};
  // Pages of other origins than this server's are refused unless they are listed in options.origins.
  Router<> router;
  router.ws<"/echo">(echo, options);
  return Service("ws_echo").run(argc, argv, router);
}
