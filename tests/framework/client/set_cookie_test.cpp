#include "client/set_cookie.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/text/date.h>

using namespace rondeau;
using namespace std::chrono_literals;
using client::parse_cookie_date;
using client::parse_set_cookie;
using std::string_view_literals::operator""sv;

TEST_CASE("set_cookie: a pair is cut at the first equals sign and the first semicolon, and trimmed") {
  struct Case {
    std::string_view text;
    std::string_view name;
    std::string_view value;
  };
  static constexpr Case kTable[] = {
      {"a=b", "a", "b"},
      {"a=", "a", ""},
      {"a=b=c", "a", "b=c"},
      {" a \t= b ", "a", "b"},
      {"a=\"b c\"; Path=/", "a", "\"b c\""},
      {"a=b;", "a", "b"},
      {"a=b;;;", "a", "b"},
      {"a b=c,d", "a b", "c,d"},
      {"a=é", "a", "é"},
      {"a=b; c=d", "a", "b"},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.text);
    const auto field = parse_set_cookie(row.text);
    REQUIRE(field.has_value());
    CHECK(field->name == row.name);
    CHECK(field->value == row.value);
    CHECK(!field->domain);
  }
}

TEST_CASE("set_cookie: what is no pair, or not text, is ignored") {
  for (const std::string_view bad :
       {""sv, "a"sv, "=b"sv, " =b"sv, ";a=b"sv, "; a=b"sv, "Secure"sv, "a=b\0"sv, "a=\x01"sv, "a=b\x7F"sv, "a\r\n=b"sv,
        "a=b; Path=/\x02"sv, "a\tb=c"sv, "a=b\tc"sv, "a=\xFF"sv, "\xC3=b"sv}) {
    CAPTURE(bad);
    CHECK(!parse_set_cookie(bad));
  }
}

TEST_CASE(
    "set_cookie: attributes are read without regard to case, the last of a name counts, the unknown is passed over") {
  const auto field = parse_set_cookie(
      "sid=1; DOMAIN=.Example.ORG ;path=/a;PATH= /b; secure=no; HttpOnly ; SameSite=LAX; Priority=High; Max-Age=10; "
      "expires=Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(field.has_value());
  CHECK(field->domain == "Example.ORG");
  CHECK(field->path == "/b");
  CHECK(field->secure);
  CHECK(field->http_only);
  CHECK(field->same_site == SameSite::Lax);
  CHECK(field->max_age == 10s);
  CHECK(field->expires == text::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"));

  const auto bare = parse_set_cookie("a=b; Domain=; Path=x; Max-Age=; Expires=soon; SameSite=maybe; ; =; Secured");
  REQUIRE(bare.has_value());
  CHECK(!bare->domain);
  CHECK(!bare->path);
  CHECK(!bare->max_age);
  CHECK(!bare->expires);
  CHECK(!bare->same_site);
  CHECK(!bare->secure);

  const auto last = parse_set_cookie("a=b; Domain=x.org; Domain=; Path=/p; Path=; SameSite=Strict; SameSite=None");
  REQUIRE(last.has_value());
  CHECK(!last->domain);
  CHECK(!last->path);
  CHECK(last->same_site == SameSite::None);

  const auto dots = parse_set_cookie("a=b; Domain=..x.org");
  CHECK(dots.value().domain == ".x.org");
  CHECK(!parse_set_cookie("a=b; Path=/" + std::string(2000, 'p')).value().path);
}

TEST_CASE("set_cookie: an age is a whole number of seconds, however long") {
  struct Case {
    std::string_view text;
    std::optional<std::chrono::seconds> age;
  };
  const Case table[] = {
      {"0", 0s},
      {"1", 1s},
      {"-1", -1s},
      {"007", 7s},
      {"3600", 3600s},
      {"+1", {}},
      {"1.5", {}},
      {"1s", {}},
      {"-", {}},
      {"--1", {}},
      {"x", {}},
      {"1 2", {}},
      {"99999999999999999999999", 400LL * 366 * 86'400 * 1s},
      {"-99999999999999999999999", 400LL * 366 * 86'400 * -1s},
  };
  for (const Case& row : table) {
    CAPTURE(row.text);
    CHECK(parse_set_cookie("a=b; Max-Age=" + std::string(row.text)).value().max_age == row.age);
  }
}

TEST_CASE("set_cookie: a date is what has a time, a day, a month and a year (RFC 6265 §5.1.1)") {
  struct Case {
    std::string_view text;
    std::string_view date;  // empty: none
  };
  static constexpr Case kTable[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"Wed, 09-Jun-2021 10:18:14 GMT", "Wed, 09 Jun 2021 10:18:14 GMT"},
      {"Tue, 01-Jan-69 00:00:00 GMT", "Tue, 01 Jan 2069 00:00:00 GMT"},
      {"Thu, 01-Jan-70 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {"6 november 94 8:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"8:49:37pm 6th Nov-ish 1994AD", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"1994 6 Nov 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"08:49:37/06/NOV/1994", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"Nov 6 7 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"},  // a year has two digits at least
      {"Mon, 29 Feb 2024 00:00:00", "Thu, 29 Feb 2024 00:00:00 GMT"},
      {"29 Feb 2023 00:00:00", ""},
      {"31 Apr 2023 00:00:00", ""},
      {"0 Apr 2023 00:00:00", ""},
      {"32 Apr 2023 00:00:00", ""},
      {"1 Apr 1600 00:00:00", ""},
      {"1 Apr 1601 00:00:00", "Sun, 01 Apr 1601 00:00:00 GMT"},
      {"1 Apr 20233 00:00:00", ""},
      {"1 Apr 2023 24:00:00", ""},
      {"1 Apr 2023 00:60:00", ""},
      {"1 Apr 2023 00:00:60", ""},
      {"1 Apr 2023 00:00", ""},
      {"1 Apr 2023 000:00:00", ""},
      {"1 Apr 2023 00:00:000", ""},
      {"1 Ape 2023 00:00:00", ""},
      {"Apr 2023 00:00:00", ""},
      {"1 2023 00:00:00", ""},
      {"1 Apr 00:00:00", ""},
      {"", ""},
      {"0", ""},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.text);
    const auto date = parse_cookie_date(row.text);
    REQUIRE(date.has_value() == !row.date.empty());
    if (date) CHECK(text::format_http_date(*date) == row.date);
  }
}
