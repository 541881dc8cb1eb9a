// What a request gets: heads of answers, keep-alive, pipelining, HEAD, HTTP/1.0, what goes wrong.
#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/text/date.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;

namespace {

Router<> pages() {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.get<"/{name}">([](Path<"name"> name) { return *std::move(name); });
  app.get<"/throws">([]() -> std::string { throw std::runtime_error("secret"); });
  app.get<"/faulty">([] { return Response::text("x").header("x-bad", "a\nb"); });
  app.get<"/closes">([] { return Response::text("bye").header("connection", "close"); });
  app.get<"/long">([] { return std::string(200'000, 'x'); });
  return app;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("server: an answer has its length and its date, and the connection stays") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const std::string answer = wire.received();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(answer.find("\r\nDate: ") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\nhello"));
    CHECK(answer.find("Connection:") == std::string::npos);
    CHECK_FALSE(wire.closed());
  }
}

TEST_CASE("server: the date goes on with the clock, also while a connection is busy") {
  Router<> router = pages();
  router.get<"/waits">([]() -> Task<std::string> {
    co_await sleep_for(std::chrono::seconds(3));
    co_return "waited";
  });
  TestApp app(std::move(router));
  testing::Wire wire = app.connect();
  const auto date = [&](std::string_view target, Duration wait = Duration::zero()) {
    REQUIRE(wire.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    app.advance(wait);
    const std::string answer = wire.received();
    const auto time = text::parse_http_date(answer.substr(answer.find("Date: ") + 6, text::kHttpDateLength));
    REQUIRE(time);
    return *time;
  };
  const auto first = date("/");
  app.advance(std::chrono::milliseconds(2500));
  const auto second = date("/");
  CHECK((second - first == std::chrono::seconds(2) || second - first == std::chrono::seconds(3)));
  CHECK(date("/waits", std::chrono::seconds(3)) - second == std::chrono::seconds(3));
}

TEST_CASE("server: pipelined requests are answered in their order") {
  TestApp app(pages());
  testing::Wire wire = app.connect(1024 * 1024);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += "GET /n" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(wire.send(requests));
  testing::ResponseReader answers;
  answers.feed(wire.received());
  for (int i = 0; i < 100; ++i) {
    const auto answer = answers.next(Method::Get, false);
    REQUIRE(answer);
    CHECK(answer->body() == "n" + std::to_string(i));
  }
  CHECK(answers.rest().empty());
}

TEST_CASE("server: HEAD gets the head of the GET and nothing behind it") {
  TestApp app(pages());
  const std::string get = app.wire("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = app.wire("HEAD /long HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(get == head + std::string(200'000, 'x'));
}

TEST_CASE("server: HTTP/1.0 closes unless asked to keep the connection, and says so (RFC 9112 §9.3)") {
  TestApp app(pages());
  testing::Wire closing = app.connect();
  closing.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(closing.received().find("Connection: close\r\n") != std::string::npos);
  CHECK(closing.closed());
  testing::Wire keeping = app.connect();
  keeping.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(keeping.received().find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK_FALSE(keeping.closed());
}

TEST_CASE("server: nothing behind a request with Connection: close is read (RFC 9112 §9.6)") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  wire.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = wire.received();
  CHECK(count(answer, "HTTP/1.1 ") == 1);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(wire.closed());
}

TEST_CASE("server: a handler may close the connection") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  wire.send("GET /closes HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(count(wire.received(), "Connection: close\r\n") == 1);
  CHECK(wire.closed());
}

TEST_CASE("server: an escaped exception is a 500 that tells nothing, and the connection stays") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  wire.send("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = wire.received();
  CHECK(answer.starts_with("HTTP/1.1 500 "));
  CHECK(answer.find("secret") == std::string::npos);
  CHECK_FALSE(wire.closed());
}

TEST_CASE("server: an answer that cannot be sent is a 500") {
  TestApp app(pages());
  CHECK(app.get("/faulty").send().status() == StatusCode::InternalServerError);
}

TEST_CASE("server: a refused head is answered by a problem, and the connection ends after it") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = wire.received();
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK(count(answer, "HTTP/1.1 ") == 1);
  CHECK(answer.find("application/problem+json") != std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(wire.closed());
}

TEST_CASE("server: after the last answer what still comes is dropped for two seconds, then the connection is gone") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  wire.received();
  app.advance(std::chrono::milliseconds(1999));
  CHECK(wire.send("more"));
  CHECK(app.live_tasks() == 1);
  app.advance(std::chrono::milliseconds(1));
  CHECK(app.live_tasks() == 0);
  // A socket learns it from the answer to its next bytes.
  CHECK_FALSE((wire.send("more") && wire.send("more")));
}

TEST_CASE("server: no more than a limit is dropped after the last answer") {
  Limits limits;
  limits.max_linger = 256 * 1024;
  TestApp app(pages(), limits);
  testing::Wire wire = app.connect();
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(wire.send(std::string(256 * 1024 - 1, 'x')));
  CHECK(app.live_tasks() == 1);
  wire.send("xx");
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("server: TestApp sends requests and reads answers") {
  struct Greeting {
    std::string message;
  };
  Router<> router = pages();
  router.post<"/greet">([](Json<Greeting> in) { return Json{Greeting{"Hello, " + in->message}}; });
  TestApp app(router);
  const auto answer = app.post("/greet").json(Greeting{"Ada"}).send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(answer.header("content-type") == "application/json");
  CHECK(answer.json<Greeting>().message == "Hello, Ada");
  CHECK(app.put("/greet").send().status() == StatusCode::MethodNotAllowed);
}

TEST_CASE("server: the answer to a HEAD that is refused has no body either") {
  TestApp app(pages());
  for (const char* request : {"HEAD / HTTP/1.1\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                              "HEAD /% HTTP/1.1\r\nHost: a\r\n\r\n",
                              "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(request);
    const std::string answer = app.wire(request);
    CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(answer.find("Content-Length: 0") == std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
  }
}

TEST_CASE("server: a chunked body nobody reads is dropped, whether it comes at once or in pieces") {
  TestApp app(pages());
  testing::Wire wire = app.connect();
  for (const std::size_t cut : {std::size_t{0}, std::size_t{70}}) {
    const std::string request =
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    REQUIRE(wire.send(request.substr(0, cut)));
    if (cut > 0) CHECK(wire.received().find("405 Method Not Allowed") != std::string::npos);
    REQUIRE(wire.send(request.substr(cut)));
    if (cut == 0) CHECK(wire.received().find("405 Method Not Allowed") != std::string::npos);
    REQUIRE(wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(wire.received().ends_with("\r\n\r\nhello"));
  }
}
