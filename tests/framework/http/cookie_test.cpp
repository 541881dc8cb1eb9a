#include <rondeau/http/cookie.h>

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/response.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// "a:1,b:2", or "malformed".
std::string read(std::string_view text) {
  std::string seen;
  http::CookiePairs pairs(text);
  for (http::CookiePair pair; pairs.next(pair);) {
    if (!seen.empty()) seen += ',';
    seen.append(pair.name).append(":").append(pair.value);
  }
  http::CookiePair more;
  CHECK_FALSE(pairs.next(more));
  return pairs.malformed() ? "malformed" : seen;
}

std::string said(const SetCookie& cookie) {
  auto text = cookie.to_string();
  if (text) return *text;
  CHECK(text.error() == Errc::InvalidArgument);
  return "refused";
}

}  // namespace

TEST_CASE("http: a Cookie field is read as RFC 6265 §4.2.1 writes it, and nothing else is") {
  struct Case {
    std::string_view text;
    std::string_view verdict;
  };
  const Case cases[] = {
      {"a=1", "a:1"},
      {"a=1; b=2; c=", "a:1,b:2,c:"},
      {"a=b=c", "a:b=c"},
      {"a=\"quoted\"", "a:\"quoted\""},
      {"a=\"\"", "a:\"\""},
      {"__Host-sid=x!#$%&'()*+-./:<=>?@[]^_`{|}~", "__Host-sid:x!#$%&'()*+-./:<=>?@[]^_`{|}~"},
      {"a=1; a=2", "a:1,a:2"},
      {"!#$%&'*+-.^_`|~0aZ=1", "!#$%&'*+-.^_`|~0aZ:1"},
      {"", "malformed"},
      {"a", "malformed"},
      {"=1", "malformed"},
      {"a=1;", "malformed"},
      {"a=1; ", "malformed"},
      {";a=1", "malformed"},
      {"a=1;b=2", "malformed"},
      {"a=1;  b=2", "malformed"},
      {"a=1 ; b=2", "malformed"},
      {"a=1;\tb=2", "malformed"},
      {"a=1; ; b=2", "malformed"},
      {"a =1", "malformed"},
      {" a=1", "malformed"},
      {"a= 1", "malformed"},
      {"a=1 2", "malformed"},
      {"a=1,2", "malformed"},
      {"a=1, b=2", "malformed"},
      {"a=\"", "malformed"},
      {"a=\"x", "malformed"},
      {"a=x\"", "malformed"},
      {"a=\"x\"y\"", "malformed"},
      {"a=\"x; b=y\"", "malformed"},
      {"a=\\", "malformed"},
      {"a=\xc3\xa9", "malformed"},
      {"\xc3\xa9=a", "malformed"},
      {"a=\x7f", "malformed"},
      {"a=\x01", "malformed"},
      {"a[b]=1", "malformed"},
      {"$Version=1; a=2", "$Version:1,a:2"},
      {std::string_view("a=\0", 3), "malformed"},
      {"a=1; b", "malformed"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.text);
    CHECK(read(row.text) == row.verdict);
  }
}

TEST_CASE("http: a cookie is set safely unless told otherwise") {
  CHECK(said({.name = "sid", .value = "x"}) == "sid=x; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK(said({.name = "sid",
              .value = "x",
              .max_age = 12h,
              .expires = std::chrono::sys_seconds(784111777s),
              .domain = "example.org",
              .path = "/a",
              .secure = false,
              .http_only = false,
              .same_site = SameSite::Strict}) ==
        "sid=x; Max-Age=43200; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Domain=example.org; Path=/a; SameSite=Strict");
  CHECK(said({.name = "sid", .same_site = SameSite::None}) == "sid=; Path=/; Secure; HttpOnly; SameSite=None");
}

TEST_CASE("http: a removal is a cookie that is over, without the Max-Age=0 that no server may send") {
  CHECK(said(SetCookie::removal("sid")) ==
        "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax");
}

TEST_CASE("http: a cookie that a client would drop or read otherwise is not sent") {
  const std::string long_value(4093, 'x');
  const std::vector<SetCookie> good = {
      {.name = "sid", .value = long_value},
      {.name = "__Host-sid"},
      {.name = "__Secure-sid", .domain = "example.org", .path = "/x"},
      {.name = "sid", .value = "\"x\""},
      {.name = "sid", .expires = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)},
  };
  for (const SetCookie& cookie : good) CHECK(said(cookie) != "refused");
  const std::vector<SetCookie> bad = {
      {.name = ""},
      {.name = "a b"},
      {.name = "a\r\nx"},
      {.name = "a;b"},
      {.name = "a=b"},
      {.name = "sid", .value = "a\r\nSet-Cookie: b=c"},
      {.name = "sid", .value = "a\nb"},
      {.name = "sid", .value = "a; Domain=evil.example"},
      {.name = "sid", .value = "a b"},
      {.name = "sid", .value = "a\"b"},
      {.name = "sid", .value = "\xc3\xa9"},
      {.name = "sid", .value = long_value + "x"},
      {.name = "sid", .max_age = 0s},
      {.name = "sid", .max_age = -1s},
      {.name = "sid", .expires = std::chrono::sys_days(std::chrono::year(1600) / 12 / 31)},
      {.name = "sid", .expires = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)},
      {.name = "sid", .domain = ".example.org"},
      {.name = "sid", .domain = "example..org"},
      {.name = "sid", .domain = "example.org."},
      {.name = "sid", .domain = "example.org; Path=/x"},
      {.name = "sid", .path = ""},
      {.name = "sid", .path = "x"},
      {.name = "sid", .path = "/; Secure"},
      {.name = "sid", .path = "/\r\n"},
      {.name = "sid", .secure = false, .same_site = SameSite::None},
      {.name = "__Secure-sid", .secure = false},
      {.name = "__secure-sid", .secure = false},
      {.name = "__Host-sid", .secure = false},
      {.name = "__Host-sid", .domain = "example.org"},
      {.name = "__Host-sid", .path = "/x"},
      {.name = "__HOST-sid", .path = "/x"},
  };
  for (const SetCookie& cookie : bad) {
    CAPTURE(cookie.name);
    CAPTURE(cookie.value);
    CHECK(said(cookie) == "refused");
  }
}

TEST_CASE("http: each cookie of an answer has a line of its own; a bad one makes the answer faulty") {
  Response response = Response().add_cookie({.name = "a", .value = "1"}).add_cookie({.name = "b", .value = "2"});
  CHECK(response.headers().count(HeaderName::SetCookie) == 2);
  CHECK(response.headers()[1].value == "b=2; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK(response.fault() == Errc::Ok);
  response.add_cookie({.name = "c", .value = "1\r\n"});
  CHECK(response.fault() == Errc::InvalidArgument);
  CHECK(response.headers().count(HeaderName::SetCookie) == 2);
  CHECK(response.fault().message().find('\r') == std::string::npos);
}
