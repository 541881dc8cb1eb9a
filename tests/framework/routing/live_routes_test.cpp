#include <rondeau/routing/live_routes.h>

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/sync/notify.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::body;
using support::status;

namespace {

Router<> saying(std::string text) {
  Router<> router;
  router.get<"/">([text] { return text; });
  return router;
}

}  // namespace

TEST_CASE("routing: routes are replaced while they serve") {
  auto routes = LiveRoutes::make(saying("first")).value();
  TestApp app(routes.dispatcher());
  CHECK(app.get("/").send().body() == "first");
  Router<> second = saying("second");
  second.get<"/more">([] { return "more"; });
  REQUIRE(routes.replace(second));
  CHECK(app.get("/").send().body() == "second");
  CHECK(app.get("/more").send().body() == "more");
  CHECK(app.get("/none").send().status() == StatusCode::NotFound);
  CHECK(routes.dispatcher()->routes().size() == 2);
}

TEST_CASE("routing: a router that is none leaves the old one in its place") {
  Router<> wrong;
  wrong.get<"/x">([] { return "a"; });
  wrong.get<"/x">([] { return "b"; });
  CHECK_FALSE(LiveRoutes::make(wrong));
  auto routes = LiveRoutes::make(saying("first")).value();
  const auto replaced = routes.replace(wrong);
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message().find("added twice") != std::string::npos);
  TestApp app(routes.dispatcher());
  CHECK(app.get("/").send().body() == "first");
}

TEST_CASE("routing: a request in flight keeps the routes it came to, and the last one ends them") {
  auto alive = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = alive;
  auto gate = std::make_shared<Notify>();
  Router<> first;
  first.get<"/">([alive, gate]() -> Task<std::string> {
    co_await gate->notified();
    co_return "old " + std::to_string(*alive);
  });
  alive.reset();
  auto routes = LiveRoutes::make(first).value();
  first = Router<>();
  TestApp app(routes.dispatcher());
  {
    testing::Wire wire = app.connect();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    app.settle();
    REQUIRE(routes.replace(saying("second")));
    CHECK_FALSE(watched.expired());
    CHECK(app.get("/").send().body() == "second");
    gate->notify_one();
    app.settle();
    CHECK(wire.received().find("old 7") != std::string::npos);
  }
  app.settle();
  CHECK(watched.expired());
}

TEST_CASE("routing: the states of routers that were replaced are kept") {
  struct App {
    std::shared_ptr<int> value = std::make_shared<int>(1);
  };
  App state;
  const std::weak_ptr<int> watched = state.value;
  Router<App> router(std::move(state));
  router.get<"/">([](State<App> app) { return std::to_string(*app->value); });
  auto routes = LiveRoutes::make(router).value();
  router = Router<App>(App{});
  REQUIRE(routes.replace(saying("second")));
  CHECK_FALSE(watched.expired());
}

TEST_CASE("routing: routes with hosts may be replaced, too") {
  Router<> router = saying("outside");
  router.host("api.example.org", saying("api"));
  auto routes = LiveRoutes::make(saying("first")).value();
  REQUIRE(routes.replace(router));
  const auto ask = [&](std::string_view host) {
    Request request = support::make_request(Method::Get, "/", {{"host", host}});
    return body(support::wait(routes.dispatcher()->handle(Request(request.block()))));
  };
  CHECK(ask("api.example.org") == "api");
  CHECK(ask("a") == "outside");
}
