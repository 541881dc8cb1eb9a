// WebSockets of a client: what it says and takes, with servers of ours and with hostile ones.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/client/websocket.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/listener.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/server_config.h>

#include "scripted_peer.h"
#include "support/certificates.h"
#include "support/frame_player.h"

using namespace peers;
using rondeau::CloseCode;
using rondeau::WebSocket;
using rondeau::support::RawFrame;
using rondeau::websocket::Message;
using Opened = Result<WebSocket<>, client::Error>;

namespace {

const std::string kGood =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: {accept}\r\n";
const std::string kHandshake = kGood + "\r\n";

/// As a server writes it.
std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .masked = false, .length_form = -1}.bytes();
}

std::string describe(const std::optional<rondeau::CloseReason>& reason) {
  if (!reason) return "open";
  return std::to_string(static_cast<unsigned>(reason->code)) + (reason->reason.empty() ? "" : " " + reason->reason);
}

/// All messages until the end, and how that came: "hello|1000 bye".
Task<std::string> listen(Opened opened) {
  if (!opened) co_return peers::describe(opened.error());
  std::string heard;
  while (auto message = co_await opened->recv()) heard.append(message->view()).append("|");
  co_await opened->closed();
  co_await rondeau::sleep_for(1s);  // what it has said arrives
  co_return heard + describe(opened->close_reason());
}

Task<std::string> open_and_listen(client::Client asks) {
  co_return co_await listen(co_await asks.websocket("ws://server/feed?x=y").connect());
}

Played hear(std::string bytes, Program program = open_and_listen) {
  return play({{receive(), send(kHandshake + std::move(bytes)), take(8), finish(), stay()}}, std::move(program));
}

/// The code of the close frame that the server has got.
std::string closed_with(const Played& played) {
  rondeau::support::FramePlayer player(rondeau::websocket::Role::Server);
  player.feed(played.seen.taken);
  return player.told();
}

Task<void> echo(WebSocket<> socket) {
  while (auto message = co_await socket.recv()) {
    if (!co_await socket.send(*message)) break;
  }
}

struct Question {
  std::string name;
};
struct Answer {
  std::string text;
};

rondeau::Router<> routes() {
  rondeau::Router<> app;
  app.ws<"/echo">(echo, {.subprotocols = {"v1"}});
  app.ws<"/remembers">(echo, {.compression = rondeau::ws::Compression{.server_context_takeover = true,
                                                                      .client_context_takeover = true}});
  app.ws<"/plain">(echo, {.compression = std::nullopt});
  app.ws<"/greet">([](WebSocket<Question, Answer> socket) -> Task<void> {
    while (auto question = co_await socket.recv()) {
      if (!*question || !co_await socket.send({"hello " + (*question)->name})) break;
    }
  });
  app.ws<"/rooms/{room}">([](rondeau::Path<"room", std::string> room, WebSocket<> socket) -> Task<void> {
    co_await socket.close(static_cast<CloseCode>(4001), *room);
  });
  app.ws<"/flood">([](WebSocket<> socket) -> Task<void> {
    const std::string text(10'000, 'x');
    while (co_await socket.send(Message::text(text))) {
    }
  });
  app.get<"/moved">([] { return rondeau::Response::redirect("/echo"); });
  return app;
}

template <class F>
auto in_process(F program) {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused(true).build().value();
  return runtime.block_on(program(client::Client::in_process(routes().build().value())));
}

/// The whole server at a socket, with or without TLS; the program is told where.
template <class F>
std::string over_sockets(F program, bool speaks_tls = false) {
  static const support::Authority authority;
  return rondeau::test::run([&]() -> Task<std::string> {
    rondeau::server::Listener listener(rondeau::net::TcpListener::bind("127.0.0.1:0").value());
    const std::string host = listener.local_addr().value().to_string();
    client::ClientOptions options;
    if (speaks_tls) {
      const support::CertificateWish wish{.ip = {"127.0.0.1"}};
      const auto config = rondeau::tls::ServerConfig::make({.identities = {authority.issue(wish).identity()}}).value();
      listener = std::move(listener).with_tls(config);
      options.tls = rondeau::tls::ClientOptions{.ca = rondeau::tls::Pem::text(authority.pem())};
    }
    rondeau::ServeOptions serving;
    const rondeau::CancellationToken stop = serving.shutdown;
    auto server = rondeau::spawn(rondeau::serve(std::move(listener), routes().build().value(), std::move(serving)));
    std::string told = co_await program(client::Client::build(std::move(options)).value(), host);
    stop.cancel();
    static_cast<void>(co_await server);
    co_return told;
  });
}

/// Says things of all sizes and hears them again.
Task<std::string> converse(client::Client asks, std::string url) {
  Opened opened = co_await asks.websocket(url).connect();
  if (!opened) co_return peers::describe(opened.error());
  for (const std::size_t size : {0u, 1u, 125u, 126u, 255u, 256u, 65'535u, 65'536u, 1'000'000u}) {
    const Message text = Message::text(std::string(size, 'a'));
    const Message bytes = Message::binary(Bytes(std::string(size, '\xFF')));
    for (const Message& message : {text, bytes}) {
      if (!co_await opened->send(message)) co_return "unsent";
      if (co_await opened->recv() != message) co_return "another message of " + std::to_string(size);
    }
  }
  co_await opened->close(CloseCode::Normal, "done");
  co_return describe(opened->close_reason());
}

}  // namespace

TEST_CASE("client websocket: what the request says") {
  const Played played = play({{receive(), send(kGood + "Sec-WebSocket-Protocol: b\r\n\r\n" + frame(0x88, "\x03\xE8")), take(8), finish(), stay()}},
                             [](client::Client asks) -> Task<std::string> {
                               auto opened = co_await asks.websocket("ws://server/feed")
                                                 .subprotocols({"a", "b"})
                                                 .compression(std::nullopt)
                                                 .header("Origin", "https://app.example")
                                                 .bearer("token")
                                                 .query("x", 1)
                                                 .connect();
                               if (!opened) co_return opened.error().message();
                               const std::string protocol(opened->subprotocol());
                               co_return protocol + " " + co_await listen(std::move(opened));
                             });
  CHECK(played.result == "b 1000");
  REQUIRE(played.seen.requests.size() == 1);
  const std::string& head = played.seen.requests[0];
  CHECK(head.starts_with("GET /feed?x=1 HTTP/1.1\r\nHost: server\r\n"));
  for (const std::string_view line :
       {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: a, b",
        "Origin: https://app.example", "Authorization: Bearer token"}) {
    INFO(line);
    CHECK(head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos);
  }
  CHECK(head.find("Sec-WebSocket-Extensions") == std::string::npos);
  CHECK(closed_with(played) == "close 1000 ");
}

TEST_CASE("client websocket: answers that are no handshake are errors") {
  struct Row {
    std::string_view name;
    std::string answer;
    std::string_view kind;
  };
  const std::string no_accept = "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::vector<Row> rows{
      {"200", ok("hello"), "status"},
      {"403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "status"},
      {"no Accept", no_accept + "\r\n", "protocol"},
      {"a wrong Accept", no_accept + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "protocol"},
      {"another upgrade", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: {accept}\r\n\r\n",
       "protocol"},
      {"a subprotocol", kGood + "Sec-WebSocket-Protocol: x\r\n\r\n", "protocol"},
      {"an extension", kGood + "Sec-WebSocket-Extensions: x\r\n\r\n", "protocol"},
      {"its end", "HTTP/1.1 101 X\r\n", "protocol"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const Played played = play({{receive(), send(row.answer), finish(), stay()}}, open_and_listen);
    CHECK(played.result == std::string(row.kind) + " sent=yes waiting for the answer");
  }
}

TEST_CASE("client websocket: an error names the host and masks the query") {
  const Played played = play({{receive(), send(kGood + "Sec-WebSocket-Protocol: x\r\n\r\n"), stay()}},
                             [](client::Client asks) -> Task<std::string> {
                               const auto opened = co_await asks.websocket("ws://server/feed?key=secret").connect();
                               co_return opened.error().message();
                             });
  CHECK(played.result.find("http://server/feed") != std::string::npos);
  CHECK(played.result.find("subprotocol") != std::string::npos);
  CHECK(played.result.find("secret") == std::string::npos);
}

TEST_CASE("client websocket: a handshake that is cut anywhere is an error") {
  for (std::size_t bytes = 0; bytes < kHandshake.size() - 8; bytes += 7) {
    INFO(bytes);
    const Played played = play({{receive(), send(kHandshake.substr(0, bytes)), finish(), stay()}}, open_and_listen);
    CHECK(played.result == std::string(bytes == 0 ? "connect" : "protocol") + " sent=yes waiting for the answer");
  }
}

TEST_CASE("client websocket: what is wrong with the call is the result of connect") {
  const auto refused = [](auto make) {
    const Played played = play({{stay()}}, [make](client::Client asks) -> Task<std::string> {
      co_return co_await listen(co_await make(asks.websocket("ws://server/")).connect());
    });
    CHECK(played.seen.connections == 0);
    return played.result;
  };
  using Builder = client::WebSocketBuilder;
  CHECK(refused([](Builder made) { return std::move(made).subprotocols({"a b"}); }) == "invalid_request sent=no request");
  CHECK(refused([](Builder made) { return std::move(made).header("Sec-WebSocket-Key", "x"); }) ==
        "invalid_request sent=no request");
  CHECK(refused([](Builder made) { return std::move(made).header("Upgrade", "x"); }) == "invalid_request sent=no request");
  const Played scheme = play({{stay()}}, [](client::Client asks) -> Task<std::string> {
    co_return co_await listen(co_await asks.websocket("ftp://server/").connect());
  });
  CHECK(scheme.result == "invalid_url sent=no request");
}

TEST_CASE("client websocket: what comes with the handshake is the first messages") {
  const Played played = hear(frame(0x81, "one") + frame(0x01, "t") + frame(0x80, "wo") + frame(0x88, "\x03\xE8 bye"));
  CHECK(played.result == "one|two|1000  bye");
  CHECK(closed_with(played) == "close 1000 ");
  CHECK(hear(frame(0x88, "\x0F\xA1")).result == "4001");
  CHECK(hear(frame(0x88, "")).result == "1005");
}

TEST_CASE("client websocket: what a server may not send ends it, and the server is told why") {
  struct Row {
    std::string_view name;
    std::string bytes;
    std::string_view code;
  };
  RawFrame masked{.first = 0x81, .payload = "hello"};
  const std::vector<Row> rows{
      {"a masked frame", masked.bytes(), "1002"},
      {"a masked close frame", RawFrame{.first = 0x88, .payload = "\x03\xE8"}.bytes(), "1002"},
      {"RSV1 without an extension", frame(0xC1, "hello"), "1002"},
      {"RSV2", frame(0xA1, "hello"), "1002"},
      {"RSV3", frame(0x91, "hello"), "1002"},
      {"an unknown opcode", frame(0x83, "hello"), "1002"},
      {"a ping in pieces", frame(0x09, "hello"), "1002"},
      {"a long ping", frame(0x89, std::string(126, 'x')), "1002"},
      {"a continuation of nothing", frame(0x80, "hello"), "1002"},
      {"a message inside of another", frame(0x01, "a") + frame(0x81, "b"), "1002"},
      {"half a close code", frame(0x88, "\x03"), "1002"},
      {"a close code nobody may send", frame(0x88, "\x03\xED"), "1002"},
      {"text that is no UTF-8", frame(0x81, "\xC3\x28"), "1007"},
      {"text that is none across frames", frame(0x01, "\xE2\x82") + frame(0x80, "("), "1007"},
      {"text that ends within a character", frame(0x01, "\xE2\x82") + frame(0x80, ""), "1007"},
      {"a message above the limit", frame(0x82, std::string(1001, 'x')).substr(0, 10), "1009"},
      {"one that grows above it", frame(0x02, std::string(900, 'x')) + frame(0x80, std::string(200, 'x')), "1009"},
      {"a length of 2^63", std::string("\x82\x7F\xFF\x00\x00\x00\x00\x00\x00\x00", 10), "1002"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const Played played = hear(row.bytes, [](client::Client asks) -> Task<std::string> {
      co_return co_await listen(co_await asks.websocket("ws://server/feed").compression(std::nullopt).max_message(1000).connect());
    });
    CHECK(played.result.starts_with(row.code));
    // The reason is longer than the eight bytes that the script has read: its code is in them.
    REQUIRE(played.seen.taken.size() == 8);
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned char>(played.seen.taken[6 + i] ^ played.seen.taken[2 + i]);
    };
    CHECK(std::to_string(byte(0) << 8 | byte(1)) == row.code);
  }
}

TEST_CASE("client websocket: the end of the connection without a close frame is told") {
  CHECK(play({{receive(), send(kHandshake + frame(0x81, "hello")), finish(), stay()}}, open_and_listen).result == "hello|1006");
  CHECK(play({{receive(), send(kHandshake + frame(0x81, "hello").substr(0, 4)), finish(), stay()}}, open_and_listen).result == "1006");
  CHECK(play({{receive(), send(kHandshake + frame(0x81, "hello")), wait(1s), reset()}}, open_and_listen).result == "hello|1006");
}

TEST_CASE("client websocket: frames are masked, each with a mask of its own") {
  const Played played = play({{receive(), send(kHandshake), take(22), finish(), stay()}},
                             [](client::Client asks) -> Task<std::string> {
                               Opened opened = co_await asks.websocket("ws://server/feed").connect();
                               static_cast<void>(co_await opened->send(Message::text("hello")));
                               static_cast<void>(co_await opened->send(Message::text("hello")));
                               co_return co_await listen(std::move(opened));
                             });
  rondeau::support::FramePlayer player(rondeau::websocket::Role::Server);
  player.feed(played.seen.taken);
  CHECK(player.told() == "text 5 hello; text 5 hello");
  CHECK(played.seen.taken.substr(2, 4) != played.seen.taken.substr(13, 4));
}

TEST_CASE("client websocket: a server that does not answer the close is left after 5 s") {
  const auto close = [](client::Client asks) -> Task<std::string> {
    Opened opened = co_await asks.websocket("ws://server/feed").connect();
    const Instant begun = Instant::now();
    co_await opened->close(CloseCode::GoingAway, "enough");
    co_return describe(opened->close_reason()) + (begun.elapsed() >= 5s && begun.elapsed() < 6s ? " in time" : " late");
  };
  CHECK(play({{receive(), send(kHandshake), stay()}}, close).result == "1001 enough in time");
}

TEST_CASE("client websocket: a silent server is pinged, then given up") {
  const Played played = play({{receive(), send(kHandshake), take(6), stay()}}, [](client::Client asks) -> Task<std::string> {
    Opened opened = co_await asks.websocket("ws://server/feed").connect();
    const Instant begun = Instant::now();
    std::string end = co_await listen(std::move(opened));
    co_return end + (begun.elapsed() >= 59s && begun.elapsed() < 70s ? " in time" : " late");
  });
  CHECK(played.result == "1006 in time");
  CHECK(closed_with(played) == "ping 0 ");
}

TEST_CASE("client websocket: a ping is answered while nobody receives") {
  const Played played = play({{receive(), send(kHandshake + frame(0x89, "hi")), take(8), finish(), stay()}},
                             [](client::Client asks) -> Task<std::string> {
                               Opened opened = co_await asks.websocket("ws://server/feed").connect();
                               co_await rondeau::sleep_for(1s);
                               co_return "slept";
                             });
  CHECK(closed_with(played) == "pong 2 hi");
}

TEST_CASE("client websocket: dropped, it says goodbye with 1000; a connect that is dropped leaves nothing") {
  const Played dropped = play({{receive(), send(kHandshake), take(8), finish(), stay()}},
                              [](client::Client asks) -> Task<std::string> {
                                { const Opened opened = co_await asks.websocket("ws://server/feed").connect(); }
                                co_await rondeau::sleep_for(1s);
                                co_return "gone";
                              });
  CHECK(closed_with(dropped) == "close 1000 ");
  const Played abandoned = play({{receive(), wait(2s), send(kHandshake), stay()}, {receive(), send(kHandshake), take(8), finish(), stay()}},
                                [](client::Client asks) -> Task<std::string> {
                                  const auto late = co_await rondeau::timeout(1s, asks.websocket("ws://server/feed").connect());
                                  CHECK_FALSE((late.has_value() && late->has_value()));
                                  { const Opened opened = co_await asks.websocket("ws://server/feed").connect(); }
                                  co_await rondeau::sleep_for(1s);
                                  co_return "gone";
                                });
  CHECK(closed_with(abandoned) == "close 1000 ");
}

TEST_CASE("client websocket: a redirection is followed with a new handshake, within the rules") {
  const std::string moved = "HTTP/1.1 307 X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n";
  const Played played = play({{receive(), send(moved), receive(), send(kHandshake + frame(0x88, "")), take(6), finish(), stay()}}, open_and_listen);
  CHECK(played.result == "1005");
  REQUIRE(played.seen.requests.size() == 2);
  const auto key = [&](std::size_t i) {
    const std::string& head = played.seen.requests[i];
    return head.substr(head.find("Sec-WebSocket-Key: "), 43);
  };
  CHECK(key(0) != key(1));
  CHECK(play({{receive(), send("HTTP/1.1 307 X\r\nLocation: ws://server/\r\nContent-Length: 0\r\n\r\n"), stay()}}, open_and_listen).result ==
        "redirect sent=yes request");
}

TEST_CASE("client websocket: in process, over sockets and over TLS it speaks with the server of ours") {
  for (const std::string path : {"/echo", "/remembers", "/plain", "/moved"}) {
    INFO(path);
    CHECK(in_process([&](client::Client asks) { return converse(asks, "ws://server" + path); }) == "1000 done");
    CHECK(over_sockets([&](client::Client asks, std::string host) { return converse(asks, "ws://" + host + path); }) ==
          "1000 done");
  }
  const auto secure = [](client::Client asks, std::string host) { return converse(asks, "wss://" + host + "/echo"); };
  CHECK(over_sockets(secure, true) == "1000 done");
}

TEST_CASE("client websocket: structs go both ways, pieces of the URL are encoded") {
  CHECK(in_process([](client::Client asks) -> Task<std::string> {
          auto opened = co_await asks.websocket("ws://server/greet").connect<Answer, Question>();
          if (!opened) co_return opened.error().message();
          if (!co_await opened->send({"Ann"})) co_return "unsent";
          const auto answer = co_await opened->recv();
          co_return answer && *answer ? (*answer)->text : "none";
        }) == "hello Ann");
  CHECK(in_process([](client::Client asks) -> Task<std::string> {
          co_return co_await listen(co_await asks.websocket("ws://server/rooms/{}", "a/b").connect());
        }) == "4001 a/b");
}

TEST_CASE("client websocket: who does not receive holds the server back") {
  CHECK(in_process([](client::Client asks) -> Task<std::string> {
          Opened opened = co_await asks.websocket("ws://server/flood").compression(std::nullopt).connect();
          if (!opened) co_return peers::describe(opened.error());
          co_await rondeau::sleep_for(20s);
          std::size_t received = 0;
          for (; received < 100; ++received) {
            if (!co_await opened->recv()) break;
          }
          co_return std::to_string(received);
        }) == "100");
}
