#include <rondeau/client/cookie_jar.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using client::StoredCookie;

namespace {

Url at(std::string_view text) {
  return Url::parse(text).value();
}

/// What `to` gets after `from` has set one cookie.
std::string round(std::string_view from, std::string_view set_cookie, std::string_view to) {
  CookieJar jar;
  jar.store(at(from), set_cookie);
  return jar.header_for(at(to));
}

}  // namespace

TEST_CASE("cookies: who sets what, and who gets it back") {
  struct Case {
    std::string_view from;
    std::string_view set_cookie;
    std::string_view to;
    bool sent;
  };
  static constexpr Case kTable[] = {
      // hosts
      {"http://a.org/", "c=1", "http://a.org/", true},
      {"http://a.org/", "c=1", "http://A.ORG:8080/", true},
      {"http://a.org/", "c=1", "http://b.a.org/", false},
      {"http://a.org/", "c=1", "http://org/", false},
      {"http://a.org/", "c=1; Domain=a.org", "http://b.a.org/", true},
      {"http://a.org/", "c=1; Domain=.A.org", "http://c.b.a.org/", true},
      {"http://b.a.org/", "c=1; Domain=a.org", "http://a.org/", true},
      {"http://a.org/", "c=1; Domain=a.org", "http://xa.org/", false},
      {"http://a.org/", "c=1; Domain=", "http://b.a.org/", false},
      {"http://a.org/", "c=1; Domain=b.a.org", "http://b.a.org/", false},
      {"http://a.org/", "c=1; Domain=b.org", "http://b.org/", false},
      {"http://xa.org/", "c=1; Domain=a.org", "http://a.org/", false},
      {"http://a.org/", "c=1; Domain=org", "http://a.org/", false},
      {"http://a.org/", "c=1; Domain=org.", "http://a.org/", false},
      {"http://a.org./", "c=1; Domain=org.", "http://b.org./", false},
      {"http://a.org/", "c=1; Domain=..org", "http://a.org/", false},
      {"http://a.org/", "c=1; Domain=.", "http://a.org/", true},
      {"http://a.org/", "c=1; Domain=.", "http://b.a.org/", false},
      {"http://localhost/", "c=1", "http://localhost/", true},
      {"http://localhost/", "c=1; Domain=localhost", "http://localhost/", true},
      {"http://localhost/", "c=1; Domain=localhost", "http://a.localhost/", false},
      {"http://org/", "c=1; Domain=org", "http://a.org/", false},
      {"http://127.0.0.1/", "c=1", "http://127.0.0.1/", true},
      {"http://127.0.0.1/", "c=1; Domain=127.0.0.1", "http://127.0.0.1/", true},
      {"http://127.0.0.1/", "c=1; Domain=0.0.1", "http://127.0.0.1/", false},
      {"http://127.0.0.1/", "c=1; Domain=.0.1", "http://127.0.0.1/", false},
      {"http://[::1]/", "c=1", "http://[::1]/", true},
      {"http://[::1]/", "c=1; Domain=[::1]", "http://[::1]/", true},
      {"http://[::1]/", "c=1", "http://[::2]/", false},
      // paths
      {"http://a.org/", "c=1", "http://a.org/b/c", true},
      {"http://a.org/b", "c=1", "http://a.org/", true},
      {"http://a.org/b/c", "c=1", "http://a.org/b", true},
      {"http://a.org/b/c", "c=1", "http://a.org/b/", true},
      {"http://a.org/b/c", "c=1", "http://a.org/", false},
      {"http://a.org/b/c", "c=1", "http://a.org/bc", false},
      {"http://a.org/b/c?d=/e/f", "c=1", "http://a.org/b?g", true},
      {"http://a.org/b/", "c=1", "http://a.org/b", true},
      {"http://a.org/b/c", "c=1; Path=/", "http://a.org/", true},
      {"http://a.org/", "c=1; Path=/b", "http://a.org/b", true},
      {"http://a.org/", "c=1; Path=/b", "http://a.org/b/c", true},
      {"http://a.org/", "c=1; Path=/b", "http://a.org/bc", false},
      {"http://a.org/", "c=1; Path=/b/", "http://a.org/b", false},
      {"http://a.org/", "c=1; Path=/b/", "http://a.org/b/c", true},
      {"http://a.org/b/c", "c=1; Path=d", "http://a.org/b/x", true},
      {"http://a.org/b/c", "c=1; Path=/\xFF", "http://a.org/b/x", true},
      // security
      {"https://a.org/", "c=1", "http://a.org/", true},
      {"https://a.org/", "c=1; Secure", "https://a.org/", true},
      {"https://a.org/", "c=1; Secure", "http://a.org/", false},
      {"http://a.org/", "c=1; Secure", "https://a.org/", false},
      {"https://a.org/", "__Secure-c=1; Secure", "https://a.org/", true},
      {"https://a.org/", "__Secure-c=1", "https://a.org/", false},
      {"http://a.org/", "__Secure-c=1; Secure", "https://a.org/", false},
      {"https://a.org/", "__Secure-c=1; Secure; Domain=a.org", "https://b.a.org/", true},
      {"https://a.org/", "__Host-c=1; Secure; Path=/", "https://a.org/", true},
      {"https://a.org/", "__host-c=1; Secure; Path=/x", "https://a.org/x", false},
      {"https://a.org/", "__Host-c=1; Secure", "https://a.org/", false},
      {"https://a.org/", "__Host-c=1; Path=/", "https://a.org/", false},
      {"https://a.org/", "__Host-c=1; Secure; Path=/; Domain=a.org", "https://a.org/", false},
      {"https://localhost/", "__Host-c=1; Secure; Path=/; Domain=localhost", "https://localhost/", false},
      // time
      {"http://a.org/", "c=1; Max-Age=10", "http://a.org/", true},
      {"http://a.org/", "c=1; Max-Age=0", "http://a.org/", false},
      {"http://a.org/", "c=1; Max-Age=-1", "http://a.org/", false},
      {"http://a.org/", "c=1; Max-Age=99999999999999999999", "http://a.org/", true},
      {"http://a.org/", "c=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "http://a.org/", false},
      {"http://a.org/", "c=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://a.org/", true},
      {"http://a.org/", "c=1; Max-Age=10; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "http://a.org/", true},
      {"http://a.org/", "c=1; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://a.org/", false},
      {"http://a.org/", "c=1; Expires=whenever", "http://a.org/", true},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.from);
    CAPTURE(row.set_cookie);
    CAPTURE(row.to);
    CHECK(!round(row.from, row.set_cookie, row.to).empty() == row.sent);
  }
}

TEST_CASE("cookies: longer paths stand first, then the older ones, and a replaced cookie keeps its place") {
  CookieJar jar;
  const Url here = at("http://a.org/x/y");
  CHECK(jar.store(here, "a=1; Path=/"));
  CHECK(jar.store(here, "b=2; Path=/x"));
  CHECK(jar.store(here, "c=3; Path=/"));
  CHECK(jar.store(here, "d=4; Domain=a.org; Path=/x/y"));
  CHECK(jar.store(here, "e=\"5 6\"; Path=/x"));
  CHECK(jar.header_for(here) == "d=4; b=2; e=\"5 6\"; a=1; c=3");
  CHECK(jar.store(here, "a=7; Path=/"));
  CHECK(jar.header_for(here) == "d=4; b=2; e=\"5 6\"; a=7; c=3");
}

TEST_CASE("cookies: name, domain and path make the cookie, and the jar says whether it has changed") {
  CookieJar jar;
  const Url here = at("http://a.org/");
  CHECK(jar.store(here, "a=1; Max-Age=10"));
  CHECK(!jar.store(here, "a=1; Max-Age=20"));
  CHECK(jar.store(here, "a=2"));
  CHECK(jar.store(here, "a=2; HttpOnly"));
  CHECK(jar.store(here, "a=3; Path=/x"));
  CHECK(jar.store(here, "a=4; Domain=a.org"));
  CHECK(jar.size() == 3);
  CHECK(!jar.store(here, "b=1; Max-Age=0"));
  CHECK(!jar.store(here, "nonsense"));
  CHECK(jar.store(here, "a=; Max-Age=0"));
  CHECK(!jar.store(here, "a=; Max-Age=0"));
  CHECK(jar.header_for(here) == "a=4");

  Headers response;
  REQUIRE(response.append(HeaderName::SetCookie, "a=4; Domain=a.org"));
  REQUIRE(response.append("X-Set-Cookie", "z=1"));
  CHECK(!jar.store(here, response));
  REQUIRE(response.append(HeaderName::SetCookie, "b=5"));
  CHECK(jar.store(here, response));
  CHECK(jar.header_for(here) == "a=4; b=5");
  const CookieJar copy = jar;
  jar.clear();
  CHECK(copy.size() == 0);
  CHECK(copy.header_for(here).empty());
}

TEST_CASE("cookies: a plain connection hides or replaces no secure cookie") {
  CookieJar jar;
  REQUIRE(jar.store(at("https://b.a.org/"), "s=secret; Secure; Domain=a.org; Path=/x"));
  CHECK(!jar.store(at("http://b.a.org/"), "s=mine; Domain=a.org; Path=/x"));
  CHECK(!jar.store(at("http://b.a.org/"), "s=mine; Path=/x/y"));
  CHECK(!jar.store(at("http://a.org/"), "s=mine; Path=/x"));
  CHECK(!jar.store(at("http://c.b.a.org/"), "s=mine; Domain=b.a.org; Path=/x"));
  CHECK(!jar.store(at("http://a.org/"), "s=; Path=/x; Domain=a.org; Max-Age=0"));
  CHECK(jar.header_for(at("https://b.a.org/x")) == "s=secret");
  CHECK(jar.store(at("http://b.a.org/"), "s=other; Path=/"));
  CHECK(jar.store(at("http://b.a.org/"), "t=mine; Path=/x"));
  CHECK(jar.store(at("https://b.a.org/"), "s=new; Domain=a.org; Path=/x"));
}

TEST_CASE("cookies: they are there until their second") {
  CookieJar jar;
  const Url here = at("http://a.org/");
  runtime::Builder::current_thread().start_paused().build().value().block_on([&]() -> Task<void> {
    jar.store(here, "a=1; Max-Age=10");
    jar.store(here, "b=2");
    co_await time::sleep_for(8s);
    CHECK(jar.header_for(here) == "a=1; b=2");
    CHECK(!jar.store(here, "a=1; Max-Age=5"));
    co_await time::sleep_for(3s);
    CHECK(jar.header_for(here) == "a=1; b=2");
    co_await time::sleep_for(3s);
    CHECK(jar.cookies().size() == 1);
    CHECK(jar.header_for(here) == "b=2");
    CHECK(jar.store(here, "a=1"));
  });
}

TEST_CASE("cookies: limits hold, and those go that were used longest ago") {
  CookieJar jar({.per_domain = 3, .total = 5, .bytes = 10});
  const Url a = at("http://a.org/a");
  CHECK(jar.store(a, "name=678901"));
  CHECK(!jar.store(a, "name=6789012"));
  CHECK(jar.store(a, "b=; Path=/b"));
  CHECK(jar.store(a, "c="));
  CHECK(jar.header_for(a) == "name=678901; c=");
  CHECK(jar.store(a, "d="));  // b was not used
  CHECK(jar.header_for(at("http://a.org/b")) == "name=678901; c=; d=");
  CHECK(jar.size() == 3);
  CHECK(jar.store(at("http://b.org/"), "e="));
  CHECK(jar.store(at("http://c.org/"), "f="));
  CHECK(jar.header_for(a) == "name=678901; c=; d=");
  CHECK(jar.store(at("http://d.org/"), "g="));  // e was not used
  CHECK(jar.header_for(at("http://b.org/")).empty());
  CHECK(jar.size() == 5);

  CookieJar many;
  for (int host = 0; host < 100; ++host) {
    const Url there = at("http://h" + std::to_string(host) + ".org/");
    for (int i = 0; i < 100; ++i) many.store(there, "c" + std::to_string(i) + "=" + std::string(4090, 'x'));
  }
  CHECK(many.size() == 3'000);
  CHECK(many.header_for(at("http://h99.org/")).size() < 50 * 4'200);
  CHECK(many.header_for(at("http://h0.org/")).empty());
  CHECK(!many.store(at("http://a.org/" + std::string(2'000, 'p') + "/q"), "a=b"));
}

TEST_CASE("cookies: what is saved can be loaded, and nothing else") {
  CookieJar jar;
  const Url here = at("https://a.org/x/y");
  jar.store(here, "a=1; Max-Age=100; Secure; HttpOnly; SameSite=Strict; Path=/");
  jar.store(here, "b=\"é\\\"; Domain=a.org");
  jar.store(at("http://[::1]/"), "c=3");
  jar.header_for(here);
  const std::string saved = jar.save();

  CookieJar loaded;
  loaded.store(here, "d=4");
  REQUIRE(loaded.load(saved));
  std::vector<StoredCookie> expected = jar.cookies();
  std::vector<StoredCookie> got = loaded.cookies();
  REQUIRE(got.size() == 4);
  got.erase(got.begin());
  CHECK(got == expected);
  CHECK(loaded.header_for(here) == "d=4; b=\"é\\\"; a=1");

  for (const std::string_view bad : {"", "{}", "[]", R"({"version":2,"cookies":[]})", R"({"version":1})"}) {
    CHECK(loaded.load(bad).error().code() == Errc::InvalidData);
  }
  const auto loads = [](std::string_view name, std::string_view domain, std::string_view rest) {
    CookieJar one;
    const std::string text = R"({"version":1,"cookies":[{"name":")" + std::string(name) +
                             R"(","value":"v","domain":")" + std::string(domain) +
                             R"(","path":"/","created":"2026-01-01T00:00:00Z")" + std::string(rest) + "}]}";
    REQUIRE(one.load(text));
    return one.size() == 1;
  };
  CHECK(loads("a", "a.org", R"(,"host_only":true)"));
  CHECK(loads("a", "a.org", R"(,"host_only":false)"));
  CHECK(!loads("a", "org", R"(,"host_only":false)"));
  CHECK(!loads("a", "A.org", R"(,"host_only":true)"));
  CHECK(!loads("a", "a.org/", R"(,"host_only":true)"));
  CHECK(!loads("a", "", R"(,"host_only":true)"));
  CHECK(!loads("a;b", "a.org", R"(,"host_only":true)"));
  CHECK(!loads("", "a.org", R"(,"host_only":true)"));
  CHECK(!loads("a\\r\\nb", "a.org", R"(,"host_only":true)"));
  CHECK(!loads("__Host-a", "a.org", R"(,"host_only":true)"));
  CHECK(!loads("a", "a.org", R"(,"expires":"2001-01-01T00:00:00Z")"));
}

TEST_CASE("cookies: many threads use one jar") {
  CookieJar jar({.per_domain = 20, .total = 40});
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([jar, n]() mutable {
      const Url here = at("http://h" + std::to_string(n % 2) + ".org/");
      for (int i = 0; i < 300; ++i) {
        jar.store(here, "c" + std::to_string(i % 30) + "=" + std::to_string(i));
        const std::string header = jar.header_for(here);
        if (std::ranges::count(header, '=') > 20) std::abort();
        if (i % 100 == 0) static_cast<void>(jar.save());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(jar.size() == 40);
}
