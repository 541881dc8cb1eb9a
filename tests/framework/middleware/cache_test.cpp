#include <rondeau/middleware/cache.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/socket_address.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/middleware/cache_control.h>
#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/dispatch.h"

#include "kept.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Kept;
using testing::TestResponse;

TEST_CASE("middleware: Cache keeps what says for how long, and nothing that a shared cache may not (RFC 9111 §3)") {
  struct Case {
    std::string_view path;
    bool kept;
  };
  for (const Case& row : {
           Case{"/control/max-age=60", true},
           Case{"/control/s-maxage=60", true},
           Case{"/control/max-age=60,%20s-maxage=0", false},
           Case{"/control/max-age=0,%20s-maxage=60", true},
           Case{"/control/max-age=%2260%22", true},
           Case{"/control/MAX-AGE=60", true},
           Case{"/control/max-age=99999999999999999999", true},
           Case{"/control/max-age=-1", false},
           Case{"/control/max-age=x", false},
           Case{"/control/max-age", false},
           Case{"/control/max-age=60,%20max-age=0", false},
           Case{"/control/public", false},
           Case{"/control/max-age=60,%20no-store", false},
           Case{"/control/max-age=60,%20private", false},
           Case{"/control/max-age=60,%20private=%22set-cookie%22", false},
           Case{"/control/max-age=60,%20no-cache", false},
           Case{"/control/x=%22max-age=60%22", false},
           Case{"/field/set-cookie/a=b", false},
           Case{"/field/vary/*", false},
           Case{"/field/vary/accept", true},
           Case{"/field/age/59", true},
           Case{"/field/age/60", false},
           Case{"/field/age/99999999999999999999", false},
           Case{"/dated/-5", true},
           Case{"/dated/0", true},
           Case{"/dated/59", true},
           Case{"/dated/60", false},
           Case{"/field/cache-control/no-store", false},
           Case{"/status/200", true},
           Case{"/status/404", true},
           Case{"/status/201", false},
           Case{"/status/206", false},
           Case{"/status/500", false},
           Case{"/status/503", false},
       }) {
    CAPTURE(row.path);
    Kept kept;
    CHECK(kept.keeps(row.path) == row.kept);
  }
}

TEST_CASE("middleware: Cache tells the age of its answers and asks again when they are stale") {
  Kept kept;
  const TestResponse first = kept.app.get("/control/max-age=60").send();
  CHECK(!first.header("age"));
  kept.app.advance(59s);
  const TestResponse second = kept.app.get("/control/max-age=60").send();
  CHECK(second.body() == "run 1");
  CHECK(second.header("age") == "59");
  CHECK(second.header("date") == first.header("date"));
  CHECK(second.header("content-type") == first.header("content-type"));
  kept.app.advance(1s);
  CHECK(kept.get("/control/max-age=60") == "run 2");
  // What has an age already has less time left.
  CHECK(kept.get("/field/age/50") == "run 3");
  kept.app.advance(9s);
  CHECK(kept.app.get("/field/age/50").send().header("age") == "59");
  kept.app.advance(1s);
  CHECK(kept.get("/field/age/50") == "run 4");
  // So has what was made a while ago.
  CHECK(kept.get("/dated/50") == "run 5");
  kept.app.advance(9s);
  CHECK(kept.app.get("/dated/50").send().header("age") == "59");
}

TEST_CASE("middleware: Cache obeys the directives of requests (RFC 9111 §5.2.1)") {
  Kept kept;
  const auto with = [&](std::string_view name, std::string_view value) {
    return kept.app.get("/control/max-age=60").header(name, value).send();
  };
  CHECK(with("cache-control", "only-if-cached").status() == StatusCode::GatewayTimeout);
  CHECK(with("cache-control", "no-store").body() == "run 1");
  CHECK(with("x-none", "x").body() == "run 2");
  CHECK(with("cache-control", "only-if-cached").body() == "run 2");
  CHECK(with("cache-control", "no-cache").body() == "run 3");
  CHECK(with("x-none", "x").body() == "run 3");
  CHECK(with("pragma", "no-cache").body() == "run 4");
  kept.app.advance(30s);
  CHECK(with("cache-control", "max-age=30").body() == "run 4");
  CHECK(with("cache-control", "max-age=29").body() == "run 5");
  kept.app.advance(30s);
  CHECK(with("cache-control", "min-fresh=30").body() == "run 5");
  CHECK(with("cache-control", "min-fresh=31").body() == "run 6");
}

TEST_CASE("middleware: Cache tells requests apart by what the answer varies by, by host and by query") {
  Kept kept;
  const auto accepting = [&](std::string_view value) {
    return kept.app.get("/field/vary/Accept-Language").header("accept-language", value).send().body();
  };
  CHECK(accepting("de") == "run 1");
  CHECK(accepting("en") == "run 2");
  CHECK(accepting("de") == "run 1");
  CHECK(kept.get("/field/vary/Accept-Language") == "run 3");
  CHECK(accepting("en") == "run 2");
  CHECK(kept.get("/control/max-age=60") == "run 4");
  CHECK(kept.get("/control/max-age=60?x") == "run 5");
  CHECK(kept.app.wire("GET /control/max-age=60 HTTP/1.1\r\nhost: other.example\r\n\r\n").ends_with("run 6"));
}

TEST_CASE("middleware: Cache tells requests apart by the scheme and the host that a trusted proxy tells of") {
  Router<> router;
  router.layer(Cache());
  router.get<"/">([](Scheme scheme, Authority authority) {
    return Response::text(*scheme + " " + *authority).header(HeaderName::CacheControl, "max-age=60");
  });
  const auto dispatcher = router.build().value();
  const base::SocketAddress proxy = base::SocketAddress::parse("10.0.0.1:80").value();
  const std::vector<std::string> networks{"10.0.0.0/8"};
  const http::TrustedProxies trusted = http::TrustedProxies::parse(networks).value();
  const auto ask = [&](std::string_view forwarded) {
    Request request = support::make_request(Method::Get, "/", {{"host", "inside"}, {"forwarded", forwarded}});
    request.block().peer = &proxy;
    request.block().trusted_proxies = &trusted;
    const Response response = support::wait(dispatcher->handle(Request(request.block())));
    return support::body(response) + (response.headers().contains(HeaderName::Age) ? ", kept" : "");
  };
  CHECK(ask("for=192.0.2.1;proto=https;host=a.example") == "https a.example");
  CHECK(ask("for=192.0.2.1;proto=http;host=a.example") == "http a.example");
  CHECK(ask("for=192.0.2.1;proto=https;host=b.example") == "https b.example");
  CHECK(ask("for=192.0.2.9;proto=https;host=A.example") == "https a.example, kept");
}

TEST_CASE("middleware: a GET with a body neither gets what Cache keeps nor leaves anything there") {
  Kept kept;
  const auto with_body = [&] { return kept.app.get("/control/max-age=60").body("x"); };
  CHECK(with_body().send().body() == "run 1");
  CHECK(kept.get("/control/max-age=60") == "run 2");
  CHECK(with_body().send().body() == "run 3");
  CHECK(kept.get("/control/max-age=60") == "run 2");
  CHECK(with_body().header("cache-control", "only-if-cached").send().status() == StatusCode::GatewayTimeout);
}

TEST_CASE("middleware: Cache answers HEAD and conditions from what it keeps") {
  Kept kept;
  CHECK(kept.app.head("/tag").send().header("age") == std::nullopt);  // run 1, not kept
  CHECK(kept.get("/tag") == "run 2");
  const TestResponse head = kept.app.head("/tag").send();
  CHECK(head.header("age") == "0");
  CHECK(head.header("content-length") == "5");
  const TestResponse same = kept.app.get("/tag").header("if-none-match", "\"v1\"").send();
  CHECK(same.status() == StatusCode::NotModified);
  CHECK(same.header("cache-control") == "max-age=60");
  CHECK(*kept.runs == 2);
}

TEST_CASE("middleware: Cache keeps no more bytes than it may, and forgets what was not asked for longest") {
  Kept kept({.max_bytes = 10'000});
  CHECK(kept.get("/big/1") == "run 1");
  CHECK(kept.get("/big/2") == "run 2");
  CHECK(kept.get("/big/1") == "run 1");
  CHECK(kept.get("/big/3") == "run 3");
  CHECK(kept.cache.bytes() <= 10'000);
  CHECK(kept.get("/big/1") == "run 1");
  CHECK(kept.get("/big/2") == "run 4");
  // Targets that cannot be kept push out nothing.
  for (int i = 0; i < 50; ++i) kept.get("/control/private?" + std::to_string(i));
  CHECK(kept.get("/big/2") == "run 4");
  CHECK(kept.cache.bytes() <= 10'000);
  Kept variants({.max_variants = 2});
  for (std::string_view language : {"de", "en", "fr"}) {
    variants.app.get("/field/vary/accept-language").header("accept-language", language).send();
  }
  variants.app.get("/field/vary/accept-language").header("accept-language", "en").send();
  CHECK(*variants.runs == 3);
  variants.app.get("/field/vary/accept-language").header("accept-language", "de").send();
  CHECK(*variants.runs == 4);
}

TEST_CASE("middleware: a Cache that could keep nothing of a target is a mistake of the router") {
  Router<> router;
  router.layer(Cache({.max_variants = 0}));
  CHECK_FALSE(router.build().has_value());
}

TEST_CASE("middleware: CacheControl names what may be kept, where the answer does not") {
  Router<> router;
  router.layer(CacheControl{.max_age = 60s, .is_public = true, .must_revalidate = true, .immutable = true});
  router.get<"/">([] { return "x"; });
  router.get<"/own">([] { return Response::text("x").header(HeaderName::CacheControl, "no-store"); });
  TestApp app(router);
  CHECK(app.get("/").send().header("cache-control") == "public, max-age=60, must-revalidate, immutable");
  CHECK(app.get("/own").send().header("cache-control") == "no-store");
  CHECK(!app.get("/none").send().header("cache-control"));
  CHECK(CacheControl{.s_maxage = 1s,
                     .stale_while_revalidate = 2s,
                     .is_private = true,
                     .no_cache = true,
                     .no_store = true,
                     .no_transform = true}
            .value() == "private, no-cache, no-store, s-maxage=1, stale-while-revalidate=2, no-transform");
  CHECK(CacheControl{}.value().empty());
}
