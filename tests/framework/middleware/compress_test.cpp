#include <rondeau/middleware/compress.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/coded.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

using testing::TestResponse;

bool all_are_here() {
  return std::ranges::all_of(coding::kCodings, coding::is_available);
}

std::string many_lines(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(text.size()) + " of many\n";
  text.resize(size);
  return text;
}

AsyncGenerator<std::string> two_pieces() {
  co_yield "the first piece\n";
  co_await sleep_for(10s);
  co_yield "the second piece\n";
}
AsyncGenerator<Result<std::string>> breaks_off() {
  co_yield Result<std::string>(many_lines(5000));
  co_yield Result<std::string>(Errc::UnexpectedEof);
}
AsyncGenerator<SseEvent> one_event() {
  co_yield SseEvent().data(many_lines(2000).substr(0, 20));
}
Response with(std::string_view name, std::string_view value) {
  return Response::text(many_lines(2000)).header(name, value);
}

Router<> routes(Compress settings = {}) {
  Router<> app;
  app.layer(std::move(settings));
  app.get<"/text">([] { return many_lines(2000); });
  app.get<"/small">([] { return many_lines(1023); });
  app.get<"/just">([] { return many_lines(1024); });
  app.get<"/large">([] { return many_lines(300'000); });
  app.get<"/image">([] { return Response::bytes(Bytes(many_lines(2000)), "image/png"); });
  app.get<"/problem">([] {
    return Response(StatusCode::NotFound, http::ResponseBody(many_lines(2000)))
        .header(HeaderName::ContentType, "application/problem+json");
  });
  app.get<"/secret">([] { return many_lines(2000); }).secret();
  app.any<"/any-secret">([] { return many_lines(2000); }).secret();
  Router<> inside;
  inside.get<"/secret">([] { return many_lines(2000); }).secret();
  app.nest<"/inside">(std::move(inside));
  app.get<"/partial">([] { return Response::text(many_lines(2000), StatusCode::PartialContent); });
  app.get<"/coded">([] { return with("content-encoding", "compress"); });
  app.get<"/fixed">([] { return with("cache-control", "private, no-transform"); });
  app.get<"/digest">([] { return with("content-digest", "sha-256=:x:"); });
  app.get<"/tag">([] { return with("etag", "\"v1\""); });
  app.get<"/weak">([] { return with("etag", "W/\"v1\""); });
  app.get<"/same">([](Request request) { return response::conditional(request, with("etag", "\"v1\"")); });
  app.get<"/vary">([] { return with("vary", "Origin, Accept-Encoding"); });
  app.get<"/promise">([] {
    return Response::stream([](BodyWriter& out) { return out.write(Bytes(many_lines(2000))); }, "text/plain")
        .header(HeaderName::ContentLength, "2000");
  });
  app.get<"/broken-promise">([] {
    return Response::stream([](BodyWriter& out) { return out.write(Bytes(many_lines(2000))); }, "text/plain")
        .header(HeaderName::ContentLength, "2001");
  });
  app.get<"/trailers">([] {
    return Response::stream(
        [](BodyWriter& out) -> Task<Result<void>> {
          RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello")));
          co_return out.trailers().set("x-length", "5");
        },
        "text/plain");
  });
  app.get<"/stream">([] { return two_pieces(); });
  app.get<"/breaks">([] { return Response::stream(breaks_off(), "text/plain"); });
  app.get<"/throws">([] {
    return Response::stream(
        [](BodyWriter& out) -> Task<Result<void>> {
          RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("hello")));
          throw std::runtime_error("in the middle");
        },
        "text/plain");
  });
  app.get<"/events">([] { return Sse(one_event()); });
  app.head<"/own-head">([] {
    return Response(StatusCode::Ok)
        .header(HeaderName::ContentType, "text/plain")
        .header(HeaderName::ContentLength, "5000");
  });
  app.get<"/own-head">([] { return many_lines(5000); });
  app.post<"/done">([] { return Response::text(many_lines(2000), StatusCode::PartialContent); });
  app.get<"/nothing">([] { return StatusCode::NoContent; });
  return app;
}

std::string coding_of(const TestResponse& answer) {
  return std::string(answer.header("content-encoding").value_or("-"));
}

}  // namespace

TEST_CASE("middleware: Compress takes the coding with the greatest weight, of equals zstd, br, gzip") {
  if (!all_are_here()) return;
  TestApp app(routes());
  struct Case {
    std::string_view field;
    std::string_view coding;
    unsigned status = 200;
  };
  for (const Case& row : {
           Case{"gzip", "gzip"},
           Case{"gzip, deflate, br, zstd", "zstd"},
           Case{"gzip, deflate, br", "br"},
           Case{"zstd;q=0.1, br;q=0.2, gzip;q=0.3", "gzip"},
           Case{"gzip;q=0", "-"},
           Case{"*", "zstd"},
           Case{"*, zstd;q=0", "br"},
           Case{"*;q=0.5, gzip;q=0.6", "gzip"},
           Case{"identity", "-"},
           Case{"identity, gzip;q=0.5", "-"},
           Case{"identity;q=0.5, gzip;q=0.5", "gzip"},
           Case{"identity;q=0, gzip", "gzip"},
           Case{"*;q=0", "-", 406},
           Case{"identity;q=0", "-", 406},
           Case{"*;q=0, identity", "-"},
           Case{"*;q=0, gzip;q=0.001", "gzip"},
           Case{"identity;q=0, compress", "-", 406},
           Case{"deflate", "-"},  // what it means is not agreed on; it is not offered unless one says so
           Case{"X-GZIP", "gzip"},
           Case{"GZIP ; Q=1", "gzip"},
           Case{"", "-"},
           Case{",,gzip,,", "gzip"},
           Case{"gzip;q=1.001", "-"},
           Case{"gzip;q=-1, br", "br"},
           Case{"gzip;q=", "-"},
           Case{"*;q=x", "-"},
           Case{"identity;q=none", "-"},
           Case{"gz ip", "-"},
           Case{"\"gzip\"", "-"},
           Case{"gzip;level=9;q=0", "-"},
       }) {
    CAPTURE(row.field);
    const TestResponse answer = app.get("/text").header("accept-encoding", row.field).send();
    CHECK(code(answer.status()) == row.status);
    CHECK(coding_of(answer) == row.coding);
    CHECK(answer.header("vary") == "accept-encoding");
    if (row.coding != "-") {
      CHECK(support::decoded(row.coding, answer.body()) == many_lines(2000));
      CHECK(answer.header("content-length") == std::to_string(answer.body().size()));
    } else if (row.status == 200) {
      CHECK(answer.body() == many_lines(2000));
    }
  }
  const TestResponse without = app.get("/text").send();
  CHECK(coding_of(without) == "-");
  CHECK(without.header("vary") == "accept-encoding");
}

TEST_CASE("middleware: Compress leaves alone what would not gain or may not change") {
  if (!all_are_here()) return;
  TestApp app(routes());
  struct Case {
    std::string_view path;
    std::string_view coding;
    bool varies;
  };
  for (const Case& row : {Case{"/small", "-", false}, Case{"/just", "gzip", true}, Case{"/image", "-", false},
                          Case{"/problem", "gzip", true}, Case{"/secret", "-", false}, Case{"/any-secret", "-", false},
                          Case{"/inside/secret", "-", false}, Case{"/partial", "-", false},
                          Case{"/coded", "compress", false}, Case{"/fixed", "-", false}, Case{"/digest", "-", false},
                          Case{"/events", "-", false}, Case{"/nothing", "-", false}}) {
    CAPTURE(row.path);
    const TestResponse answer = app.get(row.path).header("accept-encoding", "gzip").send();
    CHECK(coding_of(answer) == row.coding);
    CHECK(answer.header("vary").has_value() == row.varies);
  }
  // Who refuses what is not coded gets it coded, as far as that may be, or nothing.
  CHECK(coding_of(app.get("/small").header("accept-encoding", "gzip, identity;q=0").send()) == "gzip");
  CHECK(coding_of(app.get("/image").header("accept-encoding", "gzip, identity;q=0").send()) == "gzip");
  for (std::string_view path : {"/secret", "/partial", "/fixed"}) {
    CHECK(app.get(path).header("accept-encoding", "gzip, identity;q=0").send().status() == StatusCode::NotAcceptable);
  }
  // What was done is told.
  const TestResponse done = app.post("/done").header("accept-encoding", "gzip, identity;q=0").send();
  CHECK(done.status() == StatusCode::PartialContent);
}

TEST_CASE("middleware: Compress makes strong tags weak and knows them again") {
  if (!all_are_here()) return;
  TestApp app(routes());
  CHECK(app.get("/tag").header("accept-encoding", "gzip").send().header("etag") == "W/\"v1\"");
  CHECK(app.get("/tag").send().header("etag") == "\"v1\"");
  CHECK(app.get("/weak").header("accept-encoding", "gzip").send().header("etag") == "W/\"v1\"");
  CHECK(app.get("/vary").header("accept-encoding", "gzip").send().header("vary") == "Origin, Accept-Encoding");
  const TestResponse same =
      app.get("/same").header("accept-encoding", "gzip").header("if-none-match", "W/\"v1\"").send();
  CHECK(same.status() == StatusCode::NotModified);
  CHECK(same.header("etag") == "W/\"v1\"");
  CHECK(same.header("vary") == "accept-encoding");
  CHECK(app.get("/same").header("if-none-match", "\"v1\"").send().header("etag") == "\"v1\"");
}

TEST_CASE("middleware: Compress gives HEAD the fields of GET") {
  if (!all_are_here()) return;
  TestApp app(routes());
  for (std::string_view path : {"/text", "/large", "/promise", "/stream", "/small"}) {
    CAPTURE(path);
    const TestResponse get = app.get(path).header("accept-encoding", "br").send();
    const TestResponse head = app.head(path).header("accept-encoding", "br").send();
    CHECK(head.body().empty());
    for (std::string_view field : {"content-encoding", "content-length", "content-type", "vary", "transfer-encoding"}) {
      CAPTURE(field);
      CHECK(head.header(field) == get.header(field));
    }
  }
  // A route of its own for HEAD tells what GET would be, but for the length, which only compressing tells.
  const TestResponse head = app.head("/own-head").header("accept-encoding", "br").send();
  CHECK(coding_of(head) == "br");
  CHECK(!head.header("content-length"));
  CHECK(app.head("/own-head").send().header("content-length") == "5000");
}

TEST_CASE("middleware: Compress streams long bodies, and what is streamed") {
  if (!all_are_here()) return;
  TestApp app(routes());
  for (std::string_view coding : {"zstd", "br", "gzip"}) {
    CAPTURE(coding);
    const TestResponse large = app.get("/large").header("accept-encoding", coding).send();
    CHECK(coding_of(large) == coding);
    CHECK(!large.header("content-length"));
    CHECK(large.body().size() < 150'000);
    CHECK(support::decoded(coding, large.body()) == many_lines(300'000));
    const TestResponse promised = app.get("/promise").header("accept-encoding", coding).send();
    CHECK(support::decoded(coding, promised.body()) == many_lines(2000));
    const TestResponse trailers =
        app.get("/trailers").header("accept-encoding", coding).header("te", "trailers").send();
    CHECK(support::decoded(coding, trailers.body()) == "hello");
    CHECK(trailers.trailers().get("x-length") == "5");
  }
}

TEST_CASE("middleware: a piece that Compress has sent can be decoded before the next is made") {
  if (!all_are_here()) return;
  TestApp app(routes());
  for (std::string_view coding : {"zstd", "br", "gzip"}) {
    CAPTURE(coding);
    testing::Wire wire = app.connect();
    REQUIRE(wire.send("GET /stream HTTP/1.0\r\naccept-encoding: " + std::string(coding) + "\r\n\r\n"));
    app.settle();
    std::string came = wire.received();
    came.erase(0, came.find("\r\n\r\n") + 4);
    CHECK(support::decoded(coding, came) == "(cut)the first piece\n");
    app.advance(10s);
    came += wire.received();
    CHECK(support::decoded(coding, came) == "the first piece\nthe second piece\n");
  }
}

TEST_CASE("middleware: an error in the middle cuts a compressed answer") {
  if (!all_are_here()) return;
  TestApp app(routes());
  for (std::string_view path : {"/breaks", "/throws", "/broken-promise"}) {
    CAPTURE(path);
    CHECK_THROWS_AS(app.get(path).header("accept-encoding", "gzip").send(), std::runtime_error);
  }
  // A client that leaves in the middle: the frames of the stream and of the encoder go with it.
  {
    testing::Wire wire = app.connect();
    REQUIRE(wire.send("GET /stream HTTP/1.1\r\nhost: x\r\naccept-encoding: zstd\r\n\r\n"));
    app.settle();
  }
  app.settle();
  app.advance(5s);
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("middleware: Compress does as it is told") {
  if (!all_are_here()) return;
  TestApp app(routes(
      {.minimum = 100, .codings = {Coding::Deflate, Coding::Gzip}, .more_types = {"image/png"}, .events = true}));
  CHECK(coding_of(app.get("/small").header("accept-encoding", "gzip, br, deflate").send()) == "deflate");
  CHECK(coding_of(app.get("/text").header("accept-encoding", "br").send()) == "-");
  CHECK(coding_of(app.get("/image").header("accept-encoding", "gzip").send()) == "gzip");
  CHECK(coding_of(app.get("/events").header("accept-encoding", "gzip").send()) == "gzip");
}

TEST_CASE("middleware: Compress with a level that its library does not have is a mistake of the router") {
  const auto builds = [](coding::Levels levels) {
    Router<> router;
    router.layer(Compress{.levels = levels});
    return router.build().has_value();
  };
  for (const int level : {1, 22}) CHECK(builds({.zstd = level}));
  for (const int level : {0, 11}) CHECK(builds({.brotli = level}));
  for (const int level : {1, 9}) CHECK(builds({.gzip = level}));
  for (const int level : {-1, 0, 23}) CHECK_FALSE(builds({.zstd = level}));
  for (const int level : {-1, 12}) CHECK_FALSE(builds({.brotli = level}));
  for (const int level : {-1, 0, 10}) CHECK_FALSE(builds({.gzip = level}));
}
