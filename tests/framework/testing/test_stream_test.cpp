// Answers that are read while they are made.
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Price {
  int value = 0;
};

template <class F>
Router<> one(F handler) {
  Router<> app;
  app.get<"/">(std::move(handler));
  return app;
}

/// The body as it is written, piece by piece and a second between two.
Router<> written(std::vector<std::string> pieces) {
  return one([pieces = std::move(pieces)] {
    return Response::stream(
        [](std::vector<std::string> all) -> AsyncGenerator<std::string> {
          for (std::string& piece : all) {
            co_yield std::move(piece);
            co_await sleep_for(1s);
          }
        }(pieces),
        "text/event-stream");
  });
}

}  // namespace

TEST_CASE("testing: events come one by one, as they are made") {
  BroadcastSender<Price> sender(4);
  TestApp app(one([&sender] { return Sse(sender.subscribe()); }));
  testing::TestStream events = app.get("/").stream();
  CHECK(events.status() == StatusCode::Ok);
  CHECK(events.header("content-type") == "text/event-stream");
  for (int value : {1, 2}) {
    CHECK(sender.send(Price{value}));
    const auto event = events.event();
    REQUIRE(event);
    CHECK(event->event == "message");
    CHECK(event->json<Price>().value == value);
  }
  app.begin_drain();
  CHECK_FALSE(events.event());
  CHECK(events.retry() >= 1s);
  CHECK(events.retry() <= 5s);
}

TEST_CASE("testing: signs of life are no events, and do not wear out patience") {
  BroadcastSender<Price> sender(4);
  TestApp app(one([&sender] { return Sse(sender.subscribe()); }));
  testing::TestStream events = app.get("/").stream();
  const Instant begin = app.now();
  CHECK_THROWS_WITH_AS(events.event(100s), "TestStream: no event of GET / came in time", std::runtime_error);
  CHECK(app.now() - begin == 100s);
  CHECK(sender.send(Price{3}));
  CHECK(events.event().value().json<Price>().value == 3);
}

TEST_CASE("testing: an event is read as a page reads it") {
  TestApp app(written({
      ": a comment\nid: 7\nevent: price\nda",
      "ta: one\r\ndata:two\ndata\n\nevent: lost\nid: 8\n\n",
      "data: three\nretry: 20\nretry: soon\nunknown: x\n\ndata: cut off\n",
  }));
  testing::TestStream events = app.get("/").stream();
  auto event = events.event();
  REQUIRE(event);
  CHECK(event->event == "price");
  CHECK(event->data == "one\ntwo\n");
  CHECK(event->id == "7");
  event = events.event();
  REQUIRE(event);
  CHECK(event->event == "message");
  CHECK(event->data == "three");
  CHECK(event->id == "8");
  CHECK(events.retry() == 20ms);
  CHECK_FALSE(events.event());
  CHECK_FALSE(events.event());
}

TEST_CASE("testing: pieces come as they are written, and lines whatever the pieces are") {
  TestApp app(written({"a", "b\nc\r\n", "d"}));
  testing::TestStream pieces = app.get("/").stream();
  CHECK(pieces.recv() == "a");
  CHECK(pieces.recv() == "b\nc\r\n");
  CHECK(pieces.recv() == "d");
  CHECK_FALSE(pieces.recv());
  testing::TestStream lines = app.get("/").stream();
  CHECK(lines.line() == "ab");
  CHECK(lines.recv() == "c\r\n");
  CHECK(lines.line() == "d");
  CHECK_FALSE(lines.line());
}

TEST_CASE("testing: what came before a stream broke off is read first, then it throws") {
  TestApp app(one([] {
    return Response::stream([]() -> AsyncGenerator<Result<Bytes>> {
      co_yield Bytes(std::string("a"));
      co_yield Error(Errc::Other, "no more");
    }(), "text/plain");
  }));
  testing::TestStream stream = app.get("/").stream();
  CHECK(stream.recv() == "a");
  CHECK_THROWS_WITH_AS(stream.recv(), "TestApp: the connection ended before the answer to GET / was complete",
                       std::runtime_error);
}

TEST_CASE("testing: an answer that is no stream is read as one, and trailers come with its end") {
  TestApp app(one([](Request request) {
    if (request.method() == Method::Head) return Response::text("unsent");
    return Response::stream(
        [](BodyWriter& out) -> Task<Result<void>> {
          RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string("a"))));
          co_return out.trailers().set("x-sum", "1");
        },
        "text/plain");
  }));
  testing::TestStream head = app.head("/").stream();
  CHECK(head.header("content-length") == "6");
  CHECK_FALSE(head.recv());
  testing::TestStream stream = app.get("/").header("te", "trailers").stream();
  CHECK(stream.recv() == "a");
  CHECK_FALSE(stream.recv());
  CHECK(stream.trailers().get("x-sum") == "1");
}

TEST_CASE("testing: a client that drops its stream is gone") {
  BroadcastSender<Price> sender(4);
  TestApp app(one([&sender] { return Sse(sender.subscribe()); }));
  {
    const testing::TestStream events = app.get("/").stream();
    CHECK(app.live_tasks() == 1);
  }
  app.settle();
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("testing: a stream whose head does not come is given up") {
  TestApp app(one([]() -> Task<NoContent> {
    co_await sleep_for(10s);
    co_return NoContent();
  }));
  CHECK_THROWS_WITH_AS(app.get("/").stream(5s), "TestApp: no answer to GET / in 5 s", std::runtime_error);
}
