// IpAllowList, Maintenance, ServerTiming, on_early_drop; and what layers add to the description of an operation.
#include <rondeau/rondeau.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/socket_address.h>
#include <rondeau/middleware/early_drop.h>
#include <rondeau/middleware/ip_allow_list.h>
#include <rondeau/middleware/maintenance.h>
#include <rondeau/middleware/server_timing.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("middleware: maintenance is switched on and off while serving") {
  Maintenance maintenance;
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(maintenance);
  TestApp app(router);
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
  maintenance.begin(10min);
  CHECK(maintenance.is_on());
  const auto answer = app.get("/x").send();
  CHECK(answer.status() == StatusCode::ServiceUnavailable);
  CHECK(answer.header("retry-after") == "600");
  CHECK(answer.body().find("maintenance") != std::string::npos);
  maintenance.end();
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
}

TEST_CASE("middleware: Server-Timing has what the handler measured, and the whole") {
  Router<> router;
  router.get<"/x">([](Extension<Timings> timings) -> Task<std::string> {
    co_await sleep_for(20ms);
    timings->add("db", 12'345us);
    timings->add("no token", 1ms);
    timings->add("render", 0ms);
    co_return "x";
  });
  router.layer(ServerTiming());
  TestApp app(router);
  CHECK(app.get("/x").send().header("server-timing") == "db;dur=12.3, render;dur=0.0, total;dur=20.0");
  CHECK(app.get("/none").send().header("server-timing") == "total;dur=0.0");
}

TEST_CASE("middleware: on_early_drop tells of clients that left, and of nothing that was answered") {
  std::vector<std::string> dropped;
  std::optional<Duration> after;
  Router<> router;
  router.get<"/sleep/{id}">([](Path<"id">) -> Task<std::string> {
    co_await sleep_for(10s);
    co_return "x";
  });
  router.get<"/throws">([]() -> Task<std::string> {
    co_await sleep_for(1s);
    throw std::runtime_error("out");
  });
  router
      .get<"/late">([]() -> Task<std::string> {
        co_await sleep_for(10s);
        co_return "x";
      })
      .layer(middleware::HandlerTimeout{1s});
  router.layer(on_early_drop([&](const EarlyDrop& drop) {
    dropped.emplace_back(drop.request.path());
    after = drop.after;
  }));
  router.layer(middleware::Catch{[](const Request&, std::string_view) {}});
  TestApp app(router);
  CHECK(app.get("/sleep/1").send().status() == StatusCode::Ok);
  CHECK(app.get("/throws").send().status() == StatusCode::InternalServerError);
  CHECK(app.get("/late").send().status() == StatusCode::ServiceUnavailable);
  CHECK(dropped.empty());
  {
    auto leaves = app.connect();
    leaves.send("GET /sleep/2 HTTP/1.1\r\nHost: a\r\n\r\n");
    app.advance(3s);
  }
  app.settle();
  CHECK(dropped == std::vector<std::string>{"/sleep/2"});
  CHECK(after == 3s);
}

TEST_CASE("middleware: an allow list lets its networks in, and who has no address out") {
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(IpAllowList({"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"}));
  support::Asked app(router);
  struct Case {
    std::string_view peer;
    unsigned status;
  };
  for (const Case& row :
       {Case{"10.255.0.1:9", 200}, Case{"11.0.0.1:9", 403}, Case{"192.0.2.7:9", 200}, Case{"192.0.2.8:9", 403},
        Case{"[2001:db8::1]:9", 200}, Case{"[2001:db9::1]:9", 403}, Case{"[::ffff:10.1.1.1]:9", 200}}) {
    CAPTURE(row.peer);
    Request request = support::make_request(Method::Get, "/x");
    const SocketAddress peer = SocketAddress::parse(row.peer).value();
    request.block().peer = &peer;
    CHECK(support::status(support::wait(app.dispatcher().handle(Request(request.block())))) == row.status);
    request.block().peer = nullptr;
  }
  CHECK(support::status(app.get("/x")) == 403);
  for (const std::string& bad : {std::string("10.0.0.1/8"), std::string("unix"), std::string("localhost")}) {
    Router<> wrong;
    wrong.layer(IpAllowList({bad}));
    CHECK_FALSE(wrong.build().has_value());
  }
}

TEST_CASE("middleware: nobody gets past IpAllowList by a field that makes the proxies' word doubtful") {
  Router<> router;
  router.get<"/x">([] { return "in"; });
  router.layer(IpAllowList({"10.0.0.0/8"}));
  support::Asked app(router);
  const std::vector<std::string> networks{"10.0.0.0/8"};
  const http::TrustedProxies trusted = http::TrustedProxies::parse(networks).value();
  const SocketAddress proxy = SocketAddress::parse("10.0.0.1:80").value();
  for (const char* forged : {"", "for=1.2.3.4", "for=10.0.0.9", "for=\"", "for=203.0.113.9;proto=https"}) {
    Request request =
        support::make_request(Method::Get, "/x", {{"x-forwarded-for", "203.0.113.9"}, {"forwarded", forged}});
    request.block().peer = &proxy;
    request.block().trusted_proxies = &trusted;
    CHECK_MESSAGE(support::status(support::wait(app.dispatcher().handle(Request(request.block())))) == 403, forged);
    request.block().peer = nullptr;
    request.block().trusted_proxies = nullptr;
  }
}

TEST_CASE("middleware: layers that answer by themselves say so of the operations inside of them") {
  const auto statuses = [](const auto& layer, Method method = Method::Post) {
    schema::Operation operation;
    operation.method = method;
    layer.describe(operation);
    std::vector<unsigned> codes;
    for (const schema::Response& response : operation.responses) codes.push_back(http::code(response.status.value()));
    std::ranges::sort(codes);
    return codes;
  };
  using Codes = std::vector<unsigned>;
  CHECK(statuses(Csrf()) == Codes{403});
  CHECK(statuses(Csrf(), Method::Get).empty());
  CHECK(statuses(IpAllowList({})) == Codes{403});
  CHECK(statuses(RateLimit({})) == Codes{429});
  CHECK(statuses(ConcurrencyLimit({})) == Codes{503});
  CHECK(statuses(Admission()) == Codes{503});
  CHECK(statuses(Maintenance()) == Codes{503});
  CHECK(statuses(Deadlines()) == Codes{400, 504});
}
