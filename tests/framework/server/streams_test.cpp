// Bodies that are made while they are sent.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/transport.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Seen {
  std::size_t written = 0;
  bool begun = false;
  bool ended = false;  // the producer's frame is gone
};

struct OnEnd {
  std::shared_ptr<Seen> seen;
  ~OnEnd() { seen->ended = true; }
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

template <class F>
Router<> one(F produce) {
  Router<> app;
  app.get<"/">([produce] { return Response::stream(produce, "text/plain"); });
  return app;
}

Task<Result<void>> hello(BodyWriter& out) {
  RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello")));
  RONDEAU_TRY_VOID(co_await out.write(Bytes()));
  co_await sleep_for(1h);
  RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string(10'000, 'x'))));
  co_return Result<void>();
}

}  // namespace

TEST_CASE("server: a stream is chunked, each piece goes out when its producer waits, and the connection stays") {
  TestApp app(one(&hello));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  const std::string begin = wire.received();
  CHECK(begin.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(begin.ends_with("\r\n\r\n5\r\nhello\r\n"));
  app.advance(1h);
  CHECK(wire.received() == "2710\r\n" + std::string(10'000, 'x') + "\r\n0\r\n\r\n");
  CHECK_FALSE(wire.closed());
  CHECK(app.get("/").send().body() == "hello" + std::string(10'000, 'x'));
}

TEST_CASE("server: to HTTP/1.0 a stream ends with the connection (RFC 9112 §6.3)") {
  TestApp app(one(&hello));
  testing::Wire wire = app.connect();
  wire.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  app.advance(1h);
  const std::string answer = wire.received();
  CHECK(answer.find("Transfer-Encoding") == std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\nhello" + std::string(10'000, 'x')));
  CHECK(wire.closed());
}

TEST_CASE("server: HEAD does not start the producer") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](BodyWriter& out) {
    seen->begun = true;
    return hello(out);
  }));
  CHECK(app.head("/").send().header("transfer-encoding") == "chunked");
  CHECK_FALSE(seen->begun);
}

TEST_CASE("server: a stream that fails is cut without its last chunk") {
  bool throws = false;
  SUBCASE("an error") {}
  SUBCASE("an exception") {
    throws = true;
  }
  TestApp app(one([throws](BodyWriter& out) -> Task<Result<void>> {
    RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello")));
    if (throws) throw std::runtime_error("no more");
    co_return Error(Errc::Other, "no more");
  }));
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().ends_with("5\r\nhello\r\n"));
  CHECK(wire.closed());
}

TEST_CASE("server: a stream that is shorter or longer than its Content-Length is cut") {
  std::size_t size = 4;
  SUBCASE("shorter") {
    size = 4;
  }
  SUBCASE("longer") {
    size = 6;
  }
  Router<> router;
  router.get<"/">([size] {
    return Response::stream([size](BodyWriter& out) -> Task<Result<void>> {
             co_return co_await out.write(Bytes(std::string(size, 'x')));
           })
        .header("content-length", "5");
  });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send(kGet);
  const std::string answer = wire.received();
  CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(answer.size() - answer.find("\r\n\r\n") - 4 < 5);
  CHECK(wire.closed());
}

TEST_CASE("server: a producer waits while 64 KiB are unsent, and goes on when the peer reads" *
          support::OnlyInMemory("buffers of a known size")) {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](BodyWriter& out) -> Task<Result<void>> {
    for (; seen->written < 1'000'000; seen->written += 1000) {
      RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string(1000, 'x'))));
    }
    co_return Result<void>();
  }));
  testing::Wire wire = app.connect(1000);  // as much is under way in the stream itself
  REQUIRE(wire.stream().try_write(std::as_bytes(std::span(kGet))));
  app.settle();
  CHECK(seen->written >= 60'000);
  CHECK(seen->written <= 70'000);
  const std::size_t before = seen->written;
  std::string all;
  while (all.size() < 200'000) all += wire.received(1000);
  CHECK(seen->written > before);
  testing::ResponseReader answers;
  answers.feed(all);
  answers.feed(wire.received());
  CHECK(answers.next(Method::Get, false)->body().size() == 1'000'000);
}

TEST_CASE("server: a peer that reads nothing for 30 s is cut off, and the producer is ended") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](BodyWriter& out) -> Task<Result<void>> {
    const OnEnd end{seen};
    for (;;) RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string(1000, 'x'))));
  }));
  testing::Wire wire = app.connect(1000);
  REQUIRE(wire.stream().try_write(std::as_bytes(std::span(kGet))));
  app.advance(29'999ms);
  CHECK_FALSE(seen->ended);
  app.advance(1ms);
  CHECK(seen->ended);
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("server: the producer is ended when the peer leaves") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(one([seen](BodyWriter& out) -> Task<Result<void>> {
    const OnEnd end{seen};
    RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("x")));
    co_await sleep_for(1h);
    co_return Result<void>();
  }));
  {
    testing::Wire wire = app.connect();
    wire.send(kGet);
    CHECK_FALSE(seen->ended);
  }
  app.settle();
  CHECK(seen->ended);
}

TEST_CASE("server: a piece that its producer gives up is not sent from memory that is another's by then" *
          support::OnlyInMemory("buffers of a known size")) {
  std::string others;
  std::string told;
  TestApp app(one([&others, &told](BodyWriter& out) -> Task<Result<void>> {
    const auto given_up = co_await time::timeout(1s, out.write(Bytes(std::string(100'000, 'x'))));
    CHECK(given_up.error() == Errc::TimedOut);
    others.assign(99'000, 'S');
    const auto later = co_await out.write(Bytes::from_static("more"));
    told = later ? "taken" : later.error().message();
    co_await sleep_for(1h);
    co_return Result<void>();
  }));
  testing::Wire wire = app.connect(1000);
  wire.send(kGet);
  std::string all = wire.received(1000);
  app.advance(2s);
  for (int i = 0; i < 100; ++i) all += wire.received(1000);
  CHECK(all.find("SS") == std::string::npos);  // the head's Date may be a Saturday's
  CHECK(told == "broken pipe");
  app.advance(1h);
  CHECK(wire.closed());
}
