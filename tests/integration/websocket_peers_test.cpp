// WebSockets over real sockets and two workers: many at once, some cut off anywhere, then the end of the server.
#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/timeout.h>
#include <rondeau/websocket/topic.h>

#include "support/frame_player.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::RawFrame;
using websocket::MessageReader;

namespace {

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

struct App {
  std::atomic<int> open{0};
  ws::Topic<> everybody;
};

struct Counted {
  explicit Counted(App& of) : app(of) { ++app.open; }
  ~Counted() { --app.open; }
  App& app;
};

Task<void> echo(State<App> app, WebSocket<> socket) {
  const Counted counted(*app);
  auto [reader, writer] = std::move(socket).split();
  const auto subscription = app->everybody.subscribe(writer);
  while (auto message = co_await reader.recv()) {
    if (!co_await writer.send(*message)) break;
  }
}

class Peer {
 public:
  explicit Peer(net::TcpStream stream) : stream_(std::move(stream)) {}
  static Task<Result<Peer>> connect(SocketAddress address) {
    RONDEAU_TRY(net::TcpStream stream, co_await net::TcpStream::connect(address));
    Peer peer(std::move(stream));
    RONDEAU_TRY_VOID(co_await peer.send(std::string(kHandshake)));
    while (peer.bytes_.find("\r\n\r\n") == std::string::npos) RONDEAU_TRY_VOID(co_await peer.receive());
    if (!peer.bytes_.starts_with("HTTP/1.1 101 ")) co_return Errc::InvalidData;
    peer.bytes_.erase(0, peer.bytes_.find("\r\n\r\n") + 4);
    co_return peer;
  }
  Task<Result<void>> send(std::string bytes) { co_return co_await stream_.write_all(bytes); }
  /// The next message; of a close frame its code as text; "gone" at the end.
  Task<std::string> next() {
    for (;;) {
      std::span<char> input(bytes_);
      const MessageReader::Event event = reader_.next(input, Instant());
      bytes_.erase(0, bytes_.size() - input.size());
      if (event == MessageReader::Event::Message) co_return std::string(reader_.take_message().view());
      if (event == MessageReader::Event::Close) co_return std::to_string(static_cast<int>(reader_.close_reason().code));
      if (event == MessageReader::Event::Refused) co_return "refused";
      if (event == MessageReader::Event::More && !co_await receive()) co_return "gone";
    }
  }
  net::TcpStream& stream() { return stream_; }

 private:
  Task<Result<void>> receive() {
    std::array<char, 4096> room;
    RONDEAU_TRY(const std::size_t count, co_await stream_.read_some(std::as_writable_bytes(std::span(room))));
    if (count == 0) co_return Errc::UnexpectedEof;
    bytes_.append(room.data(), count);
    co_return Result<void>();
  }
  net::TcpStream stream_;
  MessageReader reader_{websocket::Role::Client, {}};
  std::string bytes_;
};

Task<int> echo_some(SocketAddress address, unsigned seed) {
  std::mt19937 random(seed);
  auto peer = co_await Peer::connect(address);
  REQUIRE(peer);
  const int messages = static_cast<int>(random() % 20);
  for (int i = 0; i < messages; ++i) {
    const std::string text(random() % 3000, static_cast<char>('a' + i));
    std::string bytes = frame(0x01, text.substr(0, text.size() / 2)) + frame(0x80, text.substr(text.size() / 2));
    if (seed % 3 == 0 && i == messages - 1) {
      // Cut off within a frame; half of them without even a FIN.
      bytes.resize(random() % bytes.size());
      static_cast<void>(co_await peer->send(bytes));
      if (seed % 2 == 0) static_cast<void>(peer->stream().set_linger(0s));
      co_return i;
    }
    CHECK(co_await peer->send(bytes));
    CHECK(co_await peer->next() == text);
  }
  CHECK(co_await peer->send(frame(0x88, "\x03\xE8")));
  CHECK(co_await peer->next() == "1000");
  co_return messages;
}

}  // namespace

TEST_CASE("websocket over sockets: many at once, a third cut off anywhere, and all are told of the end") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const auto app = std::make_shared<App>();
  Router<App> router(app);
  router.ws<"/ws">(&echo);
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  runtime.block_on([&]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener.local_addr().value();
    ServeOptions options;
    const CancellationToken stop = options.shutdown;
    auto server = spawn(serve(std::move(listener), router, std::move(options)));

    JoinSet<int> peers;
    for (unsigned i = 0; i < 200; ++i) peers.spawn(echo_some(address, seed % 1000 * 6 + i));
    while (auto joined = co_await peers.join_next()) CHECK(joined->has_value());

    std::vector<Peer> last;
    for (int i = 0; i < 20; ++i) {
      auto peer = co_await Peer::connect(address);
      REQUIRE(peer);
      CHECK(co_await peer->send(frame(0x81, "ready")));
      CHECK(co_await peer->next() == "ready");
      last.push_back(*std::move(peer));
    }
    CHECK(app->everybody.publish(ws::Message::text("to all")).value() >= last.size());
    for (Peer& peer : last) CHECK(co_await peer.next() == "to all");
    stop.cancel();
    for (Peer& peer : last) {
      CHECK(co_await peer.next() == "1001");
      CHECK(co_await peer.send(frame(0x88, "\x03\xE9")));
      std::array<std::byte, 16> room;
      CHECK((co_await peer.stream().read_some(room)).value() == 0);
    }
    last.clear();
    const auto report = co_await timeout(20s, server);
    REQUIRE(report);
    CHECK(report->value().value().cut == 0);
    CHECK(app->open == 0);
    CHECK(app->everybody.subscribers() == 0);
  });
}
