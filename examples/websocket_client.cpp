// Talks over a WebSocket: each line of the input is a message, each message that comes is a line of the output.
//
//     ./build/examples/websocket_client wss://echo.websocket.org
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <rondeau/client/websocket.h>
#include <rondeau/io/buf_reader.h>
#include <rondeau/io/pieces.h>
#include <rondeau/io/standard.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/select.h>

using namespace rondeau;

namespace {

constexpr std::size_t kLongestLine = 1024 * 1024;  // bytes

Task<void> type(WebSocketWriter<> writer) {
  auto lines = io::lines(io::BufReader(io::stdin()), kLongestLine);
  while (auto line = co_await lines.next()) {
    if (!*line || !co_await writer.send(ws::Message::text(**std::move(line)))) break;
  }
  co_await writer.close();
}

Task<void> print(WebSocketReader<> reader) {
  io::Stdout out = io::stdout();
  while (auto message = co_await reader.recv()) {
    if (!co_await out.write_all(std::string(message->view()) + '\n')) break;
  }
}

Task<int> talk(std::string url) {
  Client client = Client::build().value();
  auto socket = co_await client.websocket(url).connect();
  if (!socket) {
    std::fprintf(stderr, "%s\n", socket.error().message().c_str());
    co_return 1;
  }
  auto [reader, writer] = std::move(*socket).split();
  Task<void> typing = type(writer);
  Task<void> printing = print(std::move(reader));
  static_cast<void>(co_await select(printing, typing));
  const auto reason = writer.close_reason();
  if (reason) std::fprintf(stderr, "closed: %d %s\n", static_cast<int>(reason->code), reason->reason.c_str());
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: websocket_client URL\n");
    return 2;
  }
  return run(talk(argv[1]));
}
