#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/url/authority.h>
#include <rondeau/url/origin.h>
#include <rondeau/url/query.h>
#include <rondeau/url/target.h>

using namespace rondeau;

TEST_CASE("url: a target of the origin form is cut at its first question mark") {
  constexpr std::string_view text = "/a/b?c=d?e";
  auto target = url::parse_target(text);
  REQUIRE(target);
  CHECK(target->form == url::TargetForm::Origin);
  CHECK(target->path.in(text) == "/a/b");
  CHECK(target->query.in(text) == "c=d?e");
  CHECK(url::parse_target("/?")->has_query);
  CHECK_FALSE(url::parse_target("/")->has_query);
}

TEST_CASE("url: a target of the absolute form gives its authority, and perhaps no path") {
  constexpr std::string_view text = "http://example.org:80?q";
  auto target = url::parse_target(text);
  REQUIRE(target);
  CHECK(target->form == url::TargetForm::Absolute);
  CHECK(target->authority.in(text) == "example.org:80");
  CHECK(target->path.length == 0);
  CHECK(target->query.in(text) == "q");
  for (std::string_view bad :
       {"ftp://a/", "http:/a", "http://", "http://u@a/", "http://a b/", "example.org:80", "a", ""}) {
    CHECK_FALSE(url::parse_target(bad));
  }
}

TEST_CASE("url: dot segments are found raw, encoded and mixed, and nothing else is one") {
  for (std::string_view dots : {"/.", "/..", "/a/./b", "/a/..", "/%2e", "/.%2E", "/%2e./a", "/a/%2E%2e/"}) {
    CHECK(url::has_dot_segment(dots));
    CHECK_FALSE(url::parse_target(dots));
  }
  for (std::string_view fine : {"/", "/...", "/.a", "/a.", "/..a/b", "/%2ea", "/a%2e%2e", "/%2f.."}) {
    CHECK_FALSE(url::has_dot_segment(fine));
    CHECK(url::parse_target(fine).has_value());
  }
}

TEST_CASE("url: an authority is a host that everybody reads alike and a port up to 65535") {
  auto six = url::parse_authority("[2001:db8::1]:443");
  REQUIRE(six);
  CHECK(six->host == "[2001:db8::1]");
  CHECK(six->port == 443);
  CHECK_FALSE(url::parse_authority("a:")->port);
  CHECK(url::parse_authority("a:0")->port == 0);
  for (std::string_view good : {"[::]", "[1:2:3:4:5:6:7:8]", "[1::8]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]",
                                "1.2.3.4", "999.1.1.1", "a-b_c~d", "%41"}) {
    CHECK(url::is_valid_host(good));
  }
  for (std::string_view bad :
       {"", "[]", "[:]", "[:::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[12345::]", "[::1.2.3]",
        "[::1.2.3.256]", "[1:]", "[:1]", "[::1", "::1", "a b", "a/b", "[fe80::1%25eth0]", "%4", "a%00"}) {
    CHECK_FALSE(url::is_valid_host(bad));
  }
  for (std::string_view bad : {"", ":80", "a:65536", "a:-1", "a:1x", "a:1:2", "[::1]x", "u@a"}) {
    CHECK_FALSE(url::parse_authority(bad));
  }
}

TEST_CASE("url: query pairs are given in order, decoded on demand, a plus being a space") {
  url::QueryPairs pairs("a=1+2&&b=%3D=x&c&=d&e%20f=");
  url::QueryPair pair;
  REQUIRE(pairs.next(pair));
  CHECK(pair.name == "a");
  CHECK(*pair.decoded_value() == "1 2");
  REQUIRE(pairs.next(pair));
  CHECK(*pair.decoded_value() == "==x");
  REQUIRE(pairs.next(pair));
  CHECK(pair.name == "c");
  CHECK(pair.value.empty());
  REQUIRE(pairs.next(pair));
  CHECK(pair.name.empty());
  REQUIRE(pairs.next(pair));
  CHECK(pair.has_name("e f"));
  CHECK_FALSE(pair.has_name("e"));
  CHECK_FALSE(pair.has_name("e f "));
  CHECK_FALSE(pairs.next(pair));
}

TEST_CASE("url: pairs written are pairs read") {
  std::string query;
  url::append_query_pair(query, "a b", "1&2=3");
  url::append_query_pair(query, "é", "+");
  CHECK(query == "a+b=1%262%3D3&%C3%A9=%2B");
  url::QueryPairs pairs(query);
  url::QueryPair pair;
  REQUIRE(pairs.next(pair));
  CHECK(*pair.decoded_value() == "1&2=3");
  REQUIRE(pairs.next(pair));
  CHECK(*pair.decoded_name() == "é");
  CHECK(*pair.decoded_value() == "+");
}

TEST_CASE("url: an origin is a scheme, a host and a port, and nothing behind them") {
  struct Case {
    std::string_view text;
    std::string_view written;  // empty: refused
  };
  const Case table[] = {
      {"https://example.org", "https://example.org"},
      {"HTTPS://Example.ORG:443", "https://example.org"},
      {"http://example.org:443", "http://example.org:443"},
      {"http://[::1]:80", "http://[::1]"},
      {"http://localhost:3000", "http://localhost:3000"},
      {"null", ""},
      {"", ""},
      {"https://", ""},
      {"https://example.org/", ""},
      {"https://user@example.org", ""},
      {"https://example.org:65536", ""},
      {"ftp://example.org", ""},
      {"example.org", ""},
  };
  for (const Case& row : table) {
    CAPTURE(row.text);
    const auto origin = url::parse_origin(row.text);
    REQUIRE(origin.has_value() == !row.written.empty());
    if (origin) CHECK(origin->to_string() == row.written);
  }
}
