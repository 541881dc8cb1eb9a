// Which route a request takes, and what its upstream is asked for.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "peers.h"

using namespace rondeau;
using support::Peers;

namespace {

support::PeerFunction tells_target() {
  return [](Request request) -> Task<Result<Response>> { co_return Response::text(std::string(request.target())); };
}

}  // namespace

TEST_CASE("gateway: the first route that fits is taken, by host, whole segments, method and fields") {
  Peers peers;
  for (const char* name : {"shop", "any", "wild", "beta", "orders", "writes"}) peers[name] = support::says(name);
  TestApp app(support::gateway_of(R"({
    "upstreams": {
      "shop": {"peers": ["http://peers/shop"]}, "any": {"peers": ["http://peers/any"]},
      "wild": {"peers": ["http://peers/wild"]}, "beta": {"peers": ["http://peers/beta"]},
      "orders": {"peers": ["http://peers/orders"]}, "writes": {"peers": ["http://peers/writes"]}
    },
    "routes": [
      {"host": "shop.example", "prefix": "/beta", "headers": {"x-beta": "yes"}, "upstream": "beta"},
      {"host": "shop.example", "upstream": "shop"},
      {"host": "*.shop.example", "upstream": "wild"},
      {"prefix": "/orders", "methods": ["POST", "PUT"], "upstream": "writes"},
      {"prefix": "/orders/", "methods": ["GET"], "upstream": "orders"},
      {"prefix": "/all", "upstream": "any"}
    ]})", peers));
  struct Row {
    Method method;
    std::string_view target;
    std::string_view beta;
    unsigned status;
    std::string_view who;
  };
  constexpr Row kRows[] = {
      {Method::Get, "http://shop.example/", "", 200, "shop"},
      {Method::Get, "http://SHOP.example:8080/beta", "", 200, "shop"},
      {Method::Get, "http://shop.example/beta", "yes", 200, "beta"},
      {Method::Get, "http://shop.example/beta/x?y", "yes", 200, "beta"},
      {Method::Get, "http://shop.example/betamax", "yes", 200, "shop"},
      {Method::Get, "http://shop.example/beta", "no", 200, "shop"},
      {Method::Get, "http://a.shop.example/", "", 200, "wild"},
      {Method::Get, "http://a.b.shop.example/", "", 200, "wild"},
      {Method::Get, "http://ashop.example/", "", 404, ""},
      {Method::Post, "/orders", "", 200, "writes"},
      {Method::Get, "/orders", "", 200, "orders"},
      {Method::Get, "/orders/7", "", 200, "orders"},
      {Method::Delete, "/orders/7", "", 405, ""},
      {Method::Get, "/ordersheet", "", 404, ""},
      {Method::Get, "/all", "", 200, "any"},
      {Method::Get, "/", "", 404, ""},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.target);
    auto request = app.request(row.method, row.target);
    if (!row.beta.empty()) request.header("x-beta", row.beta);
    const auto answer = request.send();
    CHECK(http::code(answer.status()) == row.status);
    if (row.status == 200) CHECK(answer.body() == row.who);
  }
}

TEST_CASE("gateway: a prefix is rewritten, and the rest of the target stays as it was sent") {
  Peers peers;
  peers["p"] = tells_target();
  struct Row {
    std::string_view prefix, rewrite, target, asked;
  };
  constexpr Row kRows[] = {
      {"/shop", "null", "/shop/a%2Fb?x=%20&y", "/p/shop/a%2Fb?x=%20&y"},
      {"/shop", R"("")", "/shop", "/p/"},
      {"/shop", R"("")", "/shop/", "/p/"},
      {"/shop", R"("/")", "/shop/a", "/p/a"},
      {"/shop/", R"("/v2/")", "/shop/a", "/p/v2/a"},
      {"/shop", R"("/v2")", "/shop", "/p/v2"},
      {"/shop", R"("/v2")", "/shop?q", "/p/v2?q"},
      {"/", R"("/v2")", "/a", "/p/v2/a"},
      {"/", "null", "/", "/p/"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.target);
    CAPTURE(row.rewrite);
    TestApp app(support::gateway_of(R"({"upstreams": {"p": {"peers": ["http://peers/p"]}}, "routes": [{"upstream": "p", "prefix": ")" +
                                        std::string(row.prefix) + R"(", "rewrite": )" + std::string(row.rewrite) + "}]}",
                                    peers));
    CHECK(app.get(row.target).send().body() == row.asked);
  }
}

TEST_CASE("gateway: what a peer would take for another place is refused") {
  Peers peers;
  peers["p"] = tells_target();
  TestApp app(support::gateway_of(
      R"({"upstreams": {"p": {"peers": ["http://peers/p"]}}, "routes": [{"upstream": "p", "prefix": "/public"}]})", peers));
  for (const char* target : {"/public/../admin", "/public/%2e%2e/admin", "/public/.%2E/admin", "/public/..", "/public/./x",
                             "/public/%2e"}) {
    CAPTURE(target);
    CHECK(app.get(target).send().status() == StatusCode::BadRequest);
  }
  CHECK(app.get("/public/...").send().body() == "/p/public/...");
  CHECK(app.get("/public/..x").send().body() == "/p/public/..x");
  CHECK(peers.take_asked() == "p p");
}

TEST_CASE("gateway: fields are set and taken away both ways, and a circle of gateways ends") {
  Peers peers;
  peers["p"] = [](Request request) -> Task<Result<Response>> {
    co_return Response::text(std::string(request.header("x-team").value_or("-")) + " " +
                             std::string(request.header("x-secret").value_or("-")) + " " +
                             std::string(request.header("host").value_or("-")))
        .header("x-powered-by", "old")
        .header("x-kept", "1");
  };
  TestApp app(support::gateway_of(R"({
    "upstreams": {"p": {"peers": ["http://peers/p"]}},
    "routes": [{"upstream": "p", "set_request_headers": {"x-team": "blue"}, "remove_request_headers": ["X-Secret"],
                "set_response_headers": {"x-frame-options": "DENY"}, "remove_response_headers": ["X-Powered-By"]}]})", peers));
  const auto answer = app.get("http://shop.example/").header("x-team", "red").header("x-secret", "s").send();
  CHECK(answer.body() == "blue - shop.example");
  CHECK_FALSE(answer.header("x-powered-by").has_value());
  CHECK(answer.header("x-kept") == "1");
  CHECK(answer.header("x-frame-options") == "DENY");

  std::string via = "1.1 a";
  for (int i = 0; i < 14; ++i) via += ", 1.1 a";
  CHECK(app.get("/").header("via", via).send().status() == StatusCode::Ok);
  CHECK(app.get("/").header("via", via + ", 1.1 a").send().status() == StatusCode::LoopDetected);
}
