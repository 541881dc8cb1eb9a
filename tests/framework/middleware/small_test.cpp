// Maintenance, ServerTiming, on_early_drop.
#include <rondeau/rondeau.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/middleware/early_drop.h>
#include <rondeau/middleware/maintenance.h>
#include <rondeau/middleware/server_timing.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

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
  router.get<"/late">([]() -> Task<std::string> {
    co_await sleep_for(10s);
    co_return "x";
  }).layer(middleware::HandlerTimeout{1s});
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
