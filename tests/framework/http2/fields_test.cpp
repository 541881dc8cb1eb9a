// One row for each way a header block can be a request, or none.
#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/request.h>

#include "http2/request_fields.h"
#include "support/http2/frames.h"

using namespace rondeau;
using http2_test::Fields;

namespace {

struct Row {
  std::string what;
  Fields fields;
  int status;  ///< of the refusal, or 0
  const char* target;
};

Fields get(Fields more, const char* path = "/a?b=c") {
  return http2_test::request("GET", path, more);
}

http::Refusal read(const Fields& fields, http::RequestBlock& block, bool has_body = false) {
  const Limits limits;
  http2::RequestFields reader(limits.http2.max_header_list);
  for (const auto& [name, value] : fields) static_cast<void>(reader.add(name, value));
  return reader.finish(block, has_body, limits);
}

}  // namespace

TEST_CASE("http2: a header block passes the checks of any request") {
  const Row rows[] = {
      {"an ordinary request", get({{"accept", "*/*"}}), 0, "/a?b=c"},
      {"a host that is the authority in other case", get({{"host", "TEST"}}), 0, "/a?b=c"},
      {"a host beside an authority unlike it", get({{"host", "other"}}), 400, ""},
      {"no authority, but a host", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}}, 0, "/"},
      {"neither", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}, 400, ""},
      {"two hosts", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}, {"host", "a"}}, 400, ""},
      {"user info in the authority",
       {{":method", "GET"}, {":scheme", "http"}, {":authority", "u@h"}, {":path", "/"}},
       400,
       ""},
      {"another scheme", {{":method", "GET"}, {":scheme", "ftp"}, {":authority", "a"}, {":path", "/"}}, 400, ""},
      {"an asterisk with GET", get({}, "*"), 400, ""},
      {"a path with a blank", get({}, "/a b"), 400, ""},
      {"a path with a version in it", get({}, "/ HTTP/1.1"), 400, ""},
      {"a path with an empty line in it", get({}, "/ HTTP/1.1\r\nhost: a\r\n\r\n"), 400, ""},
      {"a path with a field in it", get({}, "/ HTTP/1.1\r\nx: y"), 400, ""},
      {"a dot segment", get({}, "/a/../b"), 400, ""},
      {"a percent sign and no digits", get({}, "/%zz"), 400, ""},
      {"an unknown method", http2_test::request("BREW", "/"), 501, ""},
      {"a method that is no token", http2_test::request("G(T", "/"), 400, ""},
      {"an expectation of something", get({{"expect", "cake"}}), 417, ""},
      {"a length that is none", get({{"content-length", "1x"}}), 400, ""},
      {"a value with a line end", get({{"x", "a\r\ny: z"}}), 400, ""},
      {"a value with a carriage return", get({{"x", "a\ry"}}), 400, ""},
      {"a name with a colon", get({{"x:y", "z"}}), 400, ""},
      {"a name with a blank", get({{"x y", "z"}}), 400, ""},
      {"a target too long", get({}, ("/" + std::string(9000, 'a')).c_str()), 414, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    http::RequestBlock block;
    const http::Refusal refusal = read(row.fields, block);
    const bool is_refused = static_cast<bool>(refusal);
    CHECK(is_refused == (row.status != 0));
    if (is_refused) {
      CHECK(http::code(refusal.status) == static_cast<unsigned>(row.status));
      continue;
    }
    const Request request(block);
    CHECK(request.target() == row.target);
    CHECK(request.version() == http::Version::Http2);
    CHECK(block.head.framing == http::BodyFraming::None);
  }
}

TEST_CASE("http2: crumbs of a cookie are one field again") {
  http::RequestBlock block;
  CHECK_FALSE(read(get({{"cookie", "a=b"}, {"x", "y"}, {"cookie", "c=d"}, {"cookie", "e=f"}}), block));
  const Request request(block);
  CHECK(request.header(HeaderName::Cookie) == "a=b; c=d; e=f");
  CHECK(request.headers().count(HeaderName::Cookie) == 1);
  CHECK(request.authority() == "test");
}

TEST_CASE("http2: a body has a length where one is said, and is awaited to be asked for") {
  http::RequestBlock plain;
  CHECK_FALSE(read(get({}), plain, true));
  CHECK(plain.head.framing == http::BodyFraming::Chunked);
  CHECK_FALSE(plain.head.expects_continue);
  http::RequestBlock sized;
  CHECK_FALSE(read(get({{"content-length", "12"}, {"expect", "100-continue"}}), sized, true));
  CHECK(sized.head.framing == http::BodyFraming::Length);
  CHECK(sized.head.content_length == 12);
  CHECK(sized.head.expects_continue);
}

TEST_CASE("http2: a list of fields above the limit is refused") {
  const Limits limits;
  http2::RequestFields fields(limits.http2.max_header_list);
  const std::string kilobyte(1024 - 33, 'x');
  std::size_t kept = 0;
  while (fields.add("x", kilobyte)) ++kept;
  CHECK(kept == limits.http2.max_header_list / 1024);
  http::RequestBlock block;
  CHECK(fields.finish(block, false, limits).status == http::StatusCode::RequestHeaderFieldsTooLarge);
}
