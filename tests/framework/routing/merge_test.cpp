// Routers that were merged into another one: whose layers and fallbacks stand around what.
#include <rondeau/rondeau.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "small_routers.h"
#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::error_of;
using support::field;
using support::say;
using support::status;

TEST_CASE("routing: merge takes over routes with their layers and their fallback") {
  Router<> other;
  other.get<"/other">(say("other"));
  other.layer(middleware::SetHeader{"x-from", "other"});
  other.fallback(say("theirs"));
  Router<> router;
  router.get<"/mine">(say("mine"));
  router.merge(other);
  Asked app(router);
  CHECK(field(app.get("/other"), "x-from") == "other");
  CHECK(field(app.get("/mine"), "x-from") == "(none)");
  CHECK(app.text("/nowhere") == "theirs");
}

TEST_CASE("routing: layers of a merged router stand around all that is answered for its paths, and for no others") {
  Router<> other;
  other.get<"/other">(say("other"));
  other.layer(middleware::SetHeader{"x-from", "other"});
  Router<> router;
  router.get<"/mine">(say("mine"));
  router.merge(other);
  Asked app(router);
  struct Row {
    Method method;
    const char* path;
    unsigned status;
    std::string_view from;
  };
  constexpr Row kRows[] = {
      {Method::Get, "/other", 200, "other"},   {Method::Options, "/other", 204, "other"}, {Method::Post, "/other", 405, "other"},
      {Method::Get, "/mine", 200, "(none)"},   {Method::Options, "/mine", 204, "(none)"}, {Method::Post, "/mine", 405, "(none)"},
      {Method::Get, "/nowhere", 404, "(none)"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.path);
    const Response answer = app.ask(row.method, row.path);
    CHECK(status(answer) == row.status);
    CHECK(field(answer, "x-from") == row.from);
  }
}

TEST_CASE("routing: what no route matches is the surrounded router's: its layers, its fallback") {
  Router<> inner;
  inner.get<"/inner">(say("inner"));
  inner.layer(middleware::SetHeader{"x-inner", "yes"});
  Router<> middle;
  middle.layer(middleware::SetHeader{"x-middle", "yes"});
  middle.surround(inner);
  Router<> outer;
  outer.get<"/health">(say("well"));
  outer.layer(middleware::SetHeader{"x-outer", "yes"});
  outer.surround(middle);
  Asked app(outer);
  for (const char* path : {"/inner", "/nowhere"}) {
    CAPTURE(path);
    const Response answer = app.get(path);
    CHECK(field(answer, "x-inner") == "yes");
    CHECK(field(answer, "x-middle") == "yes");
    CHECK(field(answer, "x-outer") == "yes");
  }
  CHECK(status(app.get("/nowhere")) == 404);
  CHECK(field(app.get("/health"), "x-inner") == "(none)");
  CHECK(field(app.get("/health"), "x-outer") == "yes");

  inner.fallback(say("theirs"));
  Router<> again;
  again.surround(inner);
  Asked with_fallback(again);
  CHECK(with_fallback.text("/nowhere") == "theirs");
  CHECK(field(with_fallback.get("/nowhere"), "x-inner") == "yes");
}

TEST_CASE("routing: preflights reach Cors in a router that was merged") {
  Router<> api;
  api.post<"/api">(say("posted"));
  api.layer(Cors({.allow_origin = Any(), .allow_methods = {Method::Post}, .allow_headers = {"content-type"}}));
  Router<> router;
  router.merge(api);
  TestApp app(router);
  const auto preflight = app.options("/api")
                             .header("origin", "https://page.example")
                             .header("access-control-request-method", "POST")
                             .header("access-control-request-headers", "content-type")
                             .send();
  CHECK(preflight.status() == StatusCode::NoContent);
  CHECK(preflight.header("access-control-allow-origin") == "*");
  CHECK(preflight.header("access-control-allow-methods") == "POST");
}

TEST_CASE("routing: two fallbacks for the same paths are an error") {
  Router<> other;
  other.fallback(say("a"));
  Router<> router;
  router.fallback(say("b"));
  router.merge(other);
  CHECK(error_of(router).find("two fallbacks") != std::string::npos);
}
