#include "links.h"

#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace shortlink;

TEST_CASE("shortlink: a URL is http or https, names a host, and is neither ours nor somebody's secret") {
  struct Case {
    std::string url;
    std::string_view why;
  };
  constexpr std::string_view kCharacters = "may hold only the characters of RFC 3986; encode others with %";
  const std::string longest = "https://example.org/" + std::string(2048 - 20, 'x');
  for (const Case& row : {
           Case{"https://example.org", ""},
           Case{"http://example.org/a?b=c#d", ""},
           Case{"HTTPS://EXAMPLE.ORG/", ""},
           Case{"https://example.org:8443/x", ""},
           Case{"http://[::1]:80/", ""},
           Case{"http://192.0.2.1/", ""},
           Case{"https://example.org/@who", ""},
           Case{longest, ""},
           Case{longest + "x", "must be at most 2048 bytes long"},
           Case{"", "must begin with http:// or https://"},
           Case{"https://", "must begin with http:// or https://"},
           Case{"ftp://example.org/", "must begin with http:// or https://"},
           Case{"javascript:alert(1)", "must begin with http:// or https://"},
           Case{"//example.org/", "must begin with http:// or https://"},
           Case{"https:///path", "must name a valid host"},
           Case{"https://exa mple.org/", kCharacters},
           Case{"https://example.org/\r\nset-cookie:x", kCharacters},
           Case{"https://example.org\\@evil/", kCharacters},
           Case{"https://caf\xc3\xa9.example/", kCharacters},
           Case{"https://user:word@example.org/", "must not hold a user name or password"},
           Case{"https://example.org:99999/", "must name a valid host"},
           Case{"https://sho.rt/x", "must not point to this service"},
           Case{"http://SHO.RT", "must not point to this service"},
           Case{"https://sho.rt.example/x", ""},
           Case{"http://a_b.example./%7Ex;y=(1)?q=!$&'*+,:@/?#f/?", ""},
           Case{"http://a/<>", kCharacters},
           Case{"http://a/\"", kCharacters},
           Case{"http://a/^", kCharacters},
           Case{"http://a/{|}`", kCharacters},
           Case{"http://a/%zz", kCharacters},
           Case{"http://a/?%4", kCharacters},
           Case{"http://a/#%", kCharacters},
           Case{"http://a/[1]", kCharacters},
           Case{"http://a/#b#c", kCharacters},
           Case{"http://a..b/", "must name a valid host"},
           Case{"http://.a/", "must name a valid host"},
           Case{"http://./", "must name a valid host"},
           Case{"http://-/", "must name a valid host"},
           Case{"http://-a.example/", "must name a valid host"},
           Case{"http://a-.example/", "must name a valid host"},
           Case{"http://sho%2Ert/", "must name a valid host"},
           Case{"http://" + std::string(64, 'a') + "/", "must name a valid host"},
           Case{"http://[::1/", "must name a valid host"},
           Case{"http://sho.rt:80/", "must not point to this service"},
           Case{"https://Sho.Rt.:0443/", "must not point to this service"},
           Case{"https://sho.rt:8443/", ""},
       }) {
    CAPTURE(row.url);
    CHECK(why_not_url(row.url, "https://sho.rt") == row.why);
  }
}

TEST_CASE("shortlink: our own host is known however its port is written") {
  for (const char* url : {"http://127.0.0.1:38630/", "http://127.0.0.1:038630/x", "https://127.0.0.1:38630"}) {
    CAPTURE(url);
    CHECK(why_not_url(url, "http://127.0.0.1:38630") == "must not point to this service");
  }
  CHECK(why_not_url("http://127.0.0.1:3863/", "http://127.0.0.1:38630").empty());
  CHECK(why_not_url("http://127.0.0.1/", "http://127.0.0.1:38630").empty());
}

TEST_CASE("shortlink: a base URL is trimmed, and refused where nothing can be put behind it") {
  for (const char* text : {"https://sho.rt", " https://sho.rt/ ", "https://sho.rt//"}) {
    CAPTURE(text);
    CHECK(parse_base_url(text) == "https://sho.rt");
  }
  CHECK(parse_base_url("http://[::1]:8080/to/") == "http://[::1]:8080/to");
  for (const char* text : {"", "sho.rt", "ftp://sho.rt", "https://", "https:///x", "https://a b", "https://sho.rt/?a",
                           "https://sho.rt/#a", "https://sho.rt?", "https://me@sho.rt", "https://sho.rt:99999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_base_url(text).has_value());
  }
}

TEST_CASE("shortlink: an alias has 3 to 64 letters, digits, '_' and '-', and is no name of the service") {
  struct Case {
    std::string alias;
    std::string_view why;
  };
  for (const Case& row : {
           Case{"abc", ""},
           Case{"A-b_9", ""},
           Case{std::string(64, 'x'), ""},
           Case{"ab", "must have 3 to 64 characters"},
           Case{"", "must have 3 to 64 characters"},
           Case{std::string(65, 'x'), "must have 3 to 64 characters"},
           Case{"a/b", "must consist of letters, digits, '_' and '-'"},
           Case{"a.b", "must consist of letters, digits, '_' and '-'"},
           Case{"caf\xc3\xa9", "must consist of letters, digits, '_' and '-'"},
       }) {
    CAPTURE(row.alias);
    CHECK(why_not_alias(row.alias) == row.why);
  }
  for (const char* name : {"links", "healthz", "readyz", "startupz", "metrics", "docs", "admin"}) {
    CAPTURE(name);
    CHECK(why_not_alias(name) == "is a name of this service");
  }
}

TEST_CASE("shortlink: a time to live is from one second to ten years") {
  CHECK(why_not_ttl(1).empty());
  CHECK(why_not_ttl(315'360'000).empty());
  for (const std::int64_t seconds :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{316'224'001}, INT64_MAX, INT64_MIN}) {
    CAPTURE(seconds);
    CHECK_FALSE(why_not_ttl(seconds).empty());
  }
}

TEST_CASE("shortlink: ids have 7 base-62 characters and differ") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(random_id());
  CHECK(ids.size() == 1000);  // 62^7 possibilities: equal ones would be a fault
  for (const std::string& id : ids) {
    CHECK(id.size() == 7);
    CHECK(id.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == std::string::npos);
  }
}

TEST_CASE("shortlink: of a referrer only its host is kept") {
  struct Case {
    std::string_view referrer;
    std::string_view host;
  };
  for (const Case& row :
       {Case{"https://News.Example/story?id=7", "news.example"}, Case{"http://a.example:81", "a.example"}, Case{"", ""},
        Case{"about:blank", ""}, Case{"news.example", ""}, Case{"https://", ""}}) {
    CAPTURE(row.referrer);
    CHECK(referrer_host(row.referrer) == row.host);
  }
}
