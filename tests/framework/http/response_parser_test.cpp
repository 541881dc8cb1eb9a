// The parser of answers: bytes and verdicts, whole and cut at every byte.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/response_parser.h"
#include "support/answer_player.h"

using namespace rondeau;
using http::Method;
using http::ResponseParser;

namespace {

constexpr ResponseParser::Bounds kBounds{.head = 512, .fields = 8, .trailers = 128, .trailer_fields = 4};

using Verdict = testing::AnswerVerdict;

Verdict judge(std::string_view bytes, Method asked, std::size_t step) {
  return testing::judge_answer(bytes, asked, step, kBounds);
}

struct Row {
  std::string_view bytes;
  std::string_view refused = {};
  unsigned status = 200;
  std::string_view body = {};
  bool complete = true;
  bool keep_alive = true;
  Method asked = Method::Get;
  std::string_view rest = {};
};

const std::vector<Row> kRows{
    // Status lines.
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", {}, 200, "hi"},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"},
    {"HTTP/1.1 299 Fine \xC3\xA9\ttoo\r\nContent-Length: 0\r\n\r\n", {}, 299},
    {"HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n", {}, 999},
    {"HTTP/1.1 099 x\r\n\r\n", "status-line"},
    {"HTTP/1.1 20 OK\r\n\r\n", "status-line"},
    {"HTTP/1.1 2000 OK\r\n\r\n", "status-line"},
    {"HTTP/1.1 2x0 OK\r\n\r\n", "status-line"},
    {"HTTP/1.1  200 OK\r\n\r\n", "status-line"},
    {"HTTP/1.1\t200 OK\r\n\r\n", "status-line"},
    {"HTTP/1.1\r\n\r\n", "status-line"},
    {"HTTP/2.0 200 OK\r\n\r\n", "unsupported-version"},
    {"HTTP/1.2 200 OK\r\n\r\n", "unsupported-version"},
    {"HTTP/0.9 200 OK\r\n\r\n", "unsupported-version"},
    {"http/1.1 200 OK\r\n\r\n", "bad-version"},
    {"ICY 200 OK\r\n\r\n", "bad-version"},
    {"<html>hello</html>\r\n\r\n", "bad-version"},
    {"SSH-2.0-OpenSSH_9.2p1\r\n", "bad-version"},
    {"\x15\x03\x01\x00\x02\x02\x46", "bad-byte"},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n", "blank-lines"},
    {" HTTP/1.1 200 OK\r\n\r\n", "request-line"},
    // Fields.
    {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "bare-lf"},
    {"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n", "bare-lf"},
    {"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "bare-cr"},
    {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "folded-line"},
    {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "field-syntax"},
    {"HTTP/1.1 200 OK\r\n: b\r\n\r\n", "empty-name"},
    {"HTTP/1.1 200 OK\r\nAb\r\n\r\n", "field-syntax"},
    {std::string_view("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 26), "bad-byte"},
    {"HTTP/1.1 200 OK\r\n1:1\r\n2:2\r\n3:3\r\n4:4\r\n5:5\r\n6:6\r\n7:7\r\n8:8\r\n9:9\r\n\r\n", "too-many-fields"},
    // Framing.
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", {}, 200, "until the end", true, false},
    {"HTTP/1.0 200 OK\r\n\r\nold", {}, 200, "old", true, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", {}, 200, "old", true, false},
    {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nold", {}, 200, "old"},
    {"HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 3\r\n\r\nnew", {}, 200, "new", true, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", {}, 200, "hi", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there", {}, 200, "hi", true, true, Method::Get, " there"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nhi", "content-length"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", "length-and-coding"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer-encoding"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "transfer-encoding"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "transfer-encoding"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer-encoding"},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer-encoding"},
    // What has no body.
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {}, 200, {}, true, true, Method::Head},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {}, 200, {}, true, true, Method::Head},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", {}, 200, {}, true, true, Method::Head, "hello"},
    {"HTTP/1.1 204 No Content\r\n\r\n", {}, 204},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", {}, 204, {}, true, true, Method::Get, "hello"},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", {}, 304},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", {}, 100, {}, true, true, Method::Get, "HTTP/1.1 200"},
    {"HTTP/1.1 200 Connected\r\n\r\nraw", {}, 200, {}, true, true, Method::Connect, "raw"},
    {"HTTP/1.1 200 Connected\r\nContent-Length: 5\r\n\r\nraw", {}, 200, {}, true, true, Method::Connect, "raw"},
    {"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", {}, 407, "no", true, true, Method::Connect},
    // Chunks.
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n1;x=\"y\"\r\n!\r\n0\r\n\r\n", {}, 200, "hi!"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", {}, 200, "hi", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", {}, 200, "hi", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhi\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", "chunk-framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n", "trailer-syntax"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n1:1\r\n2:2\r\n3:3\r\n4:4\r\n5:5\r\n\r\n", "too-many-trailers"},
};

}  // namespace

TEST_CASE("response parser: each text has its verdict, however it is cut") {
  for (const Row& row : kRows) {
    for (const std::size_t step : {row.bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      CAPTURE(row.bytes);
      CAPTURE(step);
      const Verdict verdict = judge(row.bytes, row.asked, step);
      CHECK(verdict.refused == row.refused);
      if (!row.refused.empty()) continue;
      CHECK(verdict.status == row.status);
      CHECK(verdict.body == row.body);
      CHECK(verdict.complete == row.complete);
      CHECK(verdict.keep_alive == row.keep_alive);
      CHECK(verdict.rest == row.rest);
    }
  }
}

TEST_CASE("response parser: a head is bounded as a whole, its start line included") {
  const std::string long_line = "HTTP/1.1 200 " + std::string(600, 'a');
  CHECK(judge(long_line, Method::Get, 64).refused == "head-too-long");
  const std::string long_field = "HTTP/1.1 200 OK\r\nA: " + std::string(600, 'a');
  CHECK(judge(long_field, Method::Get, 64).refused == "head-too-long");
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 6; ++i) many += "Name: " + std::string(90, 'v') + "\r\n";
  CHECK(judge(many, Method::Get, 1).refused == "head-too-long");
}

TEST_CASE("response parser: one chunk's line is bounded, the sum of them only by their number") {
  const std::string start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(judge(start + "1;" + std::string(1100, 'x'), Method::Get, 100).refused == "chunk-overhead");
  CHECK(judge(start + "1;" + std::string(1100, 'x') + "\r\na\r\n0\r\n\r\n", Method::Get, 5000).refused == "chunk-overhead");
  std::string many = start;
  for (int i = 0; i < 500; ++i) many += "1;" + std::string(900, 'x') + "\r\na\r\n";
  const Verdict verdict = judge(many + "0\r\n\r\n", Method::Get, 1000);
  CHECK(verdict.refused.empty());
  CHECK(verdict.body.size() == 500);
}

TEST_CASE("response parser: trailers are kept apart, and those about framing or login are dropped") {
  const Verdict verdict = judge(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 5\r\nContent-Length: 7\r\nAuthorization: x\r\n\r\n",
      Method::Get, 3);
  CHECK(verdict.complete);
  CHECK(verdict.trailers == "X-Sum=5;");
}

TEST_CASE("response parser: an informational answer is followed by the next") {
  ResponseParser parser(kBounds);
  http::ResponseHead head;
  std::string_view unread = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  REQUIRE(parser.parse_head(unread, Method::Get, head) == ResponseParser::Status::Head);
  CHECK(head.status == http::StatusCode::EarlyHints);
  unread.remove_prefix(head.length);
  parser.next();
  REQUIRE(parser.parse_head(unread, Method::Get, head) == ResponseParser::Status::Head);
  CHECK(head.status == http::StatusCode::Ok);
  CHECK(head.fields.size() == 1);
}
