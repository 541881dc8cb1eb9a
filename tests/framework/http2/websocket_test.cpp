// WebSockets over a stream of HTTP/2 (RFC 8441).
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/http2/wire.h"

using namespace rondeau;
using namespace http2_test;
using namespace std::chrono_literals;

namespace {

struct Seen {
  int ended = 0;
};

struct OnEnd {
  std::shared_ptr<Seen> seen;
  ~OnEnd() { ++seen->ended; }
};

Router<> routes(std::shared_ptr<Seen> seen = std::make_shared<Seen>()) {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.ws<"/ws">([seen](WebSocket<> socket) -> Task<void> {
    const OnEnd end{seen};
    while (auto message = co_await socket.recv()) {
      if (!co_await socket.send(*message)) break;
    }
  });
  return app;
}

/// With mask 0, so that what is sent can be read.
std::string message(std::string_view text, int opcode = 1) {
  std::string out{static_cast<char>(0x80 | opcode)};
  if (text.size() < 126) {
    out += static_cast<char>(0x80 | text.size());
  } else if (text.size() < 65536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size() & 0xff);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(text.size() >> shift);
  }
  return out.append(4, '\0').append(text);
}
/// As the server says it.
std::string plain(std::string_view text, int opcode = 1) {
  std::string masked = message(text, opcode);
  const std::size_t head = masked.size() - text.size() - 4;
  masked[1] = static_cast<char>(masked[1] & 0x7f);
  return masked.substr(0, head) + std::string(text);
}

/// Leaves work for after the answer.
struct Later {
  int* done;
  void after(const Request&, Response& response) const {
    response.after([done = done]() -> Task<void> {
      ++*done;
      co_return;
    });
  }
};
struct Spoil {
  void after(const Request&, Response& response) const { response.header("x-bad", "a\r\nb"); }
};

std::string credit(std::int32_t id, std::uint32_t bytes) {
  return frame(NGHTTP2_WINDOW_UPDATE, 0, id, word(bytes));
}

std::string ask(std::int32_t id, std::string path = "/ws", const Fields& more = {{"sec-websocket-version", "13"}},
                std::string protocol = "websocket") {
  Fields fields{{":method", "CONNECT"}, {":protocol", std::move(protocol)}};
  for (const auto& field : request("CONNECT", std::move(path), more)) {
    if (field.first != ":method") fields.push_back(field);
  }
  return headers(id, fields, kEndHeaders);
}

}  // namespace

TEST_CASE("http2: a WebSocket is offered, begins by an extended CONNECT, and ends with its stream") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  CHECK(wire.of_type(NGHTTP2_SETTINGS).front().payload.find(setting(8, 1)) != std::string::npos);
  wire.send(ask(1) + get(3));
  CHECK(wire.status(1) == "200");
  CHECK(wire.field(1, "content-length") == "");
  CHECK(wire.field(1, "sec-websocket-accept") == "");
  CHECK(wire.body(3) == "hello");
  // Frames of the one do not have to be frames of the other.
  const std::string said = message("one") + message("", 9) + message("two");
  for (const char c : said) wire.send(data(1, std::string_view(&c, 1)));
  CHECK(wire.body(1) == plain("one") + plain("", 10) + plain("two"));
  wire.send(data(1, message("\x03\xe8", 8)));
  CHECK(wire.body(1).ends_with(plain("\x03\xe8", 8)));
  CHECK(wire.ended(1));
  CHECK(seen->ended == 1);
  wire.send(data(1, "", kEnd));
  CHECK(wire.trouble() == "");
  CHECK(wire.send(get(5)).body(5) == "hello");
}

TEST_CASE("http2: a WebSocket's messages wait for windows, and hold nobody else's") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(ask(1));
  const std::string large(300'000, 'x');
  const std::string said = message(large);
  for (std::size_t at = 0; at < said.size(); at += 16'000) wire.send(data(1, std::string_view(said).substr(at, 16'000)));
  CHECK(wire.body(1).size() == 65'535);
  wire.send(credit(1, 100'000) + credit(0, 1'000'000));
  CHECK(wire.body(1).size() == 165'535);
  CHECK(wire.send(get(3)).body(3) == "hello");
  wire.send(credit(1, 1'000'000));
  CHECK(wire.body(1) == plain(large));
  // Many small messages are no flood.
  for (int i = 0; i < 2000; ++i) wire.send(data(1, message("small")));
  CHECK(wire.body(1).size() == plain(large).size() + 2000 * plain("small").size());
  CHECK(wire.trouble() == "");
}

TEST_CASE("http2: a WebSocket that breaks off ends its handler, and nothing else") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  {
    Http2Wire wire(app);
    wire.send(ask(1) + ask(3) + ask(5));
    CHECK(seen->ended == 0);
    wire.send(frame(NGHTTP2_RST_STREAM, 0, 1, word(NGHTTP2_CANCEL)));
    CHECK(seen->ended == 1);
    // The end without a close frame.
    wire.send(data(3, message("last"), kEnd));
    CHECK(wire.body(3).starts_with(plain("last")));
    CHECK(seen->ended == 2);
    // What is no frame of a WebSocket.
    Http2Wire bad(app);
    bad.send(ask(1));
    bad.send(data(1, std::string("\x91\x80\0\0\0\0", 6)));
    CHECK(bad.body(1) == plain("\x03\xea" "a reserved bit is set", 8));
    CHECK(seen->ended == 3);
    CHECK(wire.send(get(7)).body(7) == "hello");
  }
  app.settle();
  CHECK(seen->ended == 4);
}

TEST_CASE("http2: what is no handshake for a WebSocket opens no tunnel") {
  TestApp app(routes());
  struct Case {
    std::string head;
    std::string_view status;
  };
  const Fields version{{"sec-websocket-version", "13"}};
  Fields foreign = version;
  foreign.emplace_back("origin", "http://elsewhere");
  for (const Case& row : {
           Case{ask(1, "/"), "400"},
           Case{ask(1, "/none"), "404"},
           Case{ask(1, "/ws", {}), "426"},
           Case{ask(1, "/ws", {{"sec-websocket-version", "8"}}), "426"},
           Case{ask(1, "/ws", foreign), "403"},
           Case{ask(1, "/ws", version, "connect-udp"), "501"},
           Case{get(1, "/ws", version), "426"},
       }) {
    Http2Wire wire(app);
    wire.send(row.head);
    CHECK(wire.status(1) == row.status);
    CHECK(wire.send(get(3)).body(3) == "hello");
  }
}

TEST_CASE("http2: work for after the answer of a WebSocket begins when that is over") {
  int done = 0;
  Router<> router;
  router.layer(Later{&done});
  router.merge(routes());
  TestApp app(router);
  Http2Wire wire(app);
  wire.send(ask(1));
  CHECK(wire.status(1) == "200");
  CHECK(done == 0);
  wire.send(data(1, message("\x03\xe8", 8)));
  wire.send(data(1, "", kEnd));
  CHECK(wire.ended(1));
  CHECK(done == 1);
}

TEST_CASE("http2: a WebSocket whose answer cannot be sent is a failure") {
  Router<> router;
  router.layer(Spoil{});
  router.merge(routes());
  TestApp app(router);
  Http2Wire wire(app);
  wire.send(ask(1));
  CHECK(wire.status(1) == "500");
}

TEST_CASE("http2: pings keep a WebSocket, and silence ends it") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  wire.send(ask(1));
  for (int i = 0; i < 10; ++i) {
    app.advance(30s);
    wire.look();
    REQUIRE(wire.body(1).ends_with(plain("", 9)));
    wire.send(data(1, message("", 10)));
    wire.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678"));
  }
  CHECK(seen->ended == 0);
  for (int i = 0; i < 7; ++i) {
    app.advance(10s);
    wire.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678"));
  }
  CHECK(seen->ended == 1);
  CHECK(wire.ended(1));
  CHECK(wire.trouble() == "RST_STREAM 1 NO_ERROR");  // it has not ended its half
}

TEST_CASE("http2: a WebSocket whose peer takes nothing is reset in the end, and others go on") {
  const auto seen = std::make_shared<Seen>();
  Limits limits;
  limits.websocket.dead = 20s;
  TestApp app(routes(seen), limits);
  Http2Wire wire(app);
  wire.send(ask(1));
  const std::string large(200'000, 'x');
  const std::string said = message(large);
  for (std::size_t at = 0; at < said.size(); at += 16'000) wire.send(data(1, std::string_view(said).substr(at, 16'000)));
  wire.send(credit(0, 1'000'000));
  app.advance(21s);
  CHECK(seen->ended == 1);
  CHECK(wire.look().trouble() == "RST_STREAM 1 CANCEL");
  CHECK(wire.send(get(3)).body(3) == "hello");
}
