#include <rondeau/url/url.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/url/target.h>

using namespace rondeau;
using std::string_view_literals::operator""sv;

namespace {

std::string parsed(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->text() : "refused: " + url.error().message();
}

}  // namespace

TEST_CASE("url: a parsed URL has one spelling") {
  struct Case {
    std::string_view text;
    std::string_view spelling;
  };
  static constexpr Case kTable[] = {
      {"http://example.org", "http://example.org/"},
      {"HTTPS://Example.ORG/Path?Query", "https://example.org/Path?Query"},
      {"http://a:80/", "http://a/"},
      {"https://a:443", "https://a/"},
      {"http://a:443/", "http://a:443/"},
      {"http://a:/", "http://a/"},
      {"http://a:000080/", "http://a/"},
      {"http://a:65535/", "http://a:65535/"},
      {"http://a?b", "http://a/?b"},
      {"http://a/?", "http://a/?"},
      {"http://a/b#c", "http://a/b"},
      {"http://a#c", "http://a/"},
      {"http://a/b?c#d?e", "http://a/b?c"},
      {"http://a/b?c=d/../?e", "http://a/b?c=d/../?e"},
      {"http://a/./b/../c/%2e/%2E%2e/d/..", "http://a/"},
      {"http://a/b/c/../d/.", "http://a/b/d/"},
      {"http://a/../../b", "http://a/b"},
      {"http://a//b///c", "http://a//b///c"},
      {"http://a/.../..b/c..", "http://a/.../..b/c.."},
      {"http://a/%7Eb%2f%2F", "http://a/%7Eb%2f%2F"},
      {"http://a/\"<>^`{|}?\"<>^`{|}", "http://a/%22%3C%3E%5E%60%7B%7C%7D?%22%3C%3E%5E%60%7B%7C%7D"},
      {"http://a/b[c]?d[]=e", "http://a/b%5Bc%5D?d%5B%5D=e"},
      {"http://a/é?ü", "http://a/%C3%A9?%C3%BC"},
      {"http://a/b:c@d;e=f,g!$&'()*+", "http://a/b:c@d;e=f,g!$&'()*+"},
      {"http://a/b?c@d", "http://a/b?c@d"},
      {"http://127.0.0.1/", "http://127.0.0.1/"},
      {"http://1a.2b/", "http://1a.2b/"},
      {"http://a_b-c.example./", "http://a_b-c.example./"},
      {"http://[::1]/", "http://[::1]/"},
      {"http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"},
      {"http://[2001:DB8::A]/", "http://[2001:db8::a]/"},
      {"http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]/"},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == row.spelling);
    CHECK(parsed(row.spelling) == row.spelling);
    CHECK(url::parse_target(Url::parse(row.spelling).value().path_and_query()).has_value());
  }
}

TEST_CASE("url: what could be read in two ways is refused, and the reason is given") {
  struct Case {
    std::string_view text;
    std::string_view reason;
  };
  static constexpr Case kTable[] = {
      {"", "begin"},
      {"/", "begin"},
      {"//a/", "begin"},
      {"example.org/", "begin"},
      {"1http://a/", "begin"},
      {"ftp://a/", "scheme"},
      {"file:///etc/passwd", "scheme"},
      {"javascript:alert(1)", "scheme"},
      {"localhost:8080", "scheme"},
      {"http:a", "//"},
      {"http:/a", "//"},
      {"http:///a", "no host"},
      {"http://", "no host"},
      {"http://:80/", "no host"},
      {"http://?a", "no host"},
      {"http://./", "no host"},
      {"http://a@b/", "user information"},
      {"http://a:b@c/", "user information"},
      {"http://@c/", "user information"},
      {"http://a b/", "space"},
      {"http://a/b c", "space"},
      {"http://a/ ", "space"},
      {" http://a/", "space"},
      {"http://a/b#c d", "space"},
      {"http://a\\b/", "backslash"},
      {"http://a/b\\c", "backslash"},
      {"http://a/?b\\c", "backslash"},
      {"http://a/\r\nX: y", "control"},
      {"http://a/\tb", "control"},
      {"http://a/\0b"sv, "control"},
      {"http://a/\x7F", "control"},
      {"http://a:0/", "port"},
      {"http://a:65536/", "port"},
      {"http://a:99999999999999999999/", "port"},
      {"http://a:-1/", "port"},
      {"http://a:8x/", "port"},
      {"http://a:80:80/", "port"},
      {"http://[::1]:x/", "port"},
      {"http://a..b/", "label"},
      {"http://.a/", "label"},
      {"http://a../", "label"},
      {"http://a%41/", "character"},
      {"http://a;b/", "character"},
      {"http://a,b/", "character"},
      {"http://a*b/", "character"},
      {"http://bücher.example/", "ASCII"},
      {"http://127.1/", "IPv4"},
      {"http://2130706433/", "IPv4"},
      {"http://0x7f000001/", "IPv4"},
      {"http://0x7f.0.0.0x1/", "IPv4"},
      {"http://0177.0.0.1/", "IPv4"},
      {"http://1.2.3.4.5/", "IPv4"},
      {"http://1.2.3.256/", "IPv4"},
      {"http://127.0.0.1./", "IPv4"},
      {"http://a.1/", "IPv4"},
      {"http://[::1/", "IPv6"},
      {"http://[]/", "IPv6"},
      {"http://[::1]x/", "IPv6"},
      {"http://[1.2.3.4]/", "IPv6"},
      {"http://[fe80::1%25eth0]/", "IPv6"},
      {"http://[fe80::1%eth0]/", "IPv6"},
      {"http://::1/", "no host"},
      {"http://a/%", "%"},
      {"http://a/%4", "%"},
      {"http://a/%zz", "%"},
      {"http://a/?%x1", "%"},
      {"http://a/%00", "%00"},
      {"http://a/?b=%00", "%00"},
      {"http://a/\xFF", "UTF-8"},
      {"http://a/?\xC3", "UTF-8"},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.text);
    const auto url = Url::parse(row.text);
    REQUIRE(!url.has_value());
    CHECK(url.error().code() == Errc::InvalidArgument);
    CAPTURE(url.error().message());
    CHECK(url.error().context().find(row.reason) != std::string_view::npos);
  }
}

TEST_CASE("url: lengths are bounded") {
  CHECK(Url::parse("http://a/" + std::string(60'000, 'b')).has_value());
  CHECK(!Url::parse("http://a/" + std::string(Url::kMaxLength, 'b')));
  // It grows to three times its length.
  CHECK(!Url::parse("http://a/" + std::string(60'000, '{')));
  CHECK(!Url::parse("http://" + std::string(64, 'a') + "/"));
  std::string name(249, 'a');
  for (std::size_t i = 60; i < name.size(); i += 60) name[i] = '.';
  CHECK(Url::parse("http://" + name + ".bcd/").has_value());
  CHECK(!Url::parse("http://" + name + ".bcde/"));
}

TEST_CASE("url: the parts of a URL are the URL") {
  const Url url = Url::parse("HTTPS://Example.org:8443/a/b?c=d&e#f").value();
  CHECK(url.scheme() == "https");
  CHECK(url.is_secure());
  CHECK(url.host() == "example.org");
  CHECK(url.port() == 8443);
  CHECK(url.authority() == "example.org:8443");
  CHECK(url.origin() == "https://example.org:8443");
  CHECK(url.path() == "/a/b");
  CHECK(url.has_query());
  CHECK(url.query() == "c=d&e");
  CHECK(url.path_and_query() == "/a/b?c=d&e");

  const Url bare = Url::parse("http://[::1]").value();
  CHECK(bare.scheme() == "http");
  CHECK(bare.host() == "[::1]");
  CHECK(bare.port() == 80);
  CHECK(bare.authority() == "[::1]");
  CHECK(bare.path_and_query() == "/");
  CHECK(!bare.has_query());
  CHECK(bare.query().empty());
}

TEST_CASE("url: origins are equal where scheme, host and port are, however they are written") {
  const auto origin = [](std::string_view text) { return std::string(Url::parse(text).value().origin()); };
  CHECK(origin("http://A:80/x") == origin("http://a/y?z"));
  CHECK(origin("http://[::1]/") == origin("http://[0::0:1]:80/"));
  CHECK(origin("http://a/") != origin("https://a/"));
  CHECK(origin("http://a:443/") != origin("https://a/"));
  CHECK(origin("http://a/") != origin("http://a./"));
  CHECK(origin("http://a/") != origin("http://b.a/"));
}

TEST_CASE("url: references are resolved as RFC 3986 §5.4 says") {
  struct Case {
    std::string_view reference;
    std::string_view meaning;  // without "http://a/"; "-": refused
  };
  static constexpr Case kTable[] = {
      // §5.4.1, of which those with a fragment lose it
      {"g:h", "-"},
      {"g", "b/c/g"},
      {"./g", "b/c/g"},
      {"g/", "b/c/g/"},
      {"/g", "g"},
      {"?y", "b/c/d;p?y"},
      {"g?y", "b/c/g?y"},
      {"#s", "b/c/d;p?q"},
      {"g#s", "b/c/g"},
      {"g?y#s", "b/c/g?y"},
      {";x", "b/c/;x"},
      {"g;x", "b/c/g;x"},
      {"g;x?y#s", "b/c/g;x?y"},
      {"", "b/c/d;p?q"},
      {".", "b/c/"},
      {"./", "b/c/"},
      {"..", "b/"},
      {"../", "b/"},
      {"../g", "b/g"},
      {"../..", ""},
      {"../../", ""},
      {"../../g", "g"},
      // §5.4.2
      {"../../../g", "g"},
      {"../../../../g", "g"},
      {"/./g", "g"},
      {"/../g", "g"},
      {"g.", "b/c/g."},
      {".g", "b/c/.g"},
      {"g..", "b/c/g.."},
      {"..g", "b/c/..g"},
      {"./../g", "b/g"},
      {"./g/.", "b/c/g/"},
      {"g/./h", "b/c/g/h"},
      {"g/../h", "b/c/h"},
      {"g;x=1/./y", "b/c/g;x=1/y"},
      {"g;x=1/../y", "b/c/y"},
      {"g?y/./x", "b/c/g?y/./x"},
      {"g?y/../x", "b/c/g?y/../x"},
      {"g#s/./x", "b/c/g"},
      {"http:g", "-"},
      // and more
      {"?", "b/c/d;p?"},
      {"g?", "b/c/g?"},
      {"./g:h", "b/c/g:h"},
      {"/g:h", "g:h"},
      {"?g:h", "b/c/d;p?g:h"},
      {"%2e%2e/g", "b/g"},
      {"é", "b/c/%C3%A9"},
      {"g h", "-"},
      {"g\\h", "-"},
      {"%", "-"},
      {"//user@b/", "-"},
      {"//", "-"},
      {"javascript:alert(1)", "-"},
      {":g", "-"},
      {"1g:h", "-"},
      {"g!:h/i", "-"},
      {"g/1:h", "b/c/g/1:h"},
  };
  const Url base = Url::parse("http://a/b/c/d;p?q").value();
  for (const Case& row : kTable) {
    CAPTURE(row.reference);
    const auto url = base.resolve(row.reference);
    REQUIRE(url.has_value() == (row.meaning != "-"));
    if (url) CHECK(url->text() == "http://a/" + std::string(row.meaning));
  }
  CHECK(base.resolve("//G:81")->text() == "http://g:81/");
  CHECK(base.resolve("https://h")->text() == "https://h/");
  CHECK(base.resolve("HTTP://h?i")->text() == "http://h/?i");
  CHECK(Url::parse("https://a:8443").value().resolve("g?h")->text() == "https://a:8443/g?h");
  CHECK(Url::parse("https://a:8443/b").value().resolve("//c")->text() == "https://c/");
}

TEST_CASE("url: logs show the names of a query, never its values") {
  CHECK(Url::parse("https://a/b").value().redacted() == "https://a/b");
  CHECK(Url::parse("https://a/b?token=s3cret&n=1").value().redacted() == "https://a/b?token=***&n=***");
  CHECK(Url::parse("https://a/?s3cret").value().redacted() == "https://a/?***");
  CHECK(Url::parse("https://a/?a=b=c&&d&").value().redacted() == "https://a/?a=***&&***&");
  CHECK(Url::parse("https://a/?").value().redacted() == "https://a/?");
  for (std::string_view bad : {"https://user:s3cret@a/", "https://a/?s3cret=%", "https://s3cret\xFF/"}) {
    CHECK(Url::parse(bad).error().message().find("s3cret") == std::string::npos);
  }
}

TEST_CASE("url: queries are replaced and grow, encoded") {
  Url url = Url::parse("https://a:8443/b?c").value();
  CHECK(url.with_query("d=e f").has_value() == false);
  CHECK(url.with_query("d=e%20f")->text() == "https://a:8443/b?d=e%20f");
  CHECK(url.with_query("")->text() == "https://a:8443/b");
  CHECK(!url.with_query("d#e"));
  REQUIRE(url.add_query_pair("d e", "f&g=h#é"));
  CHECK(url.text() == "https://a:8443/b?c&d+e=f%26g%3Dh%23%C3%A9");
  CHECK(url.origin() == "https://a:8443");
  CHECK(!url.add_query_pair("n", "\0"sv));
  CHECK(!url.add_query_pair("n", "\xFF"));
  CHECK(!url.add_query_pair("n", std::string(Url::kMaxLength, 'x')));
  CHECK(url.text() == "https://a:8443/b?c&d+e=f%26g%3Dh%23%C3%A9");
  Url plain = Url::parse("https://a").value();
  REQUIRE(plain.add_query_pair("b", ""));
  CHECK(plain.text() == "https://a/?b=");
}
