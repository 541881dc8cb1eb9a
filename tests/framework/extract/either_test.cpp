#include <rondeau/extract/either.h>

#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct Link {
  std::string url;
};
struct App {
  std::string name = "app";
};

}  // namespace

TEST_CASE("extract: of two body readers the one whose content type fits is taken") {
  Router<> router;
  router.post<"/">([](Either<Json<Link>, Form<Link>> in) {
    return in.match([](Json<Link>& json) { return "json " + json->url; },
                    [](Form<Link>& form) { return "form " + form->url; });
  });
  Asked app(router);
  CHECK(body(app.post("/", {{"content-type", "application/json"}}, "{\"url\":\"x\"}")) == "json x");
  CHECK(body(app.post("/", {{"content-type", "application/x-www-form-urlencoded"}}, "url=y")) == "form y");
  CHECK(status(app.post("/", {{"content-type", "text/plain"}}, "url=y")) == 415);
  CHECK(status(app.post("/", {{"content-type", "application/json"}}, "url=y")) == 400);
  CHECK(status(app.post("/", {{"content-type", "application/json"}}, "{\"url\":1}")) == 422);
  CHECK(status(app.post("/", {}, "")) == 415);
}

TEST_CASE("extract: what was not sent gives way, what is wrong does not") {
  Router<> router;
  router.get<"/">([](Either<QueryParam<"n", int>, Header<"x-n", int>> n) {
    return n.match([](QueryParam<"n", int>& query) { return "query " + std::to_string(*query); },
                   [](Header<"x-n", int>& header) { return "header " + std::to_string(*header); });
  });
  Asked app(router);
  CHECK(body(app.get("/?n=1", {{"x-n", "2"}})) == "query 1");
  CHECK(body(app.get("/", {{"x-n", "2"}})) == "header 2");
  CHECK(status(app.get("/?n=a", {{"x-n", "2"}})) == 400);
  CHECK(status(app.get("/")) == 400);
}

TEST_CASE("extract: an Either may hold the state, and be optional") {
  Router<App> router(App{});
  router.get<"/">([](Either<QueryParam<"n">, State<App>> n) {
    return n.match([](QueryParam<"n">& query) { return *query; }, [](State<App>& app) { return app->name; });
  });
  router.get<"/maybe">([](std::optional<Either<QueryParam<"n">, Header<"x-n">>> n) { return n ? "some" : "none"; });
  Asked app(router);
  CHECK(body(app.get("/?n=q")) == "q");
  CHECK(body(app.get("/")) == "app");
  CHECK(body(app.get("/maybe?n=1")) == "some");
  CHECK(body(app.get("/maybe")) == "none");
}
