// What goes with an answer but is not its body: trailers, early hints, work for afterwards.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Response with_sum() {
  Response response = Response::stream(
      [](BodyWriter& out) -> Task<Result<void>> {
        RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello")));
        out.trailers().set("x-sum", "5").value();
        co_return Result<void>();
      },
      "text/plain");
  response.trailers().set("x-early", "1").value();
  response.trailers().set("content-type", "text/html").value();
  return response;
}

AsyncGenerator<std::string> count(int to) {
  for (int i = 1; i <= to; ++i) {
    co_await sleep_for(1s);
    co_yield std::to_string(i);
  }
}

AsyncGenerator<Result<Bytes>> breaks_off(bool throws) {
  co_yield Bytes::from_static("hello");
  if (throws) throw std::runtime_error("no more");
  co_yield Error(Errc::Other, "no more");
}

struct Done {
  std::string order;
  bool destroyed = false;
};
struct OnEnd {
  std::shared_ptr<Done> done;
  ~OnEnd() { done->destroyed = true; }
};

}  // namespace

TEST_CASE("server: a generator's items are the chunks, sent as they come") {
  Router<> router;
  router.get<"/">([] { return count(3); });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().ends_with("\r\n\r\n"));
  app.advance(1s);
  CHECK(wire.received() == "1\r\n1\r\n");
  app.advance(2s);
  CHECK(wire.received() == "1\r\n2\r\n1\r\n3\r\n0\r\n\r\n");
  CHECK_FALSE(wire.closed());
}

TEST_CASE("server: a generator that fails cuts the connection without a last chunk") {
  bool throws = false;
  SUBCASE("an error") {}
  SUBCASE("an exception") {
    throws = true;
  }
  Router<> router;
  router.get<"/">([throws] { return breaks_off(throws); });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().ends_with("5\r\nhello\r\n"));
  CHECK(wire.closed());
}

TEST_CASE("server: trailers follow the body where the request asked for them, and there only (RFC 9110 §6.5.1)") {
  Router<> router;
  router.get<"/">(with_sum);
  router.get<"/whole">([] {
    Response response = Response::text("hello");
    response.trailers().set("x-sum", "5").value();
    return response;
  });
  TestApp app(router);
  SUBCASE("a stream") {
    const testing::TestResponse answer = app.get("/").header("te", "gzip;q=0.5, Trailers").send();
    CHECK(answer.body() == "hello");
    CHECK(answer.header("trailer") == "x-early");
    CHECK(answer.trailers().get("x-early") == "1");
    CHECK(answer.trailers().get("x-sum") == "5");
    CHECK_FALSE(answer.trailers().contains("content-type"));
  }
  SUBCASE("a body in memory") {
    const testing::TestResponse answer = app.get("/whole").header("te", "trailers").send();
    CHECK(answer.body() == "hello");
    CHECK(answer.header("transfer-encoding") == "chunked");
    CHECK(answer.trailers().get("x-sum") == "5");
  }
  SUBCASE("nobody asked") {
    const testing::TestResponse stream = app.get("/").send();
    CHECK(stream.trailers().empty());
    CHECK_FALSE(stream.header("trailer"));
    const testing::TestResponse whole = app.get("/whole").send();
    CHECK(whole.header("content-length") == "5");
    CHECK(whole.trailers().empty());
  }
  SUBCASE("HTTP/1.0 knows no chunks") {
    const std::string answer = app.wire("GET / HTTP/1.0\r\nTE: trailers\r\n\r\n");
    CHECK(answer.ends_with("\r\n\r\nhello"));
    CHECK(answer.find("railer") == std::string::npos);
  }
  SUBCASE("HEAD has the head and nothing behind it") {
    const std::string answer = app.wire("HEAD /whole HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
    CHECK(answer.find("Trailer: x-sum\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(answer.find("x-sum: 5") == std::string::npos);
  }
}

TEST_CASE("server: early hints come before the answer while the handler works, but not to HTTP/1.0 (RFC 8297)") {
  Router<> router;
  router.get<"/">([](EarlyHints hints) -> Task<Response> {
    CHECK(hints.send({"</a.css>; rel=preload", "</b.js>; rel=preload"}));
    co_await sleep_for(1h);
    co_return Response::text("late");
  });
  TestApp app(router);
  SUBCASE("1.1") {
    testing::Wire wire = app.connect();
    wire.send(kGet);
    CHECK(wire.received() ==
          "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n");
    app.advance(1h);
    const testing::TestResponse answer = app.get("/").send();
    REQUIRE(answer.informational().size() == 1);
    CHECK(answer.informational()[0].status() == StatusCode::EarlyHints);
    CHECK(answer.informational()[0].headers().count("link") == 2);
  }
  SUBCASE("1.0") {
    testing::Wire wire = app.connect();
    wire.send("GET / HTTP/1.0\r\n\r\n");
    CHECK(wire.received().empty());
    app.advance(1h);
    CHECK(wire.received().starts_with("HTTP/1.1 503"));  // 30 s were over
  }
}

TEST_CASE("server: early hints that are no field values are refused, and none come once the head is made") {
  Router<> router;
  router.get<"/">([](Request request) {
    CHECK_FALSE(request.early_hints({"</a>", "</b>\r\nx: y"}));
    return Response::stream(
        [request = std::make_shared<Request>(std::move(request))](BodyWriter& out) -> Task<Result<void>> {
          CHECK(request->early_hints({"</late>"}));
          co_return co_await out.write(Bytes::from_static("x"));
        });
  });
  TestApp app(router);
  const testing::TestResponse answer = app.get("/").send();
  CHECK(answer.informational().empty());
  CHECK(answer.body() == "x");
}

TEST_CASE("server: work left for after the answer runs when that was sent, and keeps its captures") {
  const auto done = std::make_shared<Done>();
  Router<> router;
  router.get<"/">([done] {
    return Response::text("x")
        .after([done, text = std::string("a long text, on the heap by all means")]() -> Task<void> {
          co_await sleep_for(1h);
          done->order += text.substr(0, 1);
        })
        .after([](std::shared_ptr<Done> kept) -> Task<void> {
          kept->order += "b";
          co_return;
        }(done));
  });
  TestApp app(router);
  CHECK(app.get("/").send().body() == "x");
  app.settle();
  CHECK(done->order == "b");
  app.advance(1h);
  CHECK(done->order == "ba");
}

TEST_CASE("server: work after an answer runs also where the peer did not wait for it") {
  const auto done = std::make_shared<Done>();
  Router<> router;
  router.get<"/">([done] {
    return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
             RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("x")));
             co_await sleep_for(1h);
             co_return Result<void>();
           })
        .after([done]() -> Task<void> {
          done->order += "a";
          co_return;
        });
  });
  TestApp app(router);
  {
    testing::Wire wire = app.connect();
    wire.send(kGet);
    CHECK(done->order.empty());
  }
  app.settle();
  CHECK(done->order == "a");
}

TEST_CASE("server: an exception in work after an answer ends that work alone") {
  Router<> router;
  router.get<"/">([] {
    return Response::text("x").after([]() -> Task<void> {
      throw std::runtime_error("oh");
      co_return;
    });
  });
  TestApp app(router);
  CHECK(app.get("/").send().body() == "x");
  CHECK(app.get("/").send().body() == "x");
}

TEST_CASE("server: a handler learns from its token that the server drains") {
  Router<> router;
  router.get<"/">([](CancellationToken drain) -> Task<Response> {
    co_await drain.cancelled();
    co_return Response::text("drained");
  });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().empty());
  app.begin_drain();
  CHECK(wire.received().ends_with("\r\n\r\ndrained"));
}
