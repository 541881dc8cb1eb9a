// RateLimit and ConcurrencyLimit.
#include <rondeau/rondeau.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/socket_address.h>
#include <rondeau/middleware/concurrency_limit.h>
#include <rondeau/middleware/rate_limit.h>
#include <rondeau/sync/notify.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "middleware/key_table.h"
#include "middleware/rate.h"
#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;
using middleware::ConcurrencyLimitOptions;
using middleware::RateLimitOptions;
using support::Asked;
using support::field;
using support::status;

namespace {

Router<> limited(RateLimitOptions options) {
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(RateLimit(std::move(options)));
  return router;
}

std::string value_of(const testing::TestResponse& response, std::string_view name) {
  return std::string(response.header(name).value_or("(none)"));
}

unsigned code_from(Asked& app, std::string_view address) {
  Request request = support::make_request(Method::Get, "/x");
  const SocketAddress peer = SocketAddress::parse(address).value();
  request.block().peer = &peer;
  const unsigned code = status(support::wait(app.dispatcher().handle(Request(request.block()))));
  request.block().peer = nullptr;
  return code;
}

}  // namespace

TEST_CASE("rate limit: a token bucket fills evenly, and the fields say what is left") {
  TestApp app(limited({.quota = 4, .window = 60s}));
  for (const std::string_view left : {"3", "2", "1", "0"}) {
    const auto answer = app.get("/x").send();
    CHECK(answer.status() == StatusCode::Ok);
    CHECK(value_of(answer, "ratelimit-policy") == "\"default\";q=4;w=60");
    CHECK(value_of(answer, "ratelimit") ==
          "\"default\";r=" + std::string(left) + ";t=" + std::to_string((4 - (left[0] - '0')) * 15));
    CHECK(value_of(answer, "retry-after") == "(none)");
  }
  const auto refused = app.get("/x").send();
  CHECK(refused.status() == StatusCode::TooManyRequests);
  CHECK(value_of(refused, "retry-after") == "15");
  CHECK(value_of(refused, "ratelimit") == "\"default\";r=0;t=60");
  CHECK(value_of(refused, "content-type") == "application/problem+json");
  app.advance(14s);
  CHECK(app.get("/x").send().status() == StatusCode::TooManyRequests);
  app.advance(1s);
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
  CHECK(app.get("/x").send().status() == StatusCode::TooManyRequests);
  app.advance(10min);
  CHECK(value_of(app.get("/x").send(), "ratelimit") == "\"default\";r=3;t=15");
}

TEST_CASE("rate limit: whoever waits as long as Retry-After says is let in, and nobody before") {
  for (const RateAlgorithm algorithm : {RateAlgorithm::TokenBucket, RateAlgorithm::SlidingWindow}) {
    CAPTURE(static_cast<int>(algorithm));
    for (const std::int64_t quota : {1, 2, 3, 7, 100}) {
      CAPTURE(quota);
      const middleware::Rate rate{quota, 60'000'000'000, quota};
      middleware::TokenBucket bucket;
      middleware::SlidingWindow window;
      const auto ask = [&](std::int64_t now) {
        return algorithm == RateAlgorithm::TokenBucket ? bucket.ask(rate, now) : window.ask(rate, now);
      };
      std::int64_t now = 1'234'567'890'123;
      std::uint64_t random = 42;
      for (int i = 0; i < 500; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        now += static_cast<std::int64_t>(random >> 33) % 20'000'000'000 / quota;
        auto verdict = ask(now);
        if (verdict.allowed) continue;
        CHECK(verdict.remaining == 0);
        REQUIRE(verdict.retry_after.count() > 0);
        CHECK_FALSE(ask(now + verdict.retry_after.count() - 2).allowed);
        now += verdict.retry_after.count();
        CHECK(ask(now).allowed);
      }
    }
  }
}

TEST_CASE("rate limit: a sliding window lets no second quota through at the edge of a window") {
  const middleware::Rate rate{10, 60'000'000'000, 10};
  middleware::SlidingWindow window;
  std::int64_t now = 60'000'000'000 * 100 - 1;  // the last moment of a window
  int passed = 0;
  for (int i = 0; i < 30; ++i) passed += window.ask(rate, now).allowed ? 1 : 0;
  CHECK(passed == 10);
  CHECK_FALSE(window.ask(rate, now + 1).allowed);  // the next has begun
  passed = 0;
  for (int second = 1; second <= 60; ++second)
    passed += window.ask(rate, now + second * 1'000'000'000LL).allowed ? 1 : 0;
  CHECK(passed == 9);  // a part of a request of the window before counts as one
}

TEST_CASE("rate limit: a burst is what a bucket holds") {
  TestApp app(limited({.quota = 60, .window = 60s, .burst = 2}));
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
  CHECK(value_of(app.get("/x").send(), "retry-after") == "1");
  app.advance(1s);
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
  CHECK(app.get("/x").send().status() == StatusCode::TooManyRequests);
}

TEST_CASE("rate limit: addresses count apart, those of version 6 by their /64") {
  Asked app(limited({.quota = 1}));
  CHECK(code_from(app, "192.0.2.1:1000") == 200);
  CHECK(code_from(app, "192.0.2.1:2000") == 429);
  CHECK(code_from(app, "[::ffff:192.0.2.1]:3000") == 429);  // the same in another coat
  CHECK(code_from(app, "192.0.2.2:1000") == 200);
  CHECK(code_from(app, "[2001:db8:0:1::1]:1000") == 200);
  CHECK(code_from(app, "[2001:db8:0:1:ffff::2]:1000") == 429);
  CHECK(code_from(app, "[2001:db8:0:2::1]:1000") == 200);
}

TEST_CASE("rate limit: by a field, whose absence is no way round it; by an own function; by what a layer attached") {
  Asked by_field(limited({.quota = 1, .key = RequestKey::by_header("x-api-key")}));
  CHECK(status(by_field.get("/x", {{"x-api-key", "a"}})) == 200);
  CHECK(status(by_field.get("/x", {{"x-api-key", "a"}})) == 429);
  CHECK(status(by_field.get("/x", {{"x-api-key", "b"}})) == 200);
  CHECK(status(by_field.get("/x")) == 200);
  CHECK(status(by_field.get("/x")) == 429);
  CHECK(status(by_field.get("/x", {{"x-api-key", "c"}, {"x-api-key", "d"}})) == 429);

  Asked by_function(limited({.quota = 1, .key = RequestKey::by([](Request& request) -> std::optional<std::string> {
                                           if (request.query().empty()) return std::nullopt;
                                           return std::string(request.query());
                                         })}));
  CHECK(status(by_function.get("/x?a")) == 200);
  CHECK(status(by_function.get("/x?a")) == 429);
  CHECK(status(by_function.get("/x")) == 200);
  CHECK(status(by_function.get("/x")) == 200);
  CHECK(field(by_function.get("/x"), "ratelimit") == "(none)");

  struct User {
    std::string id;
  };
  struct Authenticate {
    using Provides = User;
    std::optional<Response> before(Request& request) const {
      if (const auto name = request.header("x-user")) request.extensions().insert(User{std::string(*name)});
      return std::nullopt;
    }
  };
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer<Slot::IdentityRateLimit>(RateLimit({.quota = 1, .key = RequestKey::by_extension<User>(&User::id)}));
  router.layer<Slot::Auth>(Authenticate{});
  Asked by_user(router);
  CHECK(status(by_user.get("/x", {{"x-user", "ada"}})) == 200);
  CHECK(status(by_user.get("/x", {{"x-user", "ada"}})) == 429);
  CHECK(status(by_user.get("/x", {{"x-user", "bob"}})) == 200);
}

TEST_CASE("rate limit: several limits speak in one list; announcing may be left out") {
  Router<> router = limited({.quota = 10, .window = 1s, .name = "second"});
  router.layer(RateLimit({.quota = 100, .window = 60s, .name = "minute"}));
  router.layer(RateLimit({.quota = 5, .announce = false}));
  Asked app(router);
  const Response answer = app.get("/x");
  std::vector<std::string> policies;
  for (const http::HeaderField& line : answer.headers()) {
    if (line.id == HeaderName::RateLimitPolicy) policies.emplace_back(line.value);
  }
  CHECK(policies == std::vector<std::string>{"\"minute\";q=100;w=60", "\"second\";q=10;w=1"});
}

TEST_CASE("rate limit: the table of clients is bounded, and who was seen last is kept") {
  middleware::KeyTable<int> table(3);
  const auto add = [&](std::string_view key) { return table.with(key, [](int& count) { return ++count; }); };
  CHECK(add("a") == 1);
  CHECK(add("b") == 1);
  CHECK(add("c") == 1);
  CHECK(add("a") == 2);
  CHECK(add("d") == 1);  // forgets b
  CHECK(add("a") == 3);
  CHECK(add("c") == 2);
  CHECK(add("b") == 1);
}

TEST_CASE("rate limit: keys are hashed as SipHash-2-4 says") {
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  const middleware::SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  CHECK(middleware::sip_hash(key, text) == 0xa129ca6149be45e5);  // the authors' example
  CHECK(middleware::sip_hash(key, {}) == 0x726fdb47dd0e0e31);
}

TEST_CASE("rate limit: build() refuses settings that mean nothing") {
  for (const RateLimitOptions& options :
       {RateLimitOptions{.quota = 0}, RateLimitOptions{.window = 0s}, RateLimitOptions{.window = 24h * 32},
        RateLimitOptions{.burst = 0}, RateLimitOptions{.quota = 1, .burst = 2000}, RateLimitOptions{.max_keys = 0},
        RateLimitOptions{.name = "a b"}, RateLimitOptions{.name = ""},
        RateLimitOptions{.quota = 1'000'000'001, .window = 1s}}) {
    CHECK_FALSE(limited(options).build().has_value());
  }
  Router<> router;
  router.layer(ConcurrencyLimit({.limit = 0}));
  CHECK_FALSE(router.build().has_value());
}

namespace {

/// Requests that have begun, and wait until they are let go.
struct Works {
  int running = 0;
  int most = 0;
  sync::Notify go;
};

Router<> working(Works& works, ConcurrencyLimitOptions options) {
  Router<> router;
  router.get<"/x">([&works]() -> Task<std::string> {
    struct Running {
      explicit Running(Works& w) : works(w) { works.most = std::max(works.most, ++works.running); }
      ~Running() { --works.running; }
      Works& works;
    } running(works);
    co_await works.go.notified();
    co_return "done";
  });
  router.layer(ConcurrencyLimit(std::move(options)));
  return router;
}

constexpr std::string_view kAsk = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("concurrency limit: the others wait in order, and too many are refused at once") {
  Works works;
  TestApp app(working(works, {.limit = 2, .max_waiting = 1, .max_wait = 10s}));
  std::deque<testing::Wire> wires;
  for (int i = 0; i < 4; ++i) {
    wires.push_back(app.connect());
    wires.back().send(kAsk);
    app.settle();
  }
  CHECK(works.running == 2);
  const std::string refused = wires[3].received();
  CHECK(refused.starts_with("HTTP/1.1 503"));
  CHECK(refused.find("Retry-After: 10\r\n") != std::string::npos);
  works.go.notify_one();
  app.settle();
  CHECK(wires[0].received().starts_with("HTTP/1.1 200"));
  CHECK(works.running == 2);  // the third went in
  CHECK(wires[2].received().empty());
  works.go.notify_one();
  works.go.notify_one();
  app.settle();
  CHECK(wires[1].received().starts_with("HTTP/1.1 200"));
  CHECK(wires[2].received().starts_with("HTTP/1.1 200"));
  CHECK(works.most == 2);
}

TEST_CASE("rate limit: the largest quota of a window is one request a nanosecond") {
  for (const RateAlgorithm algorithm : {RateAlgorithm::TokenBucket, RateAlgorithm::SlidingWindow}) {
    TestApp app(limited({.quota = 1'000'000'000, .window = 1s, .algorithm = algorithm}));
    CHECK(app.get("/").send().header("ratelimit").value().starts_with("\"default\";r=999999999;"));
  }
}

TEST_CASE("concurrency limit: any number may wait") {
  Works works;
  TestApp app(working(works, {.limit = 1, .max_waiting = std::numeric_limits<std::size_t>::max(), .max_wait = 10s}));
  std::deque<testing::Wire> wires;
  for (int i = 0; i < 2; ++i) {
    wires.push_back(app.connect());
    wires.back().send(kAsk);
    app.settle();
  }
  for (testing::Wire& wire : wires) {
    CHECK(wire.received().empty());
    works.go.notify_one();
    app.settle();
    CHECK(wire.received().starts_with("HTTP/1.1 200"));
  }
}

TEST_CASE("concurrency limit: the wait is bounded, and a client that leaves gives its place or its turn back") {
  Works works;
  TestApp app(working(works, {.limit = 1, .max_waiting = 2, .max_wait = 2s}));
  std::optional<testing::Wire> first = app.connect();
  first->send(kAsk);
  app.settle();
  auto second = app.connect();
  second.send(kAsk);
  app.advance(1s);
  CHECK(second.received().empty());
  app.advance(1s);
  CHECK(second.received().starts_with("HTTP/1.1 503"));
  {
    auto waits = app.connect();
    waits.send(kAsk);
    app.settle();
  }
  app.settle();
  auto third = app.connect();
  third.send(kAsk);
  app.settle();
  CHECK(works.running == 1);
  first.reset();
  app.settle();
  CHECK(works.running == 1);  // the third has the first one's place; nobody stands before it
  works.go.notify_one();
  app.settle();
  CHECK(third.received().starts_with("HTTP/1.1 200"));
}

TEST_CASE("concurrency limit: keys do not stand in each other's way") {
  Works works;
  TestApp app(working(works, {.limit = 1, .max_waiting = 0, .key = RequestKey::by_header("x-key")}));
  std::deque<testing::Wire> wires;
  for (const std::string_view key : {"a", "b", "a"}) {
    wires.push_back(app.connect());
    wires.back().send("GET /x HTTP/1.1\r\nHost: a\r\nX-Key: " + std::string(key) + "\r\n\r\n");
    app.settle();
  }
  CHECK(works.running == 2);
  CHECK(wires[2].received().starts_with("HTTP/1.1 503"));
  works.go.notify_waiters();
  app.settle();
  CHECK(wires[0].received().starts_with("HTTP/1.1 200"));
  CHECK(wires[1].received().starts_with("HTTP/1.1 200"));
}
