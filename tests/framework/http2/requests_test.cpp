// Requests and answers over HTTP/2: the same router, the same semantics.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/http2/wire.h"

using namespace rondeau;
using namespace http2_test;
using namespace std::chrono_literals;

namespace {

Task<std::string> later(Path<"what", std::string> what) {
  co_await sleep_for(10s);
  co_return "later: " + *what;
}

Task<Result<void>> write_parts(BodyWriter& out) {
  for (int part = 1; part <= 3; ++part) {
    RONDEAU_TRY_VOID(co_await out.write(Bytes("part " + std::to_string(part) + "\n")));
    co_await sleep_for(1s);
  }
  co_return Result<void>();
}
Task<Result<void>> write_half(BodyWriter& out) {
  RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("half")));
  co_return Error(Errc::Other);
}
Task<Result<void>> write_too_little(BodyWriter& out) {
  co_return co_await out.write(Bytes::from_static("abc"));
}

Task<std::string> sum_up(BodyStream body) {
  std::size_t bytes = 0;
  for (;;) {
    auto piece = co_await body.next();
    if (!piece) co_return "error: " + piece.error().message();
    if (piece->empty()) break;
    bytes += piece->size();
  }
  const auto trailer = body.trailers().get("x-sum");
  co_return std::to_string(bytes) + (trailer ? " " + std::string(*trailer) : "");
}

Router<> routes() {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.get<"/nothing">([] { return StatusCode::NoContent; });
  app.get<"/version">([](Request request) { return std::string(to_string(request.version())); });
  app.get<"/cookie">([](Header<"cookie"> cookie) { return *cookie; });
  app.get<"/later/{what}">(later);
  app.get<"/parts">([] { return Response::stream(&write_parts, "text/plain"); });
  app.get<"/half">([] { return Response::stream(&write_half, "text/plain"); });
  app.get<"/little">([] {
    return Response::stream(&write_too_little, "text/plain").header(HeaderName::ContentLength, "5");
  });
  app.get<"/throws">([]() -> Response { throw std::runtime_error("no"); });
  app.get<"/connection">([] {
    return Response::text("x").header("connection", "close").header("upgrade", "y").header("X-Mixed", "Case");
  });
  app.get<"/faulty">([] { return Response::text("x").header("x", "a\nb"); });
  app.get<"/trailers">([] {
    Response response = Response::text("body");
    static_cast<void>(response.trailers().append("x-sum", "4"));
    static_cast<void>(response.trailers().append("content-length", "4"));
    return response;
  });
  app.get<"/only-trailers">([] {
    Response response;
    static_cast<void>(response.trailers().append("x-sum", "0"));
    return response;
  });
  app.get<"/hints">([](Request request) -> Task<std::string> {
    static_cast<void>(request.early_hints({"</style.css>; rel=preload"}));
    co_await sleep_for(1s);
    co_return "page";
  });
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  app.post<"/sum">(sum_up);
  app.post<"/deaf">([] { return "I do not listen"; });
  return app;
}

}  // namespace

TEST_CASE("http2: a request is answered with its fields in lower case") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1));
  CHECK(wire.status(1) == "200");
  CHECK(wire.field(1, "content-type") == "text/plain; charset=utf-8");
  CHECK(wire.field(1, "content-length") == "5");
  CHECK(wire.field(1, "date").size() == 29);
  CHECK(wire.body(1) == "hello");
  CHECK(wire.ended(1));
  CHECK(wire.send(get(3, "/version")).body(3) == "HTTP/2");
  CHECK(wire.send(get(5, "/cookie", {{"cookie", "a=b"}, {"cookie", "c=d"}})).body(5) == "a=b; c=d");
  CHECK(wire.trouble() == "");
}

TEST_CASE("http2: what does not end in a body ends with its head") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(headers(1, request("HEAD", "/")));
  CHECK(wire.field(1, "content-length") == "5");
  wire.send(get(3, "/nothing"));
  CHECK(wire.status(3) == "204");
  CHECK(wire.field(3, "content-length") == "");
  wire.send(headers(5, request("HEAD", "/parts")));
  CHECK(wire.status(5) == "200");
  CHECK(wire.of_type(NGHTTP2_DATA).empty());
  for (const std::int32_t id : {1, 3, 5}) CHECK(wire.ended(id));
}

TEST_CASE("http2: requests that wait are answered in any order") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/later/a") + get(3) + get(5, "/later/b"));
  CHECK(wire.body(3) == "hello");
  CHECK_FALSE(wire.ended(1));
  app.advance(10s);
  wire.look();
  CHECK(wire.body(1) == "later: a");
  CHECK(wire.body(5) == "later: b");
}

TEST_CASE("http2: streams go out piece by piece, and what breaks off is reset") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/parts"));
  CHECK(wire.body(1) == "part 1\n");
  app.advance(1s);
  CHECK(wire.look().body(1) == "part 1\npart 2\n");
  app.advance(2s);
  CHECK(wire.look().body(1) == "part 1\npart 2\npart 3\n");
  CHECK(wire.ended(1));
  wire.send(get(3, "/half"));
  CHECK_FALSE(wire.ended(3));
  CHECK(wire.trouble() == "RST_STREAM 3 INTERNAL_ERROR");
  wire.send(get(5, "/little"));
  CHECK_FALSE(wire.ended(5));
  CHECK(wire.trouble() == "RST_STREAM 5 INTERNAL_ERROR");
  CHECK(wire.send(get(7)).body(7) == "hello");
}

TEST_CASE("http2: refusals and failures are answers") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/none"));
  CHECK(wire.status(1) == "404");
  CHECK(wire.field(1, "content-type") == "application/problem+json");
  wire.send(headers(3, request("DELETE", "/")));
  CHECK(wire.status(3) == "405");
  CHECK(wire.field(3, "allow") == "GET, HEAD, OPTIONS");
  CHECK(wire.send(get(5, "/../x")).status(5) == "400");
  CHECK(wire.send(headers(7, request("BREW", "/"))).status(7) == "501");
  CHECK(wire.send(get(9, "/", {{"host", "other"}})).status(9) == "400");
  CHECK(wire.send(get(11, "/throws")).status(11) == "500");
  CHECK(wire.send(get(13, "/faulty")).status(13) == "500");
  CHECK(wire.send(get(15, "/", {{"x", std::string(33 * 1024, 'x')}})).status(15) == "431");
  CHECK(wire.send(get(17)).status(17) == "200");
  CHECK(wire.trouble() == "");
}

TEST_CASE("http2: fields about a connection of HTTP/1.1 are left out") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/connection"));
  CHECK(wire.status(1) == "200");
  CHECK(wire.field(1, "connection") == "");
  CHECK(wire.field(1, "upgrade") == "");
  CHECK(wire.field(1, "x-mixed") == "Case");
}

TEST_CASE("http2: bodies come whole, in pieces, padded, with trailers and without a length") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/echo") + data(1, "all at once", kEnd));
  CHECK(wire.body(1) == "all at once");
  wire.send(post(3, "/echo", {{"content-length", "6"}}) + data(3, "abc"));
  CHECK(wire.status(3) == "");
  wire.send(frame(NGHTTP2_DATA, kEnd | NGHTTP2_FLAG_PADDED, 3, std::string("\x04") + "def" + std::string(4, '\0')));
  CHECK(wire.body(3) == "abcdef");
  wire.send(post(5, "/echo") + data(5, "", kEnd));
  CHECK(wire.status(5) == "200");
  CHECK(wire.body(5) == "");
  wire.send(post(7, "/sum") + data(7, "12345") + headers(7, {{"x-sum", "15"}, {"authorization", "x"}}));
  CHECK(wire.body(7) == "5 15");
  CHECK(wire.trouble() == "");
  wire.send(post(9, "/echo", {{"content-length", "6"}}) + data(9, "abc", kEnd));
  CHECK(wire.trouble() == "RST_STREAM 9 PROTOCOL_ERROR");
  wire.send(post(11, "/echo", {{"content-length", "2"}}) + data(11, "abc", kEnd));
  CHECK(wire.trouble() == "RST_STREAM 11 PROTOCOL_ERROR");
}

TEST_CASE("http2: trailers follow the body, hints go before it") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/trailers"));
  CHECK(wire.body(1) == "body");
  CHECK(wire.field(1, "x-sum") == "4");
  CHECK(wire.of_type(NGHTTP2_HEADERS, 1).size() == 2);
  CHECK(wire.ended(1));
  wire.send(get(3, "/only-trailers"));
  CHECK(wire.status(3) == "200");
  CHECK(wire.field(3, "x-sum") == "0");
  CHECK(wire.ended(3));
  wire.send(headers(5, request("HEAD", "/trailers")));
  CHECK(wire.field(5, "x-sum") == "");
  CHECK(wire.ended(5));
  wire.send(get(7, "/hints"));
  CHECK(wire.status(7) == "103");
  CHECK(wire.field(7, "link") == "</style.css>; rel=preload");
  app.advance(1s);
  CHECK(wire.look().status(7) == "200");
  CHECK(wire.body(7) == "page");
}

TEST_CASE("http2: work for after the answer begins when that is sent, or cannot be") {
  int done = 0;
  Router<> app_routes;
  app_routes.get<"/">([&done] {
    return Response::text("now").after([&done]() -> Task<void> {
      ++done;
      co_return;
    });
  });
  TestApp app(app_routes);
  Http2Wire wire(app);
  CHECK(wire.send(get(1)).body(1) == "now");
  CHECK(done == 1);
  wire.send(headers(3, request("HEAD", "/")) + frame(NGHTTP2_RST_STREAM, 0, 3, word(8)) + get(5));
  CHECK(done == 2);
}

TEST_CASE("http2: a request is the same however its bytes are cut") {
  const std::string bytes = frame(NGHTTP2_HEADERS, 0, 1, hpack(request("POST", "/echo"))) +
                            frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, hpack({{"x", "y"}})) + data(1, "abc") +
                            data(1, "def", kEnd);
  TestApp app(routes());
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    Http2Wire wire(app);
    wire.send(bytes.substr(0, cut)).send(bytes.substr(cut));
    CAPTURE(cut);
    CHECK(wire.body(1) == "abcdef");
  }
  Http2Wire wire(app);
  for (const char byte : bytes) wire.send({&byte, 1});
  CHECK(wire.body(1) == "abcdef");
}

TEST_CASE("http2: who expects to be asked for its body is asked when the handler wants it") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/echo", {{"expect", "100-continue"}}));
  CHECK(wire.status(1) == "100");
  wire.send(data(1, "asked for", kEnd));
  CHECK(wire.status(1) == "200");
  CHECK(wire.body(1) == "asked for");
  wire.send(post(3, "/deaf", {{"expect", "100-continue"}}));
  CHECK(wire.status(3) == "200");
}

TEST_CASE("http2: an answer before the end of its request lets the peer go on for a moment") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/deaf") + data(1, "a"));
  CHECK(wire.ended(1));
  CHECK(wire.trouble() == "");
  wire.send(data(1, "b", kEnd));
  wire.send(post(3, "/deaf") + data(3, "a"));
  app.advance(3s);
  wire.look();
  CHECK(wire.trouble() == "RST_STREAM 3 NO_ERROR");
  CHECK(wire.send(get(5)).body(5) == "hello");
}

TEST_CASE("http2: a body above the limit is refused before and while it comes") {
  Limits limits;
  limits.max_buffered_body = 10;
  TestApp app(routes(), limits);
  Http2Wire wire(app);
  CHECK(wire.send(post(1, "/echo", {{"content-length", "11"}})).status(1) == "413");
  CHECK(wire.send(post(3, "/echo") + data(3, std::string(11, 'x'), kEnd)).status(3) == "413");
  CHECK(wire.send(post(5, "/echo") + data(5, std::string(10, 'x'), kEnd)).status(5) == "200");

  limits.max_streamed_body = 20;
  TestApp strict(routes(), limits);
  Http2Wire other(strict);
  CHECK(other.send(post(1, "/sum") + data(1, std::string(21, 'x'))).status(1) == "413");
}

TEST_CASE("http2: body_limit bounds a body that the handler pulls, in place of the server's limit") {
  Limits limits;
  limits.max_streamed_body = 20;
  Router<> router;
  router.body_limit(30);
  router.post<"/sum">(sum_up);
  router.post<"/less">(sum_up).body_limit(10);
  TestApp app(router, limits);
  Http2Wire wire(app);
  CHECK(wire.send(post(1, "/less", {{"content-length", "11"}})).status(1) == "413");
  CHECK(wire.send(post(3, "/less") + data(3, std::string(11, 'x'), kEnd)).status(3) == "413");
  CHECK(wire.send(post(5, "/less") + data(5, std::string(11, 'x'))).status(5) == "413");
  wire.send(post(7, "/less"));
  wire.send(data(7, std::string(10, 'x')));
  CHECK(wire.send(data(7, "x")).status(7) == "413");
  CHECK(wire.send(post(9, "/less") + data(9, std::string(10, 'x'), kEnd)).body(9) == "10");
  CHECK(wire.send(post(11, "/sum") + data(11, std::string(30, 'x'))).status(11) == "");
  CHECK(wire.send(data(11, "", kEnd)).body(11) == "30");
  CHECK(wire.send(post(13, "/sum") + data(13, std::string(31, 'x'))).status(13) == "413");
}

TEST_CASE("http2: the first bytes decide, and HTTP/1.1 stays what it is") {
  TestApp app(routes());
  app.allow_http2();
  CHECK(app.get("/version").send().body() == "HTTP/1.1");
  testing::Wire slow = app.connect();
  for (const char byte : std::string("PUT / HTTP/1.1\r\nHost: a\r\n\r\n")) slow.send({&byte, 1});
  CHECK(slow.received().starts_with("HTTP/1.1 405"));
  TestApp without(routes());
  testing::Wire refused = without.connect();
  refused.send(preface());
  CHECK(refused.received().starts_with("HTTP/1.1 "));
}
