#include <rondeau/routing/routes.h>

#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct App {
  std::string name = "app";
};

std::string show(Path<"id"> id, State<App> app) {
  return app->name + " " + *id;
}
std::string create() {
  return "created";
}
std::string me() {
  return "me";
}
std::string report() {
  return "report";
}

}  // namespace

TEST_CASE("routing: a list of routes is added as each of them would be") {
  Router<App> router(App{});
  routes<route::Get<"/users/{id}", show>, route::Post<"/users", create>, route::Get<"/users/me", me>,
         route::Del<"/users/{id}", [](Path<"id"> id) { return "gone " + *id; }>,
         route::On<Method::Report, "/users", report>>(router);
  Asked app(router);
  CHECK(body(app.get("/users/7")) == "app 7");
  CHECK(body(app.get("/users/me")) == "me");
  CHECK(body(app.ask(Method::Post, "/users")) == "created");
  CHECK(body(app.ask(Method::Delete, "/users/7")) == "gone 7");
  CHECK(body(app.ask(Method::Report, "/users")) == "report");
  CHECK(app.dispatcher().routes()[0].place.find("routes_test.cpp") != std::string::npos);
}

TEST_CASE("routing: what the list is for is found against the rest of the router by build()") {
  Router<App> router(App{});
  router.post<"/users">(create);
  routes<route::Post<"/users", create>>(router);
  CHECK_FALSE(router.build());
}

TEST_CASE("routing: patterns match the same paths where they differ in names only") {
  bool names = false;
  CHECK(routing::match_same_paths("/a/{x}", "/a/{x}", names));
  CHECK(names);
  CHECK(routing::match_same_paths("/a/{x}", "/a/{y}", names));
  CHECK_FALSE(names);
  for (const auto& [left, right] : {std::pair{"/a", "/b"},
                                    {"/a", "/a/"},
                                    {"/{x}", "/{*x}"},
                                    {"/v{x}", "/{x}"},
                                    {"/{x}.a", "/{x}.b"},
                                    {"/a/b", "/a"},
                                    {"/", "/a"}}) {
    CHECK_FALSE(routing::match_same_paths(left, right, names));
    CHECK_FALSE(routing::match_same_paths(right, left, names));
  }
}
