// What the linked llhttp takes and refuses by itself. A lax library stops the build here and not a user; a newer one
// that refuses more, or takes what is legal, shows up as a change.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <llhttp.h>

namespace {

/// Runs one message through a bare parser: true when it is taken to its end.
bool takes(std::string_view text) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  static bool complete;
  complete = false;
  settings.on_message_complete = [](llhttp_t*) { return complete = true, 0; };
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  llhttp_errno_t result = llhttp_execute(&parser, text.data(), text.size());
  return (result == HPE_OK || result == HPE_PAUSED_UPGRADE) && complete;
}

bool takes_field(std::string_view line) {
  return takes("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n");
}
bool takes_body(std::string_view body) {
  return takes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body));
}

}  // namespace

TEST_CASE("llhttp: it is the strict machine") {
  // Each of these is taken by the lax one.
  CHECK_FALSE(takes_field("Name : v"));
  CHECK_FALSE(takes_field("na me: v"));
  CHECK_FALSE(takes("GET / HTTP/1.1\r\nHost: a\r\n\r\r"));
  CHECK_FALSE(takes("GET / HTTP/1.1\r\nHost: a\r\n\rX"));
  CHECK_FALSE(takes_field("X:\rxTransfer-Encoding: chunked"));
  CHECK_FALSE(takes_body("1\r\nxyz0\r\n\r\n"));
  CHECK_FALSE(takes_body("1\r\nx\r\n0\r\nName : v\r\n\r\n"));
  CHECK_FALSE(takes("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK_FALSE(takes("GET /\t HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_CASE("llhttp: framing that is not plain is refused") {
  CHECK(takes_field("Content-Length: 0"));
  CHECK(takes_body("1\r\nx\r\n0\r\n\r\n"));
  for (std::string_view value : {"3, 3", "+3", "-3", "0x3", "3 3", "", "18446744073709551616"}) {
    CHECK_FALSE(takes_field("Content-Length: " + std::string(value)));
  }
  CHECK_FALSE(takes_field("Content-Length: 0\r\nContent-Length: 0"));
  CHECK_FALSE(takes_field("Content-Length: 0\r\nTransfer-Encoding: chunked"));
  CHECK_FALSE(takes_field("Transfer-Encoding: chunked\r\nContent-Length: 0"));
  for (std::string_view value : {"xchunked", "identity", "gzip", "chunked, gzip", "\"chunked\"", "chunked;q=1"}) {
    CHECK_FALSE(takes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string(value) + "\r\n\r\n0\r\n\r\n"));
  }
  for (std::string_view size : {"", "0x1", "-1", " 1", "1 ", "10000000000000000"}) {
    CHECK_FALSE(takes_body(std::string(size) + "\r\nx\r\n0\r\n\r\n"));
  }
  CHECK_FALSE(takes_body("1\nx\r\n0\r\n\r\n"));
  CHECK_FALSE(takes_body("1;a\nx\r\n0\r\n\r\n"));
  CHECK_FALSE(takes_body("1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_CASE("llhttp: line ends, controls and names that are wrong are refused") {
  for (std::string_view line : {"X: a\nY: b", "X: a\rb", "X: a\x01", "X: a\x7f", "X(: b", "name"}) {
    CHECK_FALSE(takes_field(line));
  }
  CHECK_FALSE(takes("GET / HTTP/1.1\r\n Host: a\r\n\r\n"));
  for (std::string_view method : {"get", "GETX", "QUERY"}) {
    CHECK_FALSE(takes(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
}

#if LLHTTP_VERSION_MAJOR == 8
TEST_CASE("llhttp: version 8 leaves these to us, so our own scan and checks must not be weakened") {
  CHECK(takes_field("X: a\r\n b"));
  CHECK(takes("GET / HTTP/1.1\nHost: a\r\n\r\n"));
  CHECK(takes_field(": v"));
  CHECK(takes("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(takes("GET / HTTP/2.0\r\nHost: a\r\n\r\n"));
  CHECK(takes("GET / HTTP/1.1\r\n\r\n"));
  CHECK(takes("GET * HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(takes("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(takes_body("1\r\nx\r\n0\r\nContent-Length: 3\r\n\r\n"));
}

TEST_CASE("llhttp: version 8 refuses these legal things") {
  CHECK_FALSE(takes_body("1;a=\"b;c\\\"d\"\r\nx\r\n0\r\n\r\n"));
  CHECK_FALSE(takes_body("1;a=b;c\r\nx\r\n0\r\n\r\n"));
  CHECK_FALSE(takes_field("Content-Length:\t0\t"));
  CHECK(takes_field("Content-Length:\t0"));
}
#endif
