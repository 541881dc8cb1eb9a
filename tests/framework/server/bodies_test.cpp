// Bodies of requests: how they are read, asked for, dropped, and what happens when they do not come.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

std::string post(std::string_view target, std::size_t length, std::string_view fields = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(fields) + "\r\n";
}

constexpr std::string_view kMarker = "GET /marker HTTP/1.1\r\nHost: a\r\n\r\n";

Router<> bodies() {
  Router<> app;
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  app.post<"/little">([](Bytes body) { return Response::bytes(std::move(body)); }).body_limit(5);
  app.post<"/ignore">([] { return "ignored"; });
  app.post<"/pieces">([](BodyStream body) -> Task<Response> {
    std::string all;
    for (;;) {
      auto piece = co_await body.next();
      if (!piece) co_return Response(StatusCode::InternalServerError);
      if (piece->empty()) break;
      all += piece->view();
    }
    const auto trailer = body.trailers().get("x-sum");
    co_return Response::text(all + "|" + std::string(trailer.value_or("")));
  });
  app.get<"/marker">([] { return "marker"; });
  return app;
}

std::string chunk(std::string_view content) {
  char size[32];
  std::snprintf(size, sizeof(size), "%zx\r\n", content.size());
  return size + std::string(content) + "\r\n";
}

constexpr std::string_view kChunked = "POST /pieces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("server: a body comes back as it went in, however it is cut, and the next request is found behind it") {
  TestApp app(bodies());
  for (std::size_t size : {0U, 1U, 100U, 8191U, 16000U, 16384U, 65536U, 70000U, 500000U}) {
    for (std::size_t step : {std::size_t{7919}, size + 1000}) {
      CAPTURE(size);
      CAPTURE(step);
      std::string body;
      for (std::size_t i = 0; i < size; ++i) body += static_cast<char>(i * 31 + i / 251);
      testing::Wire wire = app.connect();
      const std::string all = post("/echo", size) + body + std::string(kMarker);
      testing::ResponseReader answers;
      for (std::size_t at = 0; at < all.size(); at += step) {
        REQUIRE(wire.send(std::string_view(all).substr(at, step)));
        answers.feed(wire.received());
      }
      const auto echo = answers.next(Method::Post, false);
      REQUIRE(echo);
      CHECK((echo->body() == body));
      const auto marker = answers.next(Method::Get, false);
      REQUIRE(marker);
      CHECK(marker->body() == "marker");
    }
  }
}

TEST_CASE("server: a chunked body is read in pieces, with its trailers at the end") {
  TestApp app(bodies());
  for (std::size_t step : {1U, 3U, 1000U}) {
    CAPTURE(step);
    testing::Wire wire = app.connect();
    const std::string all = std::string(kChunked) + chunk("hello, ") + chunk(std::string(500, 'x')) +
                            "0\r\nX-Sum: 42\r\n\r\n" + std::string(kMarker);
    for (std::size_t at = 0; at < all.size(); at += step) REQUIRE(wire.send(std::string_view(all).substr(at, step)));
    testing::ResponseReader answers;
    answers.feed(wire.received());
    CHECK(answers.next(Method::Post, false)->body() == "hello, " + std::string(500, 'x') + "|42");
    CHECK(answers.next(Method::Get, false)->body() == "marker");
  }
}

TEST_CASE("server: 100 Continue goes out when the body is first read, and not before (RFC 9110 §10.1.1)") {
  TestApp app(bodies());
  SUBCASE("read") {
    testing::Wire wire = app.connect();
    wire.send(post("/echo", 5, "Expect: 100-continue\r\n"));
    CHECK(wire.received() == "HTTP/1.1 100 Continue\r\n\r\n");
    wire.send("hello");
    CHECK(wire.received().ends_with("\r\n\r\nhello"));
    CHECK_FALSE(wire.closed());
  }
  SUBCASE("here already") {
    testing::Wire wire = app.connect();
    wire.send(post("/echo", 5, "Expect: 100-continue\r\n") + "hello");
    CHECK(wire.received().starts_with("HTTP/1.1 200"));
  }
  SUBCASE("never read: the final answer closes") {
    testing::Wire wire = app.connect();
    wire.send(post("/ignore", 5, "Expect: 100-continue\r\n"));
    const std::string answer = wire.received();
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(wire.closed());
  }
  SUBCASE("too large: refused without asking for it") {
    testing::Wire wire = app.connect();
    wire.send(post("/echo", 3 * 1024 * 1024, "Expect: 100-continue\r\n"));
    CHECK(wire.received().starts_with("HTTP/1.1 413"));
    CHECK(wire.closed());
  }
}

TEST_CASE("server: a body nobody read is dropped up to 256 KiB, and the connection stays") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  const std::size_t size = 256 * 1024;
  CHECK(wire.send(post("/ignore", size) + std::string(size, 'x') + std::string(kMarker)));
  testing::ResponseReader answers;
  answers.feed(wire.received());
  CHECK(answers.next(Method::Post, false)->body() == "ignored");
  CHECK(answers.next(Method::Get, false)->body() == "marker");
}

TEST_CASE("server: of a chunked body nobody read no more than 256 KiB are dropped, framing included") {
  TestApp app(bodies());
  for (const std::size_t beyond : {0U, 1U}) {
    CAPTURE(beyond);
    testing::Wire wire = app.connect();
    wire.send("POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(wire.received().ends_with("ignored"));
    const std::string rest = chunk(std::string(256 * 1024 - 14 + beyond, 'x')) + "0\r\n\r\n";
    REQUIRE(rest.size() == 256 * 1024 + beyond);
    wire.send(rest);
    CHECK(wire.closed() == (beyond > 0));
  }
}

TEST_CASE("server: what came with the head of a chunked body counts against its limit") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send("POST /little HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("abcdef"));
  CHECK(wire.received().starts_with("HTTP/1.1 413"));
}

TEST_CASE("server: a longer body nobody read ends the connection, and the answer says so") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send(post("/ignore", 300 * 1024) + std::string(100, 'x'));
  CHECK(wire.received().find("Connection: close\r\n") != std::string::npos);
  CHECK(wire.closed());
}

TEST_CASE("server: a body nobody read that does not come within 2 s ends the connection") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send(post("/ignore", 1000) + "xxx");
  CHECK(wire.received().find("Connection: close\r\n") == std::string::npos);
  app.advance(1'999ms);
  CHECK_FALSE(wire.closed());
  app.advance(1ms);
  CHECK(wire.closed());
}

TEST_CASE("server: a body may stall for 30 s, then it is 408") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  // Enough for the minimum rate to allow the pause.
  wire.send(post("/echo", 200'000) + std::string(10, 'x'));
  wire.send(std::string(100'000, 'x'));
  app.advance(29'999ms);
  SUBCASE("goes on in time") {
    wire.send(std::string(99'990, 'x'));
    CHECK(wire.received().starts_with("HTTP/1.1 200"));
  }
  SUBCASE("too late") {
    app.advance(1ms);
    const std::string answer = wire.received();
    CHECK(answer.starts_with("HTTP/1.1 408"));
    CHECK(wire.closed());
  }
}

TEST_CASE("server: a body slower than 1 KiB/s is 408 after 10 s of grace, and drips do not help") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send(post("/echo", 1'000'000));
  for (int second = 0; second < 9; ++second) {
    app.advance(1s);
    wire.send("x");
  }
  CHECK(wire.received().empty());
  app.advance(1s);
  CHECK(wire.received().starts_with("HTTP/1.1 408"));
}

TEST_CASE("server: a steady body may take longer than a handler") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send(post("/echo", 100 * 2048));
  for (int second = 0; second < 100; ++second) {
    app.advance(1s);
    REQUIRE(wire.send(std::string(2048, 'x')));
  }
  CHECK(wire.received().starts_with("HTTP/1.1 200"));
}

TEST_CASE("server: nobody is answered when the stream ends inside a body") {
  TestApp app(bodies());
  CHECK(app.wire(post("/echo", 10) + "hell").empty());
  CHECK(app.wire(std::string(kChunked) + "5\r\nhel").empty());
}

TEST_CASE("server: broken framing is 400 whatever the handler makes of it") {
  TestApp app(bodies());
  testing::Wire wire = app.connect();
  wire.send(std::string(kChunked) + "5\r\nhello\r\n");
  wire.send("zz\r\n");
  CHECK(wire.received().starts_with("HTTP/1.1 400"));
  CHECK(wire.closed());
}

TEST_CASE("server: a body that broke off leaves no trace for the next connection of the worker") {
  TestApp app(bodies());
  CHECK(app.wire(post("/echo", 10) + "hell").empty());
  CHECK(app.wire("bad head\r\n\r\n").starts_with("HTTP/1.1 400"));
}
