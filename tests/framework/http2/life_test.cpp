// How connections of HTTP/2 begin, idle, and end.
#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/drained_server.h"
#include "support/http2/wire.h"

using namespace rondeau;
using namespace http2_test;
using namespace std::chrono_literals;

namespace {

struct Seen {
  int begun = 0;
  int ended = 0;
};

struct OnEnd {
  std::shared_ptr<Seen> seen;
  explicit OnEnd(std::shared_ptr<Seen> with) : seen(std::move(with)) { ++seen->begun; }
  OnEnd(const OnEnd&) = delete;
  OnEnd& operator=(const OnEnd&) = delete;
  ~OnEnd() { ++seen->ended; }
};

Router<> routes(std::shared_ptr<Seen> seen = std::make_shared<Seen>()) {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.get<"/slow">([seen]() -> Task<std::string> {
    const OnEnd end(seen);
    co_await sleep_for(20s);
    co_return "slow";
  });
  app.get<"/slower">([seen]() -> Task<std::string> {
    const OnEnd end(seen);
    co_await sleep_for(1h);
    co_return "slower";
  });
  app.get<"/finish">([seen]() -> Task<std::string> {
       const OnEnd end(seen);
       co_await sleep_for(20s);
       co_return "finished";
     }).layer(middleware::Finish{});
  app.get<"/alone">([seen]() -> Task<std::string> {
       const OnEnd end(seen);
       co_await sleep_for(20s);
       co_return "alone";
     }).layer(Detach({.at_once = 2}));
  app.get<"/stream">([seen] {
    return Response::stream([seen](BodyWriter& out) -> Task<Result<void>> {
      const OnEnd end(seen);
      for (;;) {
        RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("x")));
        co_await sleep_for(1s);
      }
    });
  });
  return app;
}

const std::string kReset = word(NGHTTP2_CANCEL);

}  // namespace

TEST_CASE("http2: a reset does not end a handler that is to finish, nor does the end of its connection") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  {
    Http2Wire wire(app);
    wire.send(get(1, "/finish") + get(3, "/finish") + get(5, "/slower"));
    wire.send(frame(NGHTTP2_RST_STREAM, 0, 1, kReset));
    CHECK(seen->ended == 0);
    app.advance(10s);
  }
  app.advance(9s);
  CHECK(seen->ended == 1);
  app.advance(1s);
  CHECK(seen->ended == 3);
}

TEST_CASE("http2: a reset leaves a detached handler alone, beyond the number it ends it, and the connection may end") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  {
    Http2Wire wire(app);
    wire.send(get(1, "/alone") + get(3, "/alone") + get(5, "/alone") + get(7, "/alone"));
    app.advance(10s);
    wire.send(frame(NGHTTP2_RST_STREAM, 0, 1, kReset) + frame(NGHTTP2_RST_STREAM, 0, 3, kReset) +
              frame(NGHTTP2_RST_STREAM, 0, 5, kReset));
    CHECK(seen->begun == 4);
    CHECK(seen->ended == 1);
    CHECK(wire.send(get(9)).body(9) == "hello");
    app.advance(9s);
    CHECK(seen->ended == 1);
    app.advance(1s);
    CHECK(seen->ended == 4);
    CHECK(wire.look().body(7) == "alone");
  }
  app.settle();
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("http2: each stream that a drain has cut is reported") {
  drained::Server server(routes());
  const std::string greeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0) +
                               frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0);
  auto stream = server.say(greeting + get(1) + get(3, "/slower") + get(5, "/stream"));
  server.advance(2s);
  REQUIRE(stream.try_write(std::as_bytes(std::span(std::string_view(get(7, "/slower"))))));
  server.advance(1s);
  const ServeReport report = server.end();
  CHECK(report.requests == 1);
  CHECK(report.cut == 3);
  REQUIRE(report.longest_cut.size() == 3);
  // The drain itself begins a millisecond later, behind the backlog.
  CHECK(report.longest_cut[0].age == 28s + 1ms);
  CHECK(report.longest_cut[1].age == 28s + 1ms);
  CHECK(report.longest_cut[2].route == "/slower");
  CHECK(report.longest_cut[2].age == 26s + 1ms);
}

TEST_CASE("http2: a reset ends the handler, or the stream it writes, and nothing else") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  wire.send(get(1, "/slower") + get(3, "/stream") + get(5, "/slow"));
  CHECK(seen->begun == 3);
  wire.send(frame(NGHTTP2_RST_STREAM, 0, 1, kReset));
  CHECK(seen->ended == 1);
  wire.send(frame(NGHTTP2_RST_STREAM, 0, 3, kReset));
  CHECK(seen->ended == 2);
  app.advance(20s);
  CHECK(wire.look().body(5) == "slow");
  CHECK(wire.trouble() == "");
}

TEST_CASE("http2: a request that is reset in the same breath does not reach its handler") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  wire.send(get(1, "/slower") + frame(NGHTTP2_RST_STREAM, 0, 1, kReset) + get(3));
  CHECK(seen->begun == 0);
  CHECK(wire.body(3) == "hello");
}

TEST_CASE("http2: the end of a connection ends its handlers") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  {
    Http2Wire wire(app);
    wire.send(get(1, "/slower") + get(3, "/stream"));
    CHECK(seen->begun == 2);
  }
  app.settle();
  app.advance(1s);
  CHECK(seen->ended == 2);
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("http2: a peer that has said all still gets its answers, for a moment") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/stream"));
  wire.wire().finish();
  app.advance(500ms);
  CHECK(wire.look().body(1) == "x");
  app.advance(1s);
  CHECK(wire.closed());
}

TEST_CASE("http2: a handler that takes too long gets a 503 in its place") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  wire.send(get(1, "/slower"));
  for (int i = 0; i < 4; ++i) {
    app.advance(10s);
    wire.send(frame(NGHTTP2_PING, 0, 0, "12345678"));
  }
  CHECK(wire.status(1) == "503");
  CHECK(seen->ended == 1);
}

TEST_CASE("http2: silence at the beginning ends the connection") {
  TestApp app(routes());
  app.allow_http2();
  testing::Wire nothing = app.connect();
  testing::Wire half = app.connect();
  half.send("PRI * HT");
  testing::Wire no_settings = app.connect();
  no_settings.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  testing::Wire no_acknowledgement = app.connect();
  no_acknowledgement.send(preface());
  app.advance(9s);
  CHECK_FALSE(half.closed());
  CHECK_FALSE(no_settings.closed());
  app.advance(2s);
  CHECK(nothing.closed());
  CHECK(half.closed());
  for (testing::Wire* wire : {&no_settings, &no_acknowledgement}) {
    Client client;
    client.feed(wire->received());
    CHECK(client.trouble() == "GOAWAY SETTINGS_TIMEOUT");
    CHECK(wire->closed());
  }
}

TEST_CASE("http2: a header block that stops in the middle ends the connection") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(frame(NGHTTP2_HEADERS, kEnd, 1, hpack(request("GET", "/"))));
  app.advance(11s);
  CHECK(wire.look().trouble() == "GOAWAY ENHANCE_YOUR_CALM");
  CHECK(wire.closed());
}

TEST_CASE("http2: an idle connection ends, one with an open stream is asked whether it lives") {
  TestApp app(routes());
  Http2Wire idle(app);
  idle.send(get(1));
  app.advance(74s);
  CHECK(idle.look().trouble() == "");
  app.advance(2s);
  CHECK(idle.look().trouble() == "GOAWAY NO_ERROR");
  CHECK(idle.closed());

  Http2Wire alive(app);
  alive.send(get(1, "/stream"));
  app.advance(31s);
  const auto pings = alive.look().of_type(NGHTTP2_PING);
  REQUIRE(pings.size() == 1);
  alive.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, pings[0].payload));
  app.advance(29s);
  CHECK_FALSE(alive.closed());
  app.advance(60s);
  CHECK(alive.closed());
  app.settle();
}

TEST_CASE("http2: who drains says so twice, answers what is under way, and takes what was on its way") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/slow"));
  app.begin_drain();
  wire.look();
  REQUIRE(wire.of_type(NGHTTP2_GOAWAY).size() == 1);
  CHECK(wire.of_type(NGHTTP2_GOAWAY)[0].word() == 0x7fffffff);
  const auto pings = wire.of_type(NGHTTP2_PING);
  REQUIRE(pings.size() == 1);
  wire.send(get(3) + frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, pings[0].payload));
  CHECK(wire.body(3) == "hello");
  REQUIRE(wire.of_type(NGHTTP2_GOAWAY).size() == 2);
  CHECK(wire.of_type(NGHTTP2_GOAWAY)[1].word() == 3);
  CHECK_FALSE(wire.closed());
  app.advance(20s);
  CHECK(wire.look().body(1) == "slow");
  CHECK(wire.closed());
  CHECK(wire.trouble() == "GOAWAY NO_ERROR");
}

TEST_CASE("http2: without an answer to its ping the second goodbye follows after a second") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1));
  app.begin_drain();
  CHECK(wire.look().of_type(NGHTTP2_GOAWAY).size() == 1);
  app.advance(1s);
  CHECK(wire.look().of_type(NGHTTP2_GOAWAY).size() == 2);
  CHECK(wire.closed());
}

TEST_CASE("http2: a GOAWAY of the peer lets its streams end") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/slow") + frame(NGHTTP2_GOAWAY, 0, 0, word(0) + word(0)));
  CHECK_FALSE(wire.closed());
  app.advance(20s);
  CHECK(wire.look().body(1) == "slow");
  CHECK(wire.closed());
}

TEST_CASE("http2: a request that is reset before its task began leaves nothing behind") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  Http2Wire wire(app);
  std::int32_t id = 1;
  // The head fills one read, so that the reset comes with the next, before the tasks have their turn.
  constexpr std::size_t kRead = 16 * 1024;
  const std::size_t others = get(id, "/slower", {{"x", std::string(kRead / 2, 'x')}}).size() - kRead / 2;
  for (int i = 0; i < 150; ++i, id += 2) {
    const std::string head = get(id, "/slower", {{"x", std::string(kRead - others, 'x')}});
    REQUIRE(head.size() == kRead);
    wire.send(head + frame(NGHTTP2_RST_STREAM, 0, id, kReset));
    app.advance(100ms);
  }
  CHECK(wire.send(get(id)).body(id) == "hello");
  app.advance(76s);
  CHECK(wire.look().trouble() == "GOAWAY NO_ERROR");
  CHECK(seen->begun < 100);
  CHECK(seen->begun == seen->ended);
}

TEST_CASE("http2: a malformed request harms no other, however long that takes") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/slow"));
  wire.send(headers(3, {{":method", "GET"}, {"Upper", "x"}}));
  CHECK(wire.trouble() == "RST_STREAM 3 PROTOCOL_ERROR");
  app.advance(20s);
  CHECK(wire.look().body(1) == "slow");
  CHECK(wire.of_type(NGHTTP2_GOAWAY).empty());
}

TEST_CASE("http2: an idle connection is told of the drain with time for what is on its way") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1));
  app.advance(30s);
  app.begin_drain();
  CHECK(wire.look().of_type(NGHTTP2_GOAWAY).size() == 1);
  CHECK(wire.send(get(3)).body(3) == "hello");
  app.advance(1s);
  CHECK(wire.look().of_type(NGHTTP2_GOAWAY).size() == 2);
  CHECK(wire.closed());
}

TEST_CASE("http2: HandlerTimeout around a route takes the place of Limits::handler, longer or shorter") {
  const auto slow = []() -> Task<std::string> {
    co_await sleep_for(40s);
    co_return "slow";
  };
  Router<> router;
  router.get<"/plain">(slow);
  router.get<"/long">(slow).layer(middleware::HandlerTimeout{2min});
  router.get<"/short">(slow).layer(middleware::HandlerTimeout{5s});
  TestApp app(router);
  Http2Wire wire(app);
  wire.send(get(1, "/long") + get(3, "/plain") + get(5, "/short"));
  app.advance(6s);
  wire.look();
  CHECK(wire.status(5) == "503");
  CHECK(wire.status(3) == "");
  app.advance(25s);
  wire.look();
  CHECK(wire.status(3) == "503");
  app.advance(10s);
  wire.look();
  CHECK(wire.body(1) == "slow");
}
