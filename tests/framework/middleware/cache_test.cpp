#include <rondeau/middleware/cache.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/extractors.h>
#include <rondeau/auth/login.h>
#include <rondeau/auth/require_auth.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/http/personal.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/middleware/cache_control.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/store/memory_store.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/text/date.h>
#include <rondeau/time/sleep.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

using testing::TestResponse;

/// How often the handler has run.
using Runs = std::shared_ptr<int>;

Response made(const Runs& runs, std::string_view control) {
  return Response::text("run " + std::to_string(++*runs)).header(HeaderName::CacheControl, control);
}

AsyncGenerator<Result<std::string>> stream(Runs runs, bool breaks) {
  co_yield Result<std::string>("stream ");
  co_await sleep_for(1s);
  if (breaks) co_yield Result<std::string>(Errc::UnexpectedEof);
  co_yield Result<std::string>(std::to_string(++*runs));
}

struct Kept {
  explicit Kept(CacheOptions options = {}) : cache(options), app(routes(cache, runs)) {}

  std::string get(std::string_view path) { return app.get(path).send().body(); }
  bool keeps(std::string_view path) {
    const std::string first = get(path);
    return get(path) == first;
  }

  static Router<> routes(const Cache& cache, const Runs& runs) {
    Router<> app;
    app.layer(cache);
    app.get<"/control/{list}">([runs](Path<"list"> list) { return made(runs, *list); });
    app.get<"/field/{name}/{value}">(
        [runs](Path<"name"> name, Path<"value"> value) { return made(runs, "max-age=60").header(*name, *value); });
    app.get<"/dated/{age}">([runs](Path<"age", int> age) {
      const auto date = std::chrono::floor<std::chrono::seconds>(base::wall_clock()) - std::chrono::seconds(*age);
      return made(runs, "max-age=60").header(HeaderName::Date, text::format_http_date(date));
    });
    app.get<"/status/{code}">([runs](Path<"code", int> status) {
      Response response = made(runs, "max-age=60");
      response.set_status(static_cast<StatusCode>(*status));
      return response;
    });
    app.get<"/tag">([runs] { return made(runs, "max-age=60").header(HeaderName::Etag, "\"v1\""); });
    app.get<"/slow">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      co_return made(runs, "max-age=60");
    });
    app.get<"/slow-throws">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      throw std::runtime_error("run " + std::to_string(++*runs));
    });
    app.get<"/slow-private">([runs]() -> Task<Response> {
      co_await sleep_for(2s);
      co_return made(runs, "private");
    });
    app.get<"/big/{id}">([runs] { return made(runs, "max-age=60").header("x-filler", std::string(3000, 'x')); });
    app.get<"/stream">([runs] {
      return Response::stream(stream(runs, false), "text/plain").header(HeaderName::CacheControl, "max-age=60");
    });
    app.get<"/breaks">([runs] {
      return Response::stream(stream(runs, true), "text/plain").header(HeaderName::CacheControl, "max-age=60");
    });
    app.post<"/slow">([] { return StatusCode::NoContent; });
    app.post<"/tag">([] { return StatusCode::NoContent; });
    app.get<"/changed">([runs] { return made(runs, "max-age=60"); });
    app.put<"/changed">([](Request request) -> Task<Response> {
      const std::string way(request.header("x-way").value_or(""));
      if (way == "throws") throw std::runtime_error("half of it is done");
      if (way == "hangs") co_await sleep_for(1h);
      if (way == "fails") co_return Response(StatusCode::BadGateway);
      co_return Response(StatusCode::NoContent);
    });
    app.put<"/tag">([] { return StatusCode::Conflict; });
    return app;
  }

  Runs runs = std::make_shared<int>(0);
  Cache cache;
  TestApp app;
};

}  // namespace

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

TEST_CASE("middleware: Cache keeps answers to Authorization only where they are for all (RFC 9111 §3.5)") {
  for (std::string_view list : {"max-age=60", "public,%20max-age=60", "s-maxage=60", "must-revalidate,%20max-age=60"}) {
    CAPTURE(list);
    Kept kept;
    const std::string path = "/control/" + std::string(list);
    CHECK(kept.app.get(path).header("authorization", "Bearer x").send().body() == "run 1");
    CHECK(kept.get(path) == (list == "max-age=60" ? "run 2" : "run 1"));
  }
}

namespace {

struct User {
  std::string name;
};
/// Knows every key.
struct Keys {
  Result<Identity, Denied> check(const ApiKeyText& key) const { return Identity{key.text}; }
  Result<Identity, Denied> check(const BearerToken& token) const { return Identity{token.text}; }
};
struct State {
  Keys keys;
};

/// Each tells the one who asks who that is.
Router<State> personal(std::string_view control) {
  const auto answer = [list = std::string(control)](std::string_view who) {
    return Response::text(std::string(who)).header(HeaderName::CacheControl, list);
  };
  Router<State> app(State{});
  app.layer(Cache());
  app.layer(login<User>(std::make_shared<MemoryStore>(), {.cookie = "id", .secure = false}));
  app.get<"/key">([answer](ApiKey<"x-own"> key) { return answer(key->subject); });
  app.get<"/maybe-key">(
      [answer](std::optional<ApiKey<"x-own">> key) { return answer(key ? (*key)->subject : "nobody"); });
  app.get<"/layer">([answer](Extension<Identity> identity) { return answer(identity->subject); })
      .layer(
          api_key_auth<"x-own">([](const ApiKeyText& key) -> Result<Identity, Denied> { return Identity{key.text}; }));
  app.get<"/own-layer">([answer](Request request) { return answer(request.header("x-own").value_or("nobody")); })
      .layer([](Request request, Next next) -> Task<Response> {
        http::mark_personal(request);
        co_return co_await next(std::move(request));
      });
  app.get<"/copied">([answer](ApiKey<"x-own"> key) { return answer(key->subject); })
      .layer([](Request request, Next next) -> Task<Response> { co_return co_await next(request.own()); });
  app.get<"/x-api-key">([answer](Request request) { return answer(request.header("x-api-key").value_or("nobody")); });
  app.get<"/login">([answer](Login<User> login) { return answer(login ? login->name : "nobody"); });
  app.get<"/logged-in">(
      [answer](std::optional<LoggedIn<User>> user) { return answer(user ? (*user)->name : "nobody"); });
  app.get<"/session">([answer](Request request) { return answer(request.header("cookie").value_or("nobody")); });
  app.get<"/certificate">(
      [answer](std::optional<PeerCertificate> shown) { return answer(shown ? "known" : "nobody"); });
  app.post<"/in/{name}">([](Path<"name", std::string> name, Login<User> login) {
    login.log_in({*name});
    return StatusCode::NoContent;
  });
  return app;
}

std::string cookie_from(const TestResponse& answer) {
  const std::string field(answer.header("set-cookie").value());
  return field.substr(0, field.find(';'));
}

}  // namespace

TEST_CASE("middleware: Cache keeps no answer that is for one who is known, unless it says that it is for all") {
  for (std::string_view control : {"max-age=60", "public, max-age=60"}) {
    const bool is_public = control.starts_with("public");
    TestApp app(personal(control));
    const std::string ann = cookie_from(app.post("/in/ann").send());
    const std::string bob = cookie_from(app.post("/in/bob").send());
    struct Row {
      std::string_view path;
      std::string_view field;
      std::string first;
      std::string second;
    };
    for (const Row& row : {
             Row{"/key", "x-own", "ann", "bob"},
             Row{"/maybe-key", "x-own", "ann", "bob"},
             Row{"/layer", "x-own", "ann", "bob"},
             Row{"/own-layer", "x-own", "ann", "bob"},
             Row{"/copied", "x-own", "ann", "bob"},
             Row{"/x-api-key", "x-api-key", "ann", "bob"},
             Row{"/login", "cookie", ann, bob},
             Row{"/logged-in", "cookie", ann, bob},
             Row{"/session", "cookie", ann, bob},
         }) {
      CAPTURE(control);
      CAPTURE(row.path);
      const std::string first = app.get(row.path).header(row.field, row.first).send().body();
      CHECK(first == (row.field == "cookie" && row.path != "/session" ? "ann" : row.first));
      CHECK((app.get(row.path).header(row.field, row.second).send().body() == first) == is_public);
    }
  }
}

TEST_CASE("middleware: Cache does not keep what nobody was told for those who are known") {
  TestApp app(personal("max-age=60"));
  const std::string ann = cookie_from(app.post("/in/ann").send());
  CHECK(app.get("/login").send().body() == "nobody");
  CHECK(app.get("/login").header("cookie", ann).send().body() == "ann");
  CHECK(app.get("/logged-in").send().body() == "nobody");
  CHECK(app.get("/logged-in").header("cookie", ann).send().body() == "ann");
  CHECK(app.get("/maybe-key").send().body() == "nobody");
  CHECK(app.get("/maybe-key").header("x-own", "ann").send().body() == "ann");
  CHECK(app.get("/certificate").send().body() == "nobody");
  CHECK(!app.get("/certificate").send().header("age"));
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

TEST_CASE("middleware: what succeeds in changing a target drops what Cache keeps for it (RFC 9111 §4.4)") {
  Kept kept;
  CHECK(kept.get("/tag") == "run 1");
  CHECK(kept.app.put("/tag").send().status() == StatusCode::Conflict);
  CHECK(kept.get("/tag") == "run 1");
  CHECK(kept.app.post("/tag").send().status() == StatusCode::NoContent);
  CHECK(kept.get("/tag") == "run 2");
}

TEST_CASE("middleware: a change of which nobody knows how far it came drops what Cache keeps, too") {
  Kept kept;
  for (std::string_view way : {"fails", "throws"}) {
    CAPTURE(way);
    const std::string before = kept.get("/changed");
    CHECK(kept.get("/changed") == before);
    CHECK(code(kept.app.put("/changed").header("x-way", way).send().status()) >= 500);
    CHECK(kept.get("/changed") != before);
  }
  const std::string before = kept.get("/changed");
  {
    testing::Wire leaves = kept.app.connect();
    REQUIRE(leaves.send("PUT /changed HTTP/1.1\r\nhost: test\r\nx-way: hangs\r\n\r\n"));
    kept.app.advance(1s);
    CHECK(kept.get("/changed") == before);
  }
  kept.app.settle();
  CHECK(kept.get("/changed") != before);
}

TEST_CASE("middleware: Cache does not keep an answer that is older than a change of its target") {
  Kept kept;
  testing::Wire wire = kept.app.connect();
  REQUIRE(wire.send("GET /slow HTTP/1.1\r\nhost: test\r\n\r\n"));
  kept.app.advance(1s);
  CHECK(kept.app.post("/slow").send().status() == StatusCode::NoContent);
  kept.app.advance(1s);
  CHECK(wire.received().ends_with("run 1"));
  CHECK(kept.get("/slow") == "run 2");
  CHECK(kept.get("/slow") == "run 2");
}

TEST_CASE("middleware: of many that ask Cache at once one goes to the handler") {
  Kept kept;
  const auto ask = [&](std::string_view path) {
    testing::Wire wire = kept.app.connect();
    REQUIRE(wire.send("GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    return wire;
  };
  {
    testing::Wire first = ask("/slow");
    testing::Wire second = ask("/slow");
    testing::Wire third = ask("/slow");
    kept.app.advance(2s);
    CHECK(first.received().ends_with("run 1"));
    CHECK(second.received().ends_with("run 1"));
    CHECK(third.received().ends_with("run 1"));
  }
  // Who waits for one that leaves goes on itself; what cannot be kept is waited for once.
  kept.cache.clear();
  testing::Wire waits = [&] {
    testing::Wire leaves = ask("/slow");
    kept.app.advance(100ms);
    testing::Wire second = ask("/slow");
    kept.app.settle();
    return second;
  }();
  kept.app.advance(10s);
  CHECK(waits.received().ends_with("run 2"));
  testing::Wire first = ask("/slow-private");
  testing::Wire second = ask("/slow-private");
  testing::Wire third = ask("/slow-private");
  kept.app.advance(2s);
  CHECK(first.received().ends_with("run 3"));
  kept.app.advance(2s);
  CHECK(second.received().find("run ") != std::string::npos);
  CHECK(third.received().find("run ") != std::string::npos);
  CHECK(*kept.runs == 5);
}

TEST_CASE("middleware: where the one who asks for Cache leaves, one of those who wait goes in its place") {
  Kept kept;
  const auto ask = [&](std::string_view path) {
    testing::Wire wire = kept.app.connect();
    REQUIRE(wire.send("GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    return wire;
  };
  std::optional<testing::Wire> leaves = ask("/slow");
  testing::Wire first = ask("/slow");
  testing::Wire second = ask("/slow");
  testing::Wire third = ask("/slow");
  kept.app.advance(100ms);
  leaves.reset();
  kept.app.advance(10s);
  CHECK(first.received().ends_with("run 1"));
  CHECK(second.received().ends_with("run 1"));
  CHECK(third.received().ends_with("run 1"));
  CHECK(*kept.runs == 1);
  // One that threw has come to its end: nobody waits for the next.
  testing::Wire throws = ask("/slow-throws");
  testing::Wire fourth = ask("/slow-throws");
  testing::Wire fifth = ask("/slow-throws");
  kept.app.advance(2s);
  kept.app.advance(2s);
  for (testing::Wire* wire : {&throws, &fourth, &fifth}) CHECK(wire->received().starts_with("HTTP/1.1 500"));
}

TEST_CASE("middleware: Cache keeps streams that have come to their end") {
  Kept kept;
  CHECK(kept.get("/stream") == "stream 1");
  const TestResponse again = kept.app.get("/stream").send();
  CHECK(again.body() == "stream 1");
  CHECK(again.header("content-length") == "8");
  CHECK_THROWS(kept.get("/breaks"));
  CHECK_THROWS(kept.get("/breaks"));
  Kept small({.max_entry = 7});
  CHECK(small.get("/stream") == "stream 1");
  CHECK(small.get("/stream") == "stream 2");
}

namespace {

/// A peer that has left.
struct Gone final : BodyWriter {
  Gone(bool write, bool flush) : fails_write(write), fails_flush(flush) {}
  Task<Result<void>> write(Bytes) override { co_return fails_write ? Error(Errc::BrokenPipe) : Result<void>(); }
  Task<Result<void>> flush() override { co_return fails_flush ? Error(Errc::BrokenPipe) : Result<void>(); }
  const bool fails_write;
  const bool fails_flush;
};

}  // namespace

TEST_CASE("middleware: Cache keeps no stream that its client did not get, though its producer passes over that") {
  for (const auto& [write, flush] : {std::pair(false, false), std::pair(true, false), std::pair(false, true)}) {
    CAPTURE(write);
    CAPTURE(flush);
    Router<> router;
    router.layer(Cache());
    router.get<"/">([] {
      return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
               static_cast<void>(co_await out.write(Bytes(std::string("part"))));
               static_cast<void>(co_await out.flush());
               co_return Result<void>();
             })
          .header(HeaderName::CacheControl, "max-age=60");
    });
    support::Asked app(router);
    Response response = app.get("/");
    const auto producer = response.body().take_producer();
    Gone out(write, flush);
    auto runtime = runtime::Builder::current_thread().build();
    CHECK(runtime.value().block_on(producer->produce(out)));
    CHECK(app.get("/").headers().contains(HeaderName::Age) == (!write && !flush));
  }
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
