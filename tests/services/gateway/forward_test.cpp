// What is tried again, and what the client is told.
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "forward.h"
#include "peers.h"

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
