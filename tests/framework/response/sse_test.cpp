// Server-sent events, through the whole server and on a clock of the test's own.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/text/ascii.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Price {
  std::string name;
  double value = 0;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string chunk(std::string_view content) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = content.size(); rest > 0; rest /= 16) size.insert(size.begin(), kDigits[rest % 16]);
  return size + "\r\n" + std::string(content) + "\r\n";
}

std::string lines(SseEvent event) {
  return std::move(event).encode().value();
}

AsyncGenerator<SseEvent> ticks(Duration every) {
  for (int i = 1;; ++i) {
    co_await sleep_for(every);
    co_yield SseEvent().id(std::to_string(i)).data("tick");
  }
}

template <class F>
Router<> one(F handler) {
  Router<> app;
  app.get<"/">(handler);
  return app;
}

}  // namespace

TEST_CASE("sse: an event is the lines of its fields and an empty one (WHATWG HTML 9.2.6)") {
  CHECK(lines(SseEvent().data("a")) == "data: a\n\n");
  CHECK(lines(SseEvent().event("e").id("1").retry(2s).comment("c").data("d")) ==
        "event: e\nid: 1\nretry: 2000\n: c\ndata: d\n\n");
  CHECK(lines(SseEvent().json(Price{"x", 1.5})) == "data: {\"name\":\"x\",\"value\":1.5}\n\n");
  CHECK(lines(SseEvent().data("")) == "data: \n\n");
  CHECK(lines(SseEvent().data(" a")) == "data:  a\n\n");
  CHECK(lines(SseEvent().id("")) == "id: \n\n");
}

TEST_CASE("sse: each line of the data is one of its own, whatever ends it; none is lost and none can break out") {
  CHECK(lines(SseEvent().data("a\nb")) == "data: a\ndata: b\n\n");
  CHECK(lines(SseEvent().data("a\r\nb\rc")) == "data: a\ndata: b\ndata: c\n\n");
  CHECK(lines(SseEvent().data("a\n\nid: 7\n")) == "data: a\ndata: \ndata: id: 7\ndata: \n\n");
  CHECK(lines(SseEvent().data("\r")) == "data: \ndata: \n\n");
  CHECK(lines(SseEvent().comment("a\nb")) == ": a\n: b\n\n");
  CHECK(lines(SseEvent().data(std::string_view("a\0b", 3))) == std::string("data: a\0b\n\n", 11));
}

TEST_CASE("sse: a line break in type or id, and a NUL in an id, make an event that cannot be sent") {
  for (std::string_view bad : {"a\nb", "a\rb", "\r\n"}) {
    CHECK_FALSE(SseEvent().event(bad).encode());
    CHECK_FALSE(SseEvent().id(bad).data("x").encode());
  }
  CHECK_FALSE(SseEvent().id(std::string_view("a\0b", 3)).encode());
  CHECK(SseEvent().id("a\nb").fault() == Errc::InvalidArgument);
}

TEST_CASE("sse: each event is one chunk, sent when it comes, and no cache or proxy holds it back") {
  TestApp app(one([] { return Sse(ticks(1s)); }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  const std::string head = wire.received();
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(head.find("Cache-Control: no-cache\r\n") != std::string::npos);
  CHECK(head.find("X-Accel-Buffering: no\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  app.advance(1s);
  CHECK(wire.received() == chunk("id: 1\ndata: tick\n\n"));
  app.advance(2s);
  CHECK(wire.received() == chunk("id: 2\ndata: tick\n\n") + chunk("id: 3\ndata: tick\n\n"));
}

TEST_CASE("sse: while nothing comes a comment is sent every 15 s") {
  std::optional<Duration> time = 15s;
  SUBCASE("by default") {}
  SUBCASE("another time") {
    time = 3s;
  }
  SUBCASE("none") {
    time = std::nullopt;
  }
  TestApp app(one([time] {
    auto events = Sse(ticks(40s));
    return time == Duration(15s) ? std::move(events) : std::move(events).keep_alive(time);
  }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  wire.received();
  if (!time) {
    app.advance(39s);
    CHECK(wire.received().empty());
    return;
  }
  app.advance(*time - 1ms);
  CHECK(wire.received().empty());
  app.advance(1ms);
  CHECK(wire.received() == chunk(":\n\n"));
  app.advance(*time - 1ms);
  CHECK(wire.received().empty());
  app.advance(1ms);
  CHECK(wire.received() == chunk(":\n\n"));
}

TEST_CASE("sse: an event begins the time until the next sign of life anew") {
  TestApp app(one([] { return Sse(ticks(10s)); }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  app.advance(60s);
  CHECK(wire.received().find(":\n\n") == std::string::npos);
}

TEST_CASE("sse: values of a channel become JSON, and the stream ends with its senders") {
  auto [sender, receiver] = mpsc<Price>(4);
  auto shared = std::make_shared<Receiver<Price>>(std::move(receiver));
  TestApp app(one([shared] { return Sse(std::move(*shared)); }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  wire.received();
  CHECK(sender.try_send(Price{"x", 2}));
  CHECK(wire.received() == chunk("data: {\"name\":\"x\",\"value\":2}\n\n"));
  { auto gone = std::move(sender); }
  CHECK(wire.received() == "0\r\n\r\n");
}

TEST_CASE("sse: who lagged behind a broadcast is sent home to come again") {
  BroadcastSender<std::string> sender(2);
  TestApp app(one([&sender] { return Sse(sender.subscribe()); }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  wire.received();
  CHECK(sender.send("a"));
  CHECK(wire.received() == chunk("data: a\n\n"));
  for (const char* text : {"b", "c", "d", "e"}) CHECK(sender.send(text));
  CHECK(wire.received() == "0\r\n\r\n");
  CHECK_FALSE(wire.closed());
}

TEST_CASE("sse: documents tell what events carry, also where their source may fail") {
  Router<> app;
  app.get<"/values">([]() -> Sse<Price> { return Sse(BroadcastSender<Price>(2).subscribe()); });
  app.get<"/events">([] { return Sse(ticks(1s)); });
  app.get<"/told">([] { return Sse(ticks(1s)); }).streams<Price>("text/event-stream");
  const auto built = app.build();
  REQUIRE(built);
  for (const schema::Operation& operation : (*built)->operations()) {
    REQUIRE(operation.responses.size() == 1);
    REQUIRE(operation.responses[0].content.size() == 1);
    const schema::Content& content = operation.responses[0].content[0];
    CHECK(content.type == "text/event-stream");
    if (operation.path == "/events") {
      CHECK(content.forms.empty());
    } else {
      REQUIRE(content.forms.size() == 1);
      CHECK(content.forms[0].type == &reflect::describe<Price>());
    }
  }
}

TEST_CASE("sse: draining ends the stream after the event in hand and says when to come again") {
  TestApp app(one([] { return Sse(ticks(1s)); }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  wire.received();
  app.advance(1s);
  app.begin_drain();
  const std::string before = chunk("id: 1\ndata: tick\n\n");
  const std::string end = wire.received();
  REQUIRE(end.starts_with(before + "d\r\nretry: "));
  CHECK(end.ends_with("\n\n\r\n0\r\n\r\n"));
  const int retry = std::stoi(end.substr(before.size() + 10));
  CHECK(retry >= 1000);
  CHECK(retry <= 5000);
}

TEST_CASE("sse: an event that cannot be sent, and an item that is an error, cut the stream") {
  bool faulty = false;
  SUBCASE("faulty") {
    faulty = true;
  }
  SUBCASE("an error") {}
  TestApp app(one([faulty] {
    return Sse([](bool bad_id) -> AsyncGenerator<Result<SseEvent>> {
      co_yield SseEvent().data("a");
      if (bad_id) co_yield SseEvent().id("a\nb");
      co_yield Error(Errc::Other, "no more");
    }(faulty));
  }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().ends_with(chunk("data: a\n\n")));
  CHECK(wire.closed());
}

TEST_CASE("sse: the generator is destroyed when its listener leaves, and HEAD does not begin it") {
  struct Watch {
    int begun = 0;
    int ended = 0;
  };
  const auto watch = std::make_shared<Watch>();
  TestApp app(one([watch] {
    return Sse([](std::shared_ptr<Watch> seen) -> AsyncGenerator<std::string> {
      struct OnEnd {
        std::shared_ptr<Watch> seen;
        ~OnEnd() { ++seen->ended; }
      };
      ++seen->begun;
      const OnEnd end{seen};
      co_await sleep_for(1h);
      co_yield "never";
    }(watch));
  }));
  CHECK(app.head("/").send().header("content-type") == "text/event-stream");
  CHECK(watch->begun == 0);
  {
    testing::Wire wire = app.connect();
    wire.send(kGet);
    CHECK(watch->begun == 1);
    CHECK(watch->ended == 0);
  }
  app.settle();
  CHECK(watch->ended == 1);
}

TEST_CASE("sse: a handler learns which event its client had last") {
  TestApp app(one([](LastEventId last) { return "had " + *last; }));
  CHECK(app.get("/").send().body() == "had ");
  CHECK(app.get("/").header("last-event-id", "17").send().body() == "had 17");
  CHECK(app.get("/").header("last-event-id", "\xff").send().status() == StatusCode::BadRequest);
}
