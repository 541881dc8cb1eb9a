// A handler and its peer, on a clock that stands still.
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/frame_player.h"

using namespace rondeau;
using namespace std::chrono_literals;
using testing::TestWebSocket;
using websocket::Message;

namespace {

struct Seen {
  int sent = 0;
  int received = 0;
  bool ended = false;      // the handler came to its end
  bool destroyed = false;  // or its frame is gone
  std::optional<CloseReason> reason;
  std::string text;
};
using SeenPtr = std::shared_ptr<Seen>;

struct OnEnd {
  SeenPtr seen;
  ~OnEnd() { seen->destroyed = true; }
};

Task<void> echo(WebSocket<> socket) {
  while (auto message = co_await socket.recv()) {
    if (!co_await socket.send(*message)) break;
  }
}

/// Counts what comes until the end.
auto listener(SeenPtr seen) {
  return [seen](WebSocket<> socket) -> Task<void> {
    const OnEnd guard{seen};
    while (auto message = co_await socket.recv()) {
      ++seen->received;
      seen->text += message->view();
    }
    seen->reason = socket.close_reason();
    seen->ended = true;
  };
}

template <class F>
Router<> one(F handler, websocket::Options options = {}) {
  Router<> app;
  app.ws<"/">(handler, std::move(options));
  return app;
}

std::string frame(unsigned first, std::string payload) {
  return support::RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

struct Question {
  std::string name;
  std::optional<int> age;
};
struct Answer {
  std::string text;
};

}  // namespace

TEST_CASE("websocket: text and bytes go both ways, and the peer's close is answered with its code") {
  TestApp app(one(&echo));
  TestWebSocket socket = app.websocket("/");
  socket.send("hello");
  CHECK(socket.text() == "hello");
  socket.send(Message::binary(Bytes(std::string("\xFF\x00\xFE", 3))));
  CHECK(socket.recv() == Message::binary(Bytes(std::string("\xFF\x00\xFE", 3))));
  socket.send(std::string(200'000, 'l'));
  CHECK(socket.text() == std::string(200'000, 'l'));
  CHECK(socket.close(static_cast<CloseCode>(4321), "bye") == CloseReason{static_cast<CloseCode>(4321), ""});
  CHECK(socket.wire().closed());
}

TEST_CASE("websocket: what stands behind the handshake is its first messages") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one(listener(seen)));
  testing::Wire wire = app.connect();
  wire.send(
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      frame(0x81, "a") + frame(0x01, "b") + frame(0x80, "c") + frame(0x88, "\x03\xE8"));
  CHECK(wire.received().find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
  CHECK(seen->text == "abc");
  CHECK(seen->reason == CloseReason{CloseCode::Normal, ""});
  CHECK(wire.closed());
}

TEST_CASE("websocket: structs go both ways as JSON; what is none is an error that closes nothing") {
  Router<> routes;
  routes.ws<"/">([](WebSocket<Question, Answer> socket) -> Task<void> {
    while (auto question = co_await socket.recv()) {
      const std::string text = *question ? "hello " + (*question)->name : (*question).error().message();
      if (!co_await socket.send({text})) break;
    }
  });
  TestApp app(routes);
  TestWebSocket socket = app.websocket("/");
  socket.send_json(Question{"Ann", 7});
  CHECK(socket.json<Answer>().text == "hello Ann");
  socket.send(R"({"age":3})");
  CHECK(socket.json<Answer>().text == "/name is required");
  socket.send(Message::binary(Bytes(R"({"name":"Bob"})")));
  CHECK(socket.json<Answer>().text.find("text") != std::string::npos);
  socket.send(R"({"name":"Bob"})");
  CHECK(socket.json<Answer>().text == "hello Bob");
}

TEST_CASE("websocket: pings are answered whatever the handler does, but not past a message that waits") {
  TestApp app(one([](WebSocket<> socket) -> Task<void> {
    co_await sleep_for(20s);
    co_await echo(std::move(socket));
  }));
  TestWebSocket socket = app.websocket("/");
  socket.ping("one");
  CHECK_THROWS(socket.recv(1s));
  CHECK(socket.pongs() == 1);
  socket.send("wait");
  socket.ping("two");
  app.advance(1s);
  CHECK(socket.pongs() == 1);
  CHECK(socket.text() == "wait");
  CHECK_THROWS(socket.recv(1s));
  CHECK(socket.pongs() == 2);
}

TEST_CASE("websocket: a ping goes out every 30 s; a peer that answers lives, a silent one is given up after 60 s") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one(listener(seen)));
  TestWebSocket socket = app.websocket("/");
  CHECK_THROWS(socket.recv(1h));
  CHECK(socket.pings() == 120);
  CHECK_FALSE(seen->ended);

  TestWebSocket silent = app.websocket("/");
  silent.answer_pings(false);
  const Instant begin = app.now();
  CHECK_FALSE(silent.recv());
  CHECK(app.now() - begin == 60s);
  CHECK(silent.pings() == 1);
  CHECK(silent.close_reason()->code == CloseCode::GoingAway);
  CHECK(seen->reason == CloseReason{CloseCode::Abnormal, ""});
}

TEST_CASE("websocket: who makes us wait for our own handler is not held to be dead") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    co_await sleep_for(10min);
    seen->text = (co_await socket.recv())->view();
    co_await sleep_for(59s);
    co_await listener(seen)(std::move(socket));
  }));
  TestWebSocket socket = app.websocket("/");
  socket.answer_pings(false);
  socket.send("one ");
  socket.send("two");
  app.advance(10min + 59s);
  CHECK(seen->text == "one two");
  CHECK_FALSE(seen->ended);
  app.advance(2min);
  CHECK(seen->ended);
}

TEST_CASE("websocket: who sends waits while 256 KiB are unsent, and goes on when the peer reads") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    co_await socket.recv();
    for (; seen->sent < 200; ++seen->sent) {
      CHECK(co_await socket.send(Message::text(std::to_string(seen->sent) + std::string(10'000, 's'))));
    }
    seen->ended = true;
    co_await socket.recv();
  }));
  TestWebSocket socket = app.websocket("/");
  socket.send("go");
  CHECK_FALSE(seen->ended);
  const int before = seen->sent;
  CHECK(before > 26);
  CHECK(before < 60);
  app.advance(1s);
  CHECK(seen->sent == before);
  for (int i = 0; i < 200; ++i) REQUIRE(socket.text() == std::to_string(i) + std::string(10'000, 's'));
  CHECK(seen->ended);
}

TEST_CASE("websocket: try_send refuses where send would wait, and both when it ends") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    Result<void> sent;
    while ((sent = socket.try_send(Message::text(std::string(1000, 't'))))) ++seen->sent;
    CHECK(sent.error() == Errc::WouldBlock);
    socket.begin_close();
    CHECK(socket.try_send(Message::text("late")).error() == Errc::Closed);
    CHECK((co_await socket.send(Message::text("late"))).error() == Errc::Closed);
    CHECK_FALSE(co_await socket.recv());
    seen->ended = true;
  }));
  TestWebSocket socket = app.websocket("/");
  CHECK(seen->ended);
  CHECK(seen->sent == 262);  // 262,144 bytes, and each has a head of 4
  for (int i = 0; i < seen->sent; ++i) REQUIRE(socket.text().size() == 1000);
  CHECK_FALSE(socket.recv());
}

TEST_CASE("websocket: a peer that takes nothing for 60 s is given up, though it sends") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    const OnEnd guard{seen};
    co_await socket.recv();
    auto [reader, writer] = std::move(socket).split();
    co_await task::join(
        [](WebSocketWriter<> out) -> Task<void> {
          while (co_await out.send(Message::text(std::string(10'000, 's')))) {
          }
        }(std::move(writer)),
        [](WebSocketReader<> in, SeenPtr to) -> Task<void> {
          while (co_await in.recv()) ++to->received;
          to->reason = in.close_reason();
        }(std::move(reader), seen));
  }));
  TestWebSocket socket = app.websocket("/");
  const std::string alive = frame(0x81, "alive");
  for (int i = 0; i < 14 && !seen->destroyed; ++i) {
    // Beside the wire, which would read.
    static_cast<void>(socket.wire().stream().try_write(std::as_bytes(std::span(alive))));
    app.advance(5s);
  }
  CHECK(seen->received >= 11);
  CHECK(seen->destroyed);
  CHECK(seen->reason == CloseReason{CloseCode::Abnormal, ""});
}

TEST_CASE("websocket: close() waits for the peer's answer, 5 s at most, and drops what still comes") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    co_await socket.recv();
    co_await socket.close(static_cast<CloseCode>(4000), "enough");
    CHECK_FALSE(co_await socket.recv());
    CHECK_FALSE(socket.try_recv());
    seen->reason = socket.close_reason();
    seen->ended = true;
  }));
  const CloseReason enough{static_cast<CloseCode>(4000), "enough"};
  {
    TestWebSocket socket = app.websocket("/");
    socket.send("go");
    CHECK_FALSE(seen->ended);
    socket.send("dropped");
    socket.ping("dropped");
    CHECK_FALSE(seen->ended);
    CHECK_FALSE(socket.recv());
    CHECK(socket.close_reason() == enough);
    app.settle();
    CHECK(seen->ended);
    CHECK(seen->reason == enough);
    CHECK(socket.wire().closed());
  }
  seen->ended = false;
  TestWebSocket rude = app.websocket("/");
  rude.send("go");
  app.advance(5s - 1ms);
  CHECK_FALSE(seen->ended);
  CHECK_FALSE(rude.wire().closed());
  app.advance(1ms);
  CHECK(seen->ended);
  CHECK(rude.wire().received().ends_with("enough"));
  CHECK(rude.wire().closed());
}

TEST_CASE("websocket: what the peer does wrong is told by its code, and the handler learns it") {
  struct Case {
    std::string bytes;
    unsigned code;
  };
  websocket::Options options;
  options.limits = http::WebSocketLimits{.max_message = 100};
  const Case cases[] = {
      {support::RawFrame{.first = 0x81, .payload = "x", .masked = false}.bytes(), 1002},
      {frame(0xF1, "x"), 1002},
      {frame(0x81, "\xFF"), 1007},
      {frame(0x82, std::string(101, 'b')), 1009},
  };
  for (const Case& c : cases) {
    const auto seen = std::make_shared<Seen>();
    TestApp app(one(listener(seen), options));
    TestWebSocket socket = app.websocket("/");
    socket.wire().send(frame(0x81, "first") + c.bytes + frame(0x81, "never"));
    CHECK(seen->text == "first");
    CHECK(seen->ended);
    CHECK(static_cast<unsigned>(seen->reason->code) == c.code);
    CHECK_FALSE(socket.recv());
    CHECK(static_cast<unsigned>(socket.close_reason()->code) == c.code);
    CHECK(socket.wire().closed());
  }
}

TEST_CASE("websocket: a handler that ends closes with 1000, one that throws or gives an error with 1011") {
  Router<> routes;
  routes.ws<"/ends">([](WebSocket<>) -> Task<void> { co_return; });
  routes.ws<"/throws">([](WebSocket<>) -> Task<void> {
    co_await sleep_for(1s);
    throw std::runtime_error("this is a test");
  });
  routes.ws<"/fails">([](WebSocket<>) -> Task<Result<void>> { co_return Errc::NotFound; });
  TestApp app(routes);
  for (const auto& [path, code] :
       {std::pair("/ends", CloseCode::Normal), std::pair("/throws", CloseCode::InternalError),
        std::pair("/fails", CloseCode::InternalError)}) {
    TestWebSocket socket = app.websocket(path);
    CHECK_FALSE(socket.recv());
    CHECK(socket.close_reason() == CloseReason{code, ""});
    CHECK(socket.wire().closed());
  }
}

TEST_CASE("websocket: halves may go to other tasks and outlive the handler") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    auto [reader, writer] = std::move(socket).split();
    spawn(
        [](WebSocketReader<> in, WebSocketWriter<> out) -> Task<void> {
          while (auto message = co_await in.recv()) static_cast<void>(co_await out.send(*message));
        },
        std::move(reader), writer)
        .detach();
    spawn([](WebSocketWriter<> out, SeenPtr to) -> Task<void> { to->reason = co_await out.closed(); }, writer, seen)
        .detach();
    co_return;
  }));
  TestWebSocket socket = app.websocket("/");
  app.advance(20s);
  socket.send("still there");
  CHECK(socket.text() == "still there");
  CHECK(socket.close()->code == CloseCode::Normal);
  app.settle();
  REQUIRE(seen->reason);
  CHECK(seen->reason->code == CloseCode::Normal);
}

TEST_CASE("websocket: who only sends reads all the same: pings, pongs and the end") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    WebSocketWriter<> writer = std::move(socket).split().second;
    seen->reason = co_await writer.closed();
  }));
  TestWebSocket socket = app.websocket("/");
  for (int i = 0; i < 100; ++i) socket.send("nobody reads this");
  CHECK_THROWS(socket.recv(10min));
  CHECK(socket.close(static_cast<CloseCode>(3000))->code == static_cast<CloseCode>(3000));
  app.settle();
  CHECK(seen->reason == CloseReason{static_cast<CloseCode>(3000), ""});
}

TEST_CASE("websocket: at drain the peer is told 1001, and the handler may end in order") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one(listener(seen)));
  TestWebSocket socket = app.websocket("/");
  app.begin_drain();
  app.settle();
  REQUIRE(seen->ended);
  CHECK(seen->reason->code == CloseCode::GoingAway);
  CHECK_FALSE(socket.recv());
  CHECK(socket.close_reason()->code == CloseCode::GoingAway);
  CHECK(socket.wire().closed());
  CHECK_THROWS(app.websocket("/"));
}

TEST_CASE("websocket: a connection that breaks off ends recv(); a handler that does not end is cancelled 5 s later") {
  const auto seen = std::make_shared<Seen>();
  Router<> routes;
  routes.ws<"/listens">(listener(seen));
  routes.ws<"/hangs">([seen](WebSocket<> socket) -> Task<void> {
    const OnEnd guard{seen};
    co_await sleep_for(1h);
    seen->ended = true;
  });
  TestApp app(routes);
  app.websocket("/listens");
  app.settle();
  CHECK(seen->ended);
  CHECK(seen->reason == CloseReason{CloseCode::Abnormal, ""});

  *seen = {};
  {
    TestWebSocket polite = app.websocket("/hangs");
    polite.close();
    CHECK(polite.wire().closed());
    CHECK_FALSE(seen->destroyed);
    app.advance(5s);
    CHECK(seen->destroyed);
  }
  *seen = {};
  app.websocket("/hangs");
  app.advance(5s - 1ms);
  CHECK_FALSE(seen->destroyed);
  app.advance(1ms);
  CHECK(seen->destroyed);
  CHECK_FALSE(seen->ended);
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("websocket: a recv() or send() that is given up loses nothing and sends nothing twice") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](WebSocket<> socket) -> Task<void> {
    for (;;) {
      auto won = co_await select(socket.recv(), sleep_for(1ms));
      if (won.index() == 1) continue;
      if (!won.get<0>()) break;
      const Message message = *won.get<0>();
      ++seen->received;
      for (bool sent = false; !sent;) {
        auto sending = co_await select(socket.send(message), sleep_for(1ms));
        if (sending.index() == 1) continue;
        if (!sending.get<0>()) co_return;
        sent = true;
      }
    }
    seen->ended = true;
  }));
  TestWebSocket socket = app.websocket("/");
  for (int i = 0; i < 100; ++i) {
    socket.send(std::to_string(i) + std::string(9000, '.'));
    if (i % 3 == 0) app.advance(5ms);
  }
  for (int i = 0; i < 100; ++i) REQUIRE(socket.text() == std::to_string(i) + std::string(9000, '.'));
  CHECK(seen->received == 100);
  socket.close();
  app.settle();
  CHECK(seen->ended);
}

TEST_CASE("websocket: an open one costs its peer's words only: flooded with control frames it is closed with 1008") {
  TestApp app(one(&echo));
  TestWebSocket socket = app.websocket("/");
  std::string flood;
  for (int i = 0; i < 201; ++i) flood += frame(0x89, "");
  socket.wire().send(flood);
  CHECK_FALSE(socket.recv());
  CHECK(socket.pongs() == 200);
  CHECK(socket.close_reason()->code == CloseCode::PolicyViolation);
}
