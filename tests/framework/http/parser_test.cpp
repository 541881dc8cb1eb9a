#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/limits.h>

#include "http/control_scan.h"
#include "http/machine.h"
#include "http/request_parser.h"

using namespace rondeau;
using http::RequestParser;

namespace {

const Limits kLimits;

}  // namespace

TEST_CASE("parser: the vector scan finds what the plain loop finds, wherever it starts and ends") {
  std::random_device device;
  auto seed = device();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::string text(96, 'a');
  for (int round = 0; round < 2000; ++round) {
    for (char& c : text) c = random() % 24 == 0 ? static_cast<char>(random() % 256) : 'a';
    for (std::size_t from = 0; from <= text.size(); from += 1 + random() % 5) {
      std::size_t size = from + random() % (text.size() - from + 1);
      const char* end = text.data() + size;
      REQUIRE(http::find_control(text.data(), text.data() + from, end) ==
              http::find_control_by_loop(text.data() + from, end));
    }
  }
}

TEST_CASE("parser: views survive a buffer that moves") {
  RequestParser parser(kLimits);
  http::RequestHead head;
  std::string first = "GET /a?b HTTP/1.1\r\nHost: ex";
  REQUIRE(parser.parse_head(first, head) == RequestParser::Status::More);
  CHECK(parser.started());
  std::string second = first + "ample.org\r\nX: y \r\n\r\nrest";
  REQUIRE(parser.parse_head(second, head) == RequestParser::Status::Head);
  CHECK(head.length == second.size() - 4);
  std::string moved = second;
  head.base = moved.data();
  second.assign(second.size(), '-');
  http::RequestHeaders headers(head);
  CHECK(headers.get(HeaderName::Host) == "example.org");
  CHECK(headers.get("x") == "y");
  CHECK(headers.size() == 2);
  CHECK(head.target.query.in(head.text(head.target_text)) == "b");
}

TEST_CASE("parser: trailers are readable after the end, without those about framing, routing and authentication") {
  RequestParser parser(kLimits);
  http::RequestHead head;
  std::string input =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nX-Sum: 9\r\nContent-Length: 3\r\nAuthorization: x\r\nHost: b\r\nx-sum: 8\r\n\r\nrest";
  REQUIRE(parser.parse_head(input, head) == RequestParser::Status::Head);
  CHECK(head.framing == http::BodyFraming::Chunked);
  CHECK_FALSE(parser.remaining());
  std::span<char> body(input.data() + head.length, input.size() - head.length);
  auto step = parser.decode_body(body);
  CHECK(step.status == RequestParser::BodyStep::Status::End);
  CHECK(step.content == "ab");
  CHECK(step.consumed == body.size() - 4);
  CHECK(parser.trailers().size() == 2);
  CHECK(parser.trailers().get("X-Sum") == "9");
}

TEST_CASE("parser: a body above its bound is refused as soon as its size is announced") {
  for (bool chunked : {false, true}) {
    RequestParser parser(kLimits);
    http::RequestHead head;
    std::string input =
        std::string("POST / HTTP/1.1\r\nHost: a\r\n") +
        (chunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\n" : "Content-Length: 6\r\n\r\n");
    REQUIRE(parser.parse_head(input, head) == RequestParser::Status::Head);
    parser.limit_body(5);
    auto step = parser.decode_body({input.data() + head.length, input.size() - head.length});
    CHECK(step.status == RequestParser::BodyStep::Status::Refused);
    CHECK(parser.refusal().status == StatusCode::ContentTooLarge);
  }
}

TEST_CASE("parser: a body of known length says what is left of it") {
  RequestParser parser(kLimits);
  http::RequestHead head;
  std::string input = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
  REQUIRE(parser.parse_head(input, head) == RequestParser::Status::Head);
  CHECK(parser.remaining() == 10);
  auto step = parser.decode_body({input.data() + head.length, 3});
  CHECK(step.status == RequestParser::BodyStep::Status::More);
  CHECK(step.content == "abc");
  CHECK(parser.remaining() == 7);
  CHECK_FALSE(parser.may_end());
}

TEST_CASE("parser: heads say whether a 100 is awaited and whether an upgrade is wished for") {
  auto parse = [](std::string text) {
    RequestParser parser(kLimits);
    http::RequestHead head;
    REQUIRE(parser.parse_head(text, head) == RequestParser::Status::Head);
    return head;
  };
  CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expects_continue);
  CHECK_FALSE(parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
  CHECK_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expects_continue);
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Upgrade\r\nUpgrade: websocket\r\n\r\n").wants_upgrade);
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").wants_upgrade);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").wants_upgrade);
}

TEST_CASE("parser: after the first requests a request allocates nothing") {
  // The fields' vector is the one thing that grows; it keeps its capacity.
  RequestParser parser(kLimits);
  http::RequestHead head;
  std::string input = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n";
  REQUIRE(parser.parse_head(input, head) == RequestParser::Status::Head);
  parser.next();
  const void* memory = head.fields.data();
  std::size_t capacity = head.fields.capacity();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(parser.parse_head(input, head) == RequestParser::Status::Head);
    parser.next();
  }
  CHECK(head.fields.data() == memory);
  CHECK(head.fields.capacity() == capacity);
}

TEST_CASE("parser: llhttp knows every method that we know") {
  for (std::size_t i = 0; i < http::kMethodCount; ++i) {
    auto method = static_cast<Method>(i);
    if (method == Method::Connect) continue;
    http::Machine machine;
    CHECK_MESSAGE(machine.head(http::Machine::Kind::Request, std::string(to_string(method)) + " / HTTP/1.1\r\nHost: a\r\n\r\n"), to_string(method));
  }
}
