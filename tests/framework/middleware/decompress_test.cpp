#include <rondeau/middleware/decompress.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/timeout.h>

#include "support/coded.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::encoded;

namespace {

using testing::TestResponse;

Task<Result<std::string, StatusCode>> count(BodyStream body) {
  std::size_t bytes = 0;
  for (;;) {
    auto piece = co_await body.next();
    if (!piece) {
      // It stays so.
      if (auto again = co_await body.next(); again) co_return std::string("an error was forgotten");
      co_return Unexpected{http::status_of_body_error(piece.error())};
    }
    if (piece->empty()) co_return std::to_string(bytes);
    bytes += piece->size();
  }
}

Router<> routes() {
  Router<> app;
  app.layer(Decompress());
  app.post<"/text">([](std::string body) { return body; });
  app.post<"/tiny">([](std::string body) { return body; }).body_limit(10);
  app.post<"/json">([](Json<std::vector<int>> body) { return std::to_string(body->size()); });
  app.post<"/stream">(count);
  app.post<"/tiny-stream">(count).body_limit(10);
  app.post<"/long-stream">(count).body_limit(300'000);
  app.post<"/endless-stream">(count).body_limit(std::numeric_limits<std::size_t>::max());
  app.post<"/fields">([](Request request) {
    std::string names;
    for (const http::HeaderField& field : request.headers()) names += std::string(field.name) + " ";
    return names;
  });
  app.post<"/ignored">([] { return "not read"; });
  return app;
}

std::vector<Coding> here() {
  std::vector<Coding> codings;
  for (const Coding each : coding::kCodings) {
    if (coding::is_available(each)) codings.push_back(each);
  }
  return codings;
}

TestResponse post(TestApp& app, std::string_view path, std::string_view codings, std::string body) {
  return app.post(path).header("content-encoding", codings).body(std::move(body)).send();
}

/// 10 GB of zeros in 10 MB.
std::string bomb() {
  const std::string member = encoded(Coding::Gzip, std::string(1 << 20, '\0'));
  std::string all;
  for (int i = 0; i < 10'240; ++i) all += member;
  return all;
}

}  // namespace

TEST_CASE("middleware: Decompress gives handlers the content, whole and in pieces") {
  TestApp app(routes());
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += std::to_string(i * 7919 % 10'007) + "\n";
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const std::string_view name = coding::to_string(which);
    CHECK(post(app, "/text", name, encoded(which, content)).body() == content);
    CHECK(post(app, "/stream", name, encoded(which, content)).body() == std::to_string(content.size()));
    CHECK(post(app, "/text", name, encoded(which, "")).body().empty());
    CHECK(app.post("/json")
              .header("content-type", "application/json")
              .header("content-encoding", name)
              .body(encoded(which, "[1,2,3]"))
              .send()
              .body() == "3");
  }
  CHECK(app.post("/text").body("as it is").send().body() == "as it is");
  CHECK(post(app, "/text", "identity", "as it is").body() == "as it is");
}

TEST_CASE("middleware: Decompress takes codings off in the order in which they were put on") {
  if (here().size() < 4) return;
  TestApp app(routes());
  const std::string twice = encoded(Coding::Brotli, encoded(Coding::Gzip, "twice"));
  CHECK(post(app, "/text", "gzip, br", twice).body() == "twice");
  CHECK(post(app, "/text", "GZIP,identity, BR", twice).body() == "twice");
  CHECK(post(app, "/text", "br, gzip", twice).status() == StatusCode::BadRequest);
  CHECK(
      app.post("/text").header("content-encoding", "gzip").header("content-encoding", "br").body(twice).send().body() ==
      "twice");
}

TEST_CASE("middleware: Decompress refuses codings that it does not know, or too many, before the handler") {
  if (here().size() < 4) return;
  TestApp app(routes());
  for (std::string_view codings : {"compress", "gzip, x", "gzip, gzip, gzip", "gzip;q=1", "*"}) {
    CAPTURE(codings);
    const TestResponse answer = post(app, "/ignored", codings, "x");
    CHECK(answer.status() == StatusCode::UnsupportedMediaType);
    CHECK(answer.header("accept-encoding") == "zstd, br, gzip, deflate, identity");
  }
}

TEST_CASE("middleware: Decompress answers 400 to what is malformed, truncated, or goes on behind its end") {
  TestApp app(routes());
  for (const Coding which : here()) {
    const std::string_view name = coding::to_string(which);
    CAPTURE(name);
    const std::string good = encoded(which, "hello, hello, hello, hello");
    for (const std::string& bad : {good.substr(0, good.size() - 1), good + "x", std::string("\xFFno such thing")}) {
      CHECK(post(app, "/text", name, bad).status() == StatusCode::BadRequest);
      CHECK(post(app, "/stream", name, bad).status() == StatusCode::BadRequest);
    }
  }
}

TEST_CASE("middleware: Decompress takes a body of no bytes for an empty one, but not a content of none") {
  if (here().size() < 4) return;
  TestApp app(routes());
  CHECK(post(app, "/text", "gzip", "").status() == StatusCode::Ok);
  const std::string chunked =
      "POST /text HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-encoding: gzip\r\n\r\n";
  CHECK(app.wire(chunked + "0\r\n\r\n").starts_with("HTTP/1.1 200 "));
  CHECK(post(app, "/text", "br, gzip", encoded(Coding::Gzip, "")).status() == StatusCode::BadRequest);
}

TEST_CASE("middleware: limits count what comes out of Decompress") {
  Limits limits;
  limits.max_buffered_body = 100'000;
  limits.max_streamed_body = 200'000;
  TestApp app(routes(), limits);
  std::string content;
  for (int i = 0; content.size() < 200'000; ++i) content += std::to_string(i * 7919);
  for (const Coding which : here()) {
    const std::string_view name = coding::to_string(which);
    CAPTURE(name);
    const auto part = [&](std::size_t size) { return encoded(which, content.substr(0, size)); };
    CHECK(post(app, "/text", name, part(100'000)).status() == StatusCode::Ok);
    CHECK(post(app, "/text", name, part(100'001)).status() == StatusCode::ContentTooLarge);
    CHECK(post(app, "/tiny", name, encoded(which, "1234567890")).status() == StatusCode::Ok);
    CHECK(post(app, "/tiny", name, encoded(which, "12345678901")).status() == StatusCode::ContentTooLarge);
    CHECK(post(app, "/stream", name, part(200'000)).status() == StatusCode::Ok);
    content += "x";
    CHECK(post(app, "/stream", name, encoded(which, content.substr(0, 200'001))).status() ==
          StatusCode::ContentTooLarge);
    CHECK(post(app, "/tiny-stream", name, encoded(which, "1234567890")).status() == StatusCode::Ok);
    CHECK(post(app, "/tiny-stream", name, encoded(which, "12345678901")).status() == StatusCode::ContentTooLarge);
    CHECK(post(app, "/long-stream", name, encoded(which, content + content.substr(0, 99'000))).status() ==
          StatusCode::Ok);
    CHECK(post(app, "/endless-stream", name, encoded(which, content + content.substr(0, 99'000))).status() ==
          StatusCode::Ok);
  }
}

TEST_CASE("middleware: beyond 64 KiB a body may not grow more than a hundredfold, whatever its codings") {
  TestApp app(routes());
  for (const Coding which : here()) {
    const std::string_view name = coding::to_string(which);
    CAPTURE(name);
    CHECK(post(app, "/stream", name, encoded(which, std::string(65'536, '\0'))).status() == StatusCode::Ok);
    CHECK(post(app, "/stream", name, encoded(which, std::string(1'000'000, '\0'))).status() ==
          StatusCode::ContentTooLarge);
    const std::string twice = encoded(which, encoded(which, std::string(10'000'000, '\0')));
    CHECK(post(app, "/stream", std::string(name) + ", " + std::string(name), twice).status() ==
          StatusCode::ContentTooLarge);
  }
}

TEST_CASE("middleware: a bomb is refused at the limit") {
  if (!coding::is_available(Coding::Gzip)) return;
  TestApp app(routes());
  const std::string coded = bomb();
  CHECK(coded.size() < 12'000'000);
  CHECK(post(app, "/text", "gzip", coded).status() == StatusCode::ContentTooLarge);
  CHECK(post(app, "/stream", "gzip", coded).status() == StatusCode::ContentTooLarge);
}

TEST_CASE("middleware: behind Decompress nobody sees the coding or the length on the wire") {
  if (!coding::is_available(Coding::Gzip)) return;
  TestApp app(routes());
  const std::string names = post(app, "/fields", "gzip", encoded(Coding::Gzip, "x")).body();
  CHECK(names.find("ontent-") == std::string::npos);
  CHECK(app.post("/fields").body("x").send().body().find("ontent-") != std::string::npos);
}

TEST_CASE("middleware: Decompress reads nothing before the handler asks") {
  if (!coding::is_available(Coding::Gzip)) return;
  TestApp app(routes());
  CHECK(post(app, "/ignored", "gzip", "not gzip at all").body() == "not read");
  const std::string coded = encoded(Coding::Gzip, "hello");
  testing::Wire wire = app.connect();
  REQUIRE(
      wire.send("POST /text HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-encoding: gzip\r\ncontent-length: " +
                std::to_string(coded.size()) + "\r\n\r\n"));
  app.settle();
  CHECK(wire.received().starts_with("HTTP/1.1 100 "));
  REQUIRE(wire.send(coded));
  app.settle();
  CHECK(wire.received().ends_with("\r\n\r\nhello"));
}

TEST_CASE("middleware: Decompress takes chunks of one byte") {
  TestApp app(routes());
  for (const Coding which : here()) {
    testing::Wire wire = app.connect();
    std::string bytes = "POST /text HTTP/1.1\r\nhost: x\r\ncontent-encoding: " + std::string(coding::to_string(which)) +
                        "\r\ntransfer-encoding: chunked\r\n\r\n";
    REQUIRE(wire.send(bytes));
    for (const char c : encoded(which, "hello, hello")) {
      REQUIRE(wire.send("1\r\n" + std::string(1, c) + "\r\n"));
      app.settle();
    }
    REQUIRE(wire.send("0\r\n\r\n"));
    app.settle();
    CHECK(wire.received().ends_with("\r\n\r\nhello, hello"));
  }
}

TEST_CASE("middleware: a read of a decompressed body that is given up loses no byte") {
  Router<> router;
  router.layer(Decompress());
  router.post<"/">([](BodyStream body) -> Task<std::string> {
    std::string content;
    for (;;) {
      auto piece = co_await time::timeout(1ms, body.next());
      if (!piece && piece.error() == Errc::TimedOut) continue;
      if (!piece || piece->empty()) co_return content;
      content += piece->view();
    }
  });
  TestApp app(router);
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    testing::Wire wire = app.connect();
    REQUIRE(wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-encoding: " + std::string(coding::to_string(which)) +
                      "\r\ntransfer-encoding: chunked\r\n\r\n"));
    for (const char c : encoded(which, "hello, hello")) {
      app.advance(5ms);
      REQUIRE(wire.send("1\r\n" + std::string(1, c) + "\r\n"));
    }
    REQUIRE(wire.send("0\r\n\r\n"));
    app.settle();
    CHECK(wire.received().ends_with("\r\n\r\nhello, hello"));
  }
}

TEST_CASE("middleware: a handler that is cut while Decompress waits leaves nothing behind") {
  if (!coding::is_available(Coding::Gzip)) return;
  TestApp app(routes());
  const std::string coded = encoded(Coding::Gzip, "hello");
  for (std::size_t sent = 0; sent < coded.size(); ++sent) {
    {
      testing::Wire wire = app.connect();
      REQUIRE(wire.send("POST /stream HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: " +
                        std::to_string(coded.size()) + "\r\n\r\n" + coded.substr(0, sent)));
      app.settle();
    }
    app.advance(5s);
    CHECK(app.live_tasks() == 0);
  }
}

TEST_CASE("middleware: a Decompress that nothing passes is a mistake of the router") {
  Router<> router;
  router.layer(Decompress{.ratio = 0});
  CHECK_FALSE(router.build().has_value());
}
