#include <string>

#include <doctest/doctest.h>

#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/date.h>
#include <rondeau/text/html.h>
#include <rondeau/text/percent.h>
#include <rondeau/text/utf8.h>
#include <rondeau/text/uuid.h>

using namespace rondeau;
using namespace std::chrono;

TEST_CASE("text: names compare without regard to the case of ASCII letters only") {
  CHECK(text::equals_ignoring_case("Content-Type", "cONTENT-tYPE"));
  CHECK_FALSE(text::equals_ignoring_case("a", "ab"));
  CHECK_FALSE(text::equals_ignoring_case("\xc3\x89", "\xc3\xa9"));
  CHECK_FALSE(text::equals_ignoring_case("-", "\r"));
}

TEST_CASE("text: a token is one or more of RFC 9110's token characters") {
  CHECK(text::is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (std::string_view bad : {"", "a b", "a:b", "a\"b", "(", "\x7f", "\xff"}) CHECK_FALSE(text::is_token(bad));
}

TEST_CASE("text: a list keeps quoted strings whole and skips empty elements (RFC 9110 §5.6.1)") {
  text::ListItems items(R"( a ,, b="x,\",y" ,	c, )");
  std::string_view item;
  REQUIRE(items.next(item));
  CHECK(item == "a");
  REQUIRE(items.next(item));
  CHECK(item == R"(b="x,\",y")");
  REQUIRE(items.next(item));
  CHECK(item == "c");
  CHECK_FALSE(items.next(item));
  CHECK(text::list_contains("gzip, CHUNKED", "chunked"));
  CHECK_FALSE(text::list_contains("gzip, chunkedx", "chunked"));
}

TEST_CASE("text: percent-decoding happens once, and a bad percent sign is an error") {
  CHECK(*text::percent_decode("a%20b%2520+") == "a b%20+");
  CHECK(*text::percent_decode("a+b%2B", text::Plus::Space) == "a b+");
  CHECK(text::percent_decode("%00")->size() == 1);
  for (std::string_view bad : {"%", "%4", "%g0", "%0g", "a%"}) {
    auto decoded = text::percent_decode(bad);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error() == Errc::InvalidData);
  }
  std::string kept = "kept";
  CHECK_FALSE(text::percent_decode_to(kept, "abc%"));
  CHECK(kept == "kept");
}

TEST_CASE("text: percent-encoding leaves what its set allows") {
  CHECK(text::percent_encode("a/b c~é") == "a%2Fb%20c~%C3%A9");
  CHECK(text::percent_encode("a/b c@", text::EncodeSet::Path) == "a/b%20c@");
  CHECK(text::percent_encode("a/b c*", text::EncodeSet::Form) == "a%2Fb+c*");
}

TEST_CASE("text: dates are written as IMF-fixdate") {
  CHECK(text::format_http_date(sys_seconds(seconds(784111777))) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(text::format_http_date(sys_seconds(seconds(0))) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(text::format_http_date(sys_seconds(seconds(951782399))) == "Mon, 28 Feb 2000 23:59:59 GMT");
  CHECK(text::format_http_date(sys_days(year(12000) / January / 1)) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("text: the three forms of a date are read (RFC 9110 §5.6.7)") {
  sys_seconds expected(seconds(784111777));
  sys_seconds now(seconds(1700000000));
  CHECK(text::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == expected);
  CHECK(text::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == expected);
  CHECK(text::parse_http_date("Sun Nov  6 08:49:37 1994", now) == expected);
  // More than fifty years ahead means the past century.
  CHECK(text::parse_http_date("Friday, 01-Jan-73 00:00:00 GMT", now) == sys_days(year(2073) / January / 1));
  CHECK(text::parse_http_date("Monday, 01-Jan-74 00:00:00 GMT", now) == sys_days(year(1974) / January / 1));
  for (std::string_view bad :
       {"", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    CHECK_FALSE(text::parse_http_date(bad, now));
  }
}

TEST_CASE("text: base64 is strict both ways (RFC 4648 §10)") {
  CHECK(text::base64_encode("foobar") == "Zm9vYmFy");
  CHECK(text::base64_encode("fooba") == "Zm9vYmE=");
  CHECK(text::base64_encode("foob") == "Zm9vYg==");
  CHECK(text::base64_encode("foob", text::Base64Form::Url) == "Zm9vYg");
  CHECK(*text::base64_decode("Zm9vYg==") == "foob");
  for (std::string_view bad : {"Z", "Zm9vYg", "Zm9vYg=", "Zm9v Yg=", "Zm9vYh==", "=", "====", "Zm9v\n"}) {
    CHECK_FALSE(text::base64_decode(bad));
  }
  CHECK_FALSE(text::base64_decode("Zm9vYg==", text::Base64Form::Url));
  CHECK(text::hex_encode(std::string_view("\x00\xff", 2)) == "00ff");
  CHECK(*text::hex_decode("00fF") == std::string_view("\x00\xff", 2));
  CHECK_FALSE(text::hex_decode("0"));
}

TEST_CASE("text: a version 7 UUID carries its time and sorts by it (RFC 9562)") {
  sys_time<milliseconds> time(milliseconds(0x017F22E279B0));
  Uuid id = Uuid::version7(time, 0xCC3, 0x18C4DC0C0C07398F);
  CHECK(id.to_string() == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  CHECK(id.version() == 7);
  CHECK(Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F") == id);
  CHECK(Uuid::version7(time + milliseconds(1), 0, 0) > id);
  CHECK(Uuid::version4(~0ull, ~0ull).to_string() == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  CHECK_FALSE(Uuid::parse("017f22e279b0-7cc3-98c4-dc0c0c07398f-"));
  CHECK_FALSE(Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"));
}

TEST_CASE("text: UTF-8 ends before overlong forms, surrogates and what lies above U+10FFFF (RFC 3629)") {
  CHECK(text::is_utf8("plain ASCII that is longer than eight bytes"));
  CHECK(text::is_utf8("é€😀 mixed \xf4\x8f\xbf\xbf"));
  for (std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
    CHECK(text::valid_utf8_prefix(bad) == 0);
    CHECK(text::valid_utf8_prefix("12345678" + std::string(bad)) == 8);
  }
}

TEST_CASE("text: a U+FFFD stands for what could have begun a character, and no more") {
  const auto lossy = [](std::string_view text) {
    std::string out;
    text::append_utf8_lossy(out, text);
    return out;
  };
  CHECK(lossy("") == "");
  CHECK(lossy("a€b") == "a€b");
  // Unicode 15, table 3-8 and its neighbours.
  CHECK(lossy("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == "��������A");
  CHECK(lossy("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == "��������A");
  CHECK(lossy("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == "�����A��B");
  CHECK(lossy("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == "����A");
  CHECK(lossy("\xE2\x82") == "�");
  CHECK(lossy("\xE2\x82x") == "�x");
  CHECK(lossy("\xFF") == "�");
}

TEST_CASE("text: what is escaped for HTML ends neither text nor a quoted value") {
  std::string out = "<p>";
  text::append_html(out, std::string_view("a<b>&\"'\0é", 10));
  CHECK(out == "<p>a&lt;b&gt;&amp;&#34;&#39;\xef\xbf\xbdé");
}
