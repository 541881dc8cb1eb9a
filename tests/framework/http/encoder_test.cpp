#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/response.h>
#include <rondeau/http/upgrade.h>

#include "http/output_buffer.h"
#include "http/response_encoder.h"

using namespace rondeau;
using http::AnswerContext;
using http::BodyMode;
using http::OutputBuffer;
using http::Version;

namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

Response stream() {
  return Response::stream([](BodyWriter&) -> Task<Result<void>> { co_return Result<void>(); }, "text/plain");
}

struct Encoded {
  Result<http::EncodedHead> head;
  std::string text;
};

Encoded encode(const Response& response, AnswerContext context = {}) {
  context.date = kDate;
  OutputBuffer out;
  auto head = encode_head(out, response, context);
  return {std::move(head), std::string(out.view())};
}

bool fails(const Response& response) {
  Encoded encoded = encode(response);
  return !encoded.head && encoded.text.empty();
}

}  // namespace

TEST_CASE("encoder: a plain answer has its type, its length and the date") {
  Encoded plain = encode(Response::static_text("Hello"));
  REQUIRE(plain.head);
  CHECK(plain.text ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  CHECK(plain.head->mode == BodyMode::Whole);
  CHECK(plain.head->keep_alive);
}

TEST_CASE("encoder: 204 and 304 have no body, and only 304 may tell a length (RFC 9110 §8.6)") {
  CHECK(encode(Response(StatusCode::NoContent)).text ==
        "HTTP/1.1 204 No Content\r\nDate: " + std::string(kDate) + "\r\n\r\n");
  Response not_modified(StatusCode::NotModified);
  not_modified.header(HeaderName::ContentLength, "12");
  CHECK(encode(not_modified).text.find("Content-Length: 12\r\n") != std::string::npos);
  CHECK(encode(not_modified).head->mode == BodyMode::None);
  CHECK(fails(Response::text("x", StatusCode::NoContent)));
  CHECK(fails(Response::text("x", StatusCode::NotModified)));
  CHECK(fails(Response::text("x", StatusCode::ResetContent)));
}

TEST_CASE("encoder: HEAD has the head of GET and no body") {
  for (bool streamed : {false, true}) {
    Response response = streamed ? stream() : Response::text("Hello");
    Encoded get = encode(response);
    Encoded head = encode(response, {.method = Method::Head});
    CHECK(get.text == head.text);
    CHECK(head.head->mode == BodyMode::None);
    CHECK(head.head->keep_alive);
  }
  Response promised(StatusCode::Ok);
  promised.header(HeaderName::ContentLength, "77");
  CHECK(encode(promised, {.method = Method::Head}).text.find("Content-Length: 77\r\n") != std::string::npos);
}

TEST_CASE(
    "encoder: a stream is chunked on 1.1, ends with the connection on 1.0, and counted where its length is told") {
  Encoded eleven = encode(stream());
  CHECK(eleven.head->mode == BodyMode::Chunked);
  CHECK(eleven.text.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  Encoded ten = encode(stream(), {.version = Version::Http10, .keep_alive = true});
  CHECK(ten.head->mode == BodyMode::UntilClose);
  CHECK_FALSE(ten.head->keep_alive);
  CHECK(ten.text.find("Connection: close\r\n") != std::string::npos);
  CHECK(ten.text.find("Transfer-Encoding") == std::string::npos);
  Encoded counted = encode(stream().header(HeaderName::ContentLength, "9"));
  CHECK(counted.head->mode == BodyMode::Counted);
  CHECK(counted.head->length == 9);
}

TEST_CASE("encoder: the connection's fate is told, and keep-alive is echoed to HTTP/1.0 alone") {
  CHECK(encode(Response::text("x"), {.keep_alive = false}).text.find("Connection: close\r\n") != std::string::npos);
  CHECK(encode(Response::text("x")).text.find("Connection") == std::string::npos);
  Encoded ten = encode(Response::text("x"), {.version = Version::Http10});
  CHECK(ten.text.find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK(ten.text.starts_with("HTTP/1.1 200"));
  Encoded closing = encode(Response::text("x").header(HeaderName::Connection, "close"));
  CHECK_FALSE(closing.head->keep_alive);
  CHECK(closing.text.find("Connection: close\r\n") == closing.text.rfind("Connection: "));
}

TEST_CASE("encoder: Upgrade comes with a Connection that names it, in 101 as in 426 (RFC 9110 §7.8)") {
  Response required(StatusCode::UpgradeRequired);
  required.header(HeaderName::Upgrade, "websocket");
  AnswerContext last;
  last.keep_alive = false;
  CHECK(encode(required, last).text.find("Connection: upgrade\r\nConnection: close\r\n") != std::string::npos);
  struct Nothing final : http::Upgrade {
    Task<void> run(http::UpgradedStream&) override { co_return; }
  };
  const Response upgrade = Response::upgrade("echo", http::UpgradePtr(new Nothing));
  CHECK(encode(upgrade, last).text ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\nDate: " + std::string(kDate) +
            "\r\n\r\n");
  CHECK(encode(upgrade).head->mode == BodyMode::None);
  CHECK(fails(Response(StatusCode::SwitchingProtocols)));
}

TEST_CASE("encoder: what cannot be true is an error and nothing is sent") {
  CHECK(fails(Response::text("abc").header(HeaderName::ContentLength, "4")));
  CHECK(fails(Response::text("abc").header(HeaderName::ContentLength, "3, 3")));
  CHECK(fails(Response::text("abc").header("Transfer-Encoding", "chunked")));
  CHECK(fails(Response::redirect("/\r\nX: y")));
  CHECK(fails(Response(StatusCode::Continue)));
  CHECK(fails(Response(StatusCode{42})));
  Response twice = Response::text("abc");
  REQUIRE(twice.headers().append(HeaderName::ContentType, "text/html"));
  CHECK(fails(twice));
  CHECK_FALSE(fails(Response::text("abc").header(HeaderName::ContentLength, "3")));
}

TEST_CASE("encoder: unknown codes are sent, Server and Date are added unless set") {
  CHECK(encode(Response(StatusCode{299})).text.starts_with("HTTP/1.1 299 \r\n"));
  CHECK(encode(Response::text("x"), {.server = "abc"}).text.find("Server: abc\r\n") != std::string::npos);
  Encoded own = encode(Response::text("x").header("server", "mine").header("Date", "then"), {.server = "abc"});
  CHECK(own.text.find("abc") == std::string::npos);
  CHECK(own.text.find("Date: then\r\n") != std::string::npos);
  CHECK(own.text.find(kDate) == std::string::npos);
}

TEST_CASE("encoder: chunks carry their size in hexadecimal") {
  OutputBuffer out;
  http::append_chunk(out, std::string(26, 'x'));
  http::append_last_chunk(out);
  CHECK(out.view() == "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
}

TEST_CASE("encoder: the output buffer keeps what is unsent in order while it grows and drains") {
  OutputBuffer out;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    std::string piece(static_cast<std::size_t>(i * 7 % 97), static_cast<char>('a' + i % 26));
    out.append(piece);
    expected += piece;
    std::size_t gone = std::min<std::size_t>(expected.size(), static_cast<std::size_t>(i % 50));
    out.consume(gone);
    expected.erase(0, gone);
    REQUIRE(out.view() == expected);
  }
  std::size_t held = out.size();
  out.append("more");
  out.truncate(held);
  CHECK(out.view() == expected);
  out.release();
  CHECK(out.empty());
}

TEST_CASE("encoder: the date is formatted for the second it is asked for") {
  using namespace std::chrono;
  CHECK(http::http_date(sys_seconds(seconds(784111777))) == kDate);
  CHECK(http::http_date(sys_seconds(seconds(784111778))) == "Sun, 06 Nov 1994 08:49:38 GMT");
}
