// What is tried again, and what the client is told.
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/base/socket_address.h>
#include <rondeau/test/run.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "forward.h"
#include "peers.h"
#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Peers;

namespace {

constexpr std::string_view kThree = R"({
  "upstreams": {"u": {"peers": ["http://peers/one", "http://peers/two", "http://peers/three"], "balance": "round_robin", "health": null}},
  "routes": [{"upstream": "u", "timeout": "2s"}]})";

support::PeerFunction echoes() {
  return [](Request request) -> Task<Result<Response>> {
    std::string all;
    for (;;) {
      RONDEAU_TRY(const Bytes piece, co_await request.body().next());
      if (piece.empty()) break;
      all += piece.view();
    }
    co_return Response::text(std::move(all));
  };
}

support::PeerFunction sleeps(Duration span) {
  return [span](Request) -> Task<Result<Response>> {
    co_await sleep_for(span);
    co_return Response::text("late");
  };
}

}  // namespace

TEST_CASE("gateway: what may be repeated is asked of another peer, what may not is told") {
  struct Row {
    std::string_view what;
    Method method;
    support::PeerFunction first;
    unsigned status;
    std::string_view asked;
  };
  const Row rows[] = {
      {"an answer stands", Method::Get, support::says("x", StatusCode::NotFound), 404, "one"},
      {"an error of its own stands", Method::Get, support::says("x", StatusCode::InternalServerError), 500, "one"},
      {"502", Method::Get, support::says("x", StatusCode::BadGateway), 200, "one two"},
      {"503", Method::Get, support::says("x", StatusCode::ServiceUnavailable), 200, "one two"},
      {"504", Method::Head, support::says("x", StatusCode::GatewayTimeout), 200, "one two"},
      {"none", Method::Get, support::fails(), 200, "one two"},
      {"no HTTP", Method::Get, support::fails(Errc::InvalidData), 200, "one two"},
      {"too late", Method::Get, sleeps(5s), 200, "one two"},
      {"PUT", Method::Put, support::fails(), 200, "one two"},
      {"DELETE", Method::Delete, support::says("x", StatusCode::BadGateway), 200, "one two"},
      {"POST that may have arrived", Method::Post, support::fails(), 502, "one"},
      {"POST with 503", Method::Post, support::says("x", StatusCode::ServiceUnavailable), 503, "one"},
      {"POST too late", Method::Post, sleeps(5s), 504, "one"},
      {"PATCH", Method::Patch, support::fails(), 502, "one"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Peers peers;
    peers["one"] = row.first;
    peers["two"] = support::says("two");
    peers["three"] = support::says("three");
    TestApp app(support::gateway_of(kThree, peers));
    CHECK(http::code(app.request(row.method, "/").send().status()) == row.status);
    CHECK(peers.take_asked() == row.asked);
  }
}

TEST_CASE("gateway: with all peers at fault the last answer is told, and no peer is asked twice") {
  Peers peers;
  for (const char* name : {"one", "two", "three"}) peers[name] = support::says(name, StatusCode::ServiceUnavailable);
  TestApp app(support::gateway_of(kThree, peers));
  const auto answer = app.get("/").send();
  CHECK(answer.status() == StatusCode::ServiceUnavailable);
  CHECK(answer.body() == "three");
  CHECK(peers.take_asked() == "one two three");
}

TEST_CASE("gateway: a small body goes to another peer whole, a long one goes through as it comes, once") {
  Peers peers;
  peers["one"] = [](Request request) -> Task<Result<Response>> {
    RONDEAU_TRY_VOID(co_await request.body().next());
    co_return Error(Errc::ConnectionReset);
  };
  peers["two"] = echoes();
  peers["three"] = echoes();
  TestApp app(support::gateway_of(kThree, peers));
  const auto small = app.put("/").body("small").send();
  CHECK(small.status() == StatusCode::Ok);
  CHECK(small.body() == "small");
  CHECK(peers.take_asked() == "one two");

  const std::string large(gateway::kHeldBody + 1, 'x');
  peers["two"] = peers["one"];
  peers["three"] = peers["one"];
  CHECK(app.put("/").body(large).send().status() == StatusCode::BadGateway);
  const std::string asked = peers.take_asked();
  CHECK(asked.find(' ') == std::string::npos);
}

TEST_CASE("gateway: retries are no more than a share of the requests") {
  Peers peers;
  for (const char* name : {"one", "two", "three"}) peers[name] = support::says(name, StatusCode::BadGateway);
  const auto registry = std::make_shared<observe::Registry>();
  TestApp app(support::gateway_of(R"({
    "upstreams": {"u": {"peers": ["http://peers/one", "http://peers/two", "http://peers/three"], "eject_after": 0, "health": null}},
    "routes": [{"upstream": "u"}]})", peers, registry));
  constexpr int kRequests = 2'000;
  for (int i = 0; i < kRequests; ++i) CHECK(app.get("/").send().status() == StatusCode::BadGateway);
  const std::string page = registry->render();
  const std::string_view name = "gateway_retries_total{upstream=\"u\"} ";
  const std::size_t at = page.find(name);
  REQUIRE(at != std::string::npos);
  const int retries = std::stoi(page.substr(at + name.size()));
  CHECK(retries >= kRequests / 10);
  CHECK(retries <= kRequests / 5 + 150);  // 20 %, and a reserve of ten a second
}

TEST_CASE("gateway: an answer that breaks off is cut for the client, and nothing else is sent for it") {
  Peers peers;
  peers["one"] = [](Request) -> Task<Result<Response>> {
    co_return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
      RONDEAU_TRY_VOID(co_await out.write(Bytes::copy_of("half")));
      RONDEAU_TRY_VOID(co_await out.flush());
      co_return Error(Errc::UnexpectedEof);
    });
  };
  TestApp app(support::gateway_of(R"({"upstreams": {"u": {"peers": ["http://peers/one"]}}, "routes": [{"upstream": "u"}]})", peers));
  CHECK_THROWS(static_cast<void>(app.get("/").send()));
  CHECK(peers.take_asked() == "one");
}

TEST_CASE("gateway: a route's limit is a 429, counted by client, by a field's value, or all in one") {
  struct Row {
    std::string_view limit;
    unsigned second_of_another;  // another key, of the same client
  };
  const Row rows[] = {
      {R"({"requests": 1})", 429},
      {R"({"requests": 1, "by": "route"})", 429},
      {R"({"requests": 1, "by": "header", "header": "x-key"})", 200},
  };
  for (const Row& row : rows) {
    CAPTURE(row.limit);
    Peers peers;
    peers["one"] = support::says("one");
    TestApp app(support::gateway_of(R"({"upstreams": {"u": {"peers": ["http://peers/one"]}}, "routes": [{"upstream": "u", "rate_limit": )" +
                                        std::string(row.limit) + "}]}", peers));
    const auto first = app.get("/").header("x-key", "a").send();
    CHECK(first.status() == StatusCode::Ok);
    CHECK(first.header("ratelimit") == "\"default\";r=0;t=60");
    const auto second = app.get("/").header("x-key", "a").send();
    CHECK(second.status() == StatusCode::TooManyRequests);
    CHECK(second.header("retry-after") == "60");
    CHECK(http::code(app.get("/").header("x-key", "b").send().status()) == row.second_of_another);
    peers.take_asked();
    app.advance(60s);
    CHECK(app.get("/").header("x-key", "a").send().status() == StatusCode::Ok);
    CHECK(peers.take_asked() == "one");
  }
}

TEST_CASE("gateway: each client has its own account, and a route one for all") {
  const SocketAddress one = SocketAddress::parse("192.0.2.1:80").value();
  const SocketAddress two = SocketAddress::parse("192.0.2.2:80").value();
  const auto refused = [](const RateLimit& limit, const SocketAddress& peer) {
    Request request = support::make_request(Method::Get, "/");
    request.block().peer = &peer;
    const bool is_refused = limit.before(request).has_value();
    request.block().peer = nullptr;
    return is_refused;
  };
  test::run([&]() -> Task<void> {
    gateway::RateLimitSettings settings;
    settings.requests = 1;
    const RateLimit by_client = gateway::limit_of(settings);
    CHECK_FALSE(refused(by_client, one));
    CHECK(refused(by_client, one));
    CHECK_FALSE(refused(by_client, two));
    settings.by = gateway::LimitBy::route;
    const RateLimit by_route = gateway::limit_of(settings);
    CHECK_FALSE(refused(by_route, one));
    CHECK(refused(by_route, two));
    co_return;
  });
}

TEST_CASE("gateway: a limit goes on over a new file, unless its route is another") {
  const auto file = [](int retries) {
    return json::parse<gateway::GatewayFile>(R"({"upstreams": {"u": {"peers": ["http://peers/one"]}}, "routes": [{"upstream": "u", "retries": )" +
                                             std::to_string(retries) + R"(, "rate_limit": {"requests": 1}}]})").value();
  };
  Peers peers;
  const auto upstreams = [&] {
    return std::map<std::string, std::shared_ptr<gateway::Upstream>>{
        {"u", std::make_shared<gateway::Upstream>("u", file(1).upstreams.at("u"), peers.client(), nullptr)}};
  };
  peers["one"] = support::says("one");
  const auto tables = std::make_shared<gateway::Tables>(std::make_shared<const gateway::Table>(file(1), upstreams()));
  TestApp app(gateway::routes({tables, std::make_shared<const gateway::Counts>(std::make_shared<observe::Registry>())}));
  const auto replace = [&](const gateway::GatewayFile& with) {
    const auto before = *tables->borrow();
    tables->send_replace(std::make_shared<const gateway::Table>(with, upstreams(), before.get()));
  };
  CHECK(app.get("/").send().status() == StatusCode::Ok);
  replace(file(1));
  CHECK(app.get("/").send().status() == StatusCode::TooManyRequests);
  replace(file(2));
  CHECK(app.get("/").send().status() == StatusCode::Ok);
}

TEST_CASE("gateway: what goes no further is answered here, and the rest is counted down") {
  Peers peers;
  std::string seen;
  peers["one"] = [&](Request request) -> Task<Result<Response>> {
    seen = request.header("max-forwards").value_or("none");
    co_return Response::text("one");
  };
  TestApp app(support::gateway_of(R"({"upstreams": {"u": {"peers": ["http://peers/one"]}}, "routes": [{"upstream": "u"}]})", peers));
  CHECK(app.request(Method::Options, "/").header("max-forwards", "0").send().status() == StatusCode::NoContent);
  CHECK(app.request(Method::Trace, "/").header("max-forwards", "0").send().status() == StatusCode::MethodNotAllowed);
  CHECK(app.request(Method::Options, "/").header("max-forwards", "-1").send().status() == StatusCode::BadRequest);
  CHECK(peers.take_asked().empty());
  CHECK(app.request(Method::Options, "/").header("max-forwards", "7").send().body() == "one");
  CHECK(seen == "6");
  CHECK(app.get("/").header("max-forwards", "0").send().body() == "one");
  CHECK(seen == "0");  // it is for OPTIONS and TRACE
}
