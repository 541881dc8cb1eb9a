#include <rondeau/routing/guard.h>

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "small_routers.h"
#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::error_of;
using support::field;
using support::say;
using support::status;

TEST_CASE("routing: routes with conditions are tried in their order, the one without last") {
  Router<> router;
  router.get<"/x">(say("plain"));
  router.get<"/x">(say("two")).when(header("x-v", "2"));
  router.get<"/x">(say("three")).when([](const Request& request) { return request.query() == "three"; });
  Asked app(router);
  CHECK(body(app.get("/x")) == "plain");
  CHECK(body(app.get("/x", {{"X-V", "2"}})) == "two");
  CHECK(body(app.get("/x?three", {{"x-v", "2"}})) == "two");
  CHECK(body(app.get("/x?three", {{"x-v", "3"}})) == "three");
  CHECK(body(app.ask(Method::Head, "/x", {{"x-v", "2"}})) == "two");
}

TEST_CASE("routing: a header guard refuses a field that is given twice") {
  Router<> router;
  router.get<"/x">(say("two")).when(header("x-v", "2"));
  Asked app(router);
  CHECK(status(app.get("/x", {{"x-v", "2"}, {"x-v", "2"}})) == 404);
  CHECK(status(app.get("/x", {{"x-v", "2, 2"}})) == 404);
}

TEST_CASE("routing: all conditions of a route have to be met") {
  Router<> router;
  router.get<"/x">(say("both")).when(header("a", "1")).when(header("b", "2"));
  Asked app(router);
  CHECK(body(app.get("/x", {{"a", "1"}, {"b", "2"}})) == "both");
  CHECK(status(app.get("/x", {{"a", "1"}})) == 404);
  CHECK(status(app.get("/x", {{"b", "2"}})) == 404);
}

TEST_CASE("routing: accepts() goes by the body's media type; none left is 415 that lists them") {
  Router<> router;
  router.post<"/x">(say("json")).accepts("application/json");
  router.post<"/x">(say("text")).accepts("text/*");
  Asked app(router);
  CHECK(body(app.post("/x", {{"content-type", "Application/JSON; charset=utf-8"}}, "{}")) == "json");
  CHECK(body(app.post("/x", {{"content-type", "text/csv"}}, "a")) == "text");
  for (const char* refused : {"application/xml", "textual/plain", "text", ""}) {
    const Response answer = app.post("/x", {{"content-type", refused}}, "a");
    CHECK_MESSAGE(status(answer) == 415, refused);
    CHECK(field(answer, "accept") == "application/json, text/*");
  }
  CHECK(status(app.post("/x", {}, "a")) == 415);
  CHECK(status(app.post("/x", {{"content-type", "text/csv"}, {"content-type", "application/json"}}, "a")) == 415);
}

TEST_CASE("routing: produces() goes by Accept with its weights; none left is 406") {
  Router<> router;
  router.get<"/x">(say("html")).produces("text/html");
  router.get<"/x">(say("json")).produces({"application/json", "application/problem+json"});
  Asked app(router);
  struct {
    const char* accept;
    const char* answer;
  } const rows[] = {
      {"*/*", "html"},
      {"application/json", "json"},
      {"text/*;q=0.1, application/json", "html"},
      {"text/html;q=0, */*", "json"},
      {"text/*;q=0, */*", "json"},
      {"application/problem+json", "json"},
      {"text/*;q=0, text/html", "html"},
      {"text/html;q=x, application/*", "json"},
  };
  for (const auto& row : rows) CHECK_MESSAGE(body(app.get("/x", {{"accept", row.accept}})) == row.answer, row.accept);
  CHECK(body(app.get("/x")) == "html");
  CHECK(status(app.get("/x", {{"accept", "image/png"}})) == 406);
  CHECK(status(app.get("/x", {{"accept", "application/json;q=0"}})) == 406);
  CHECK(body(app.get("/x", {{"accept", "image/png"}, {"accept", "application/json"}})) == "json");
}

TEST_CASE("routing: what the nearest miss lacked decides the answer") {
  Router<> router;
  router.post<"/x">(say("x")).produces("text/html").accepts("application/json").when(header("x-v", "2"));
  router.post<"/x">(say("y")).when(header("x-v", "3"));
  Asked app(router);
  CHECK(status(app.post("/x", {}, "")) == 404);
  CHECK(status(app.post("/x", {{"x-v", "2"}}, "")) == 415);
  CHECK(status(app.post("/x", {{"x-v", "2"}, {"content-type", "application/json"}, {"accept", "text/css"}}, "")) ==
        406);
  CHECK(status(app.post("/x", {{"x-v", "2"}, {"content-type", "application/json"}}, "")) == 200);
  CHECK(status(app.get("/x")) == 405);
}

TEST_CASE("routing: a guarded route has its own layers, parameters and prefix") {
  Router<> inner;
  inner.get<"/{id}">([](Path<"id", int> id, RawPath path) { return *path + " " + std::to_string(*id); })
      .when(header("x-v", "2"));
  inner.get<"/{id}">([](RawPath path) { return *path; });
  inner.fallback([](RawPath path) { return WithStatus<404, std::string>{"no " + *path}; });
  Router<> router;
  router.nest<"/in">(std::move(inner));
  Asked app(router);
  CHECK(body(app.get("/in/7", {{"x-v", "2"}})) == body(app.get("/in/7")) + " 7");
}

TEST_CASE("routing: where no guard passes, the router's fallback answers") {
  Router<> router;
  router.get<"/x">(say("x")).when(header("x-v", "2"));
  router.fallback([] { return WithStatus<404, std::string>{"mine"}; });
  Asked app(router);
  CHECK(body(app.get("/x")) == "mine");
}

TEST_CASE("routing: a guard that throws is a 500") {
  Router<> router;
  router.get<"/x">(say("x")).when([](const Request&) -> bool { throw std::runtime_error("guard"); });
  Asked app(router);
  CHECK(status(app.get("/x")) == 500);
}

TEST_CASE("routing: any() may have conditions, too") {
  Router<> router;
  router.any<"/x">(say("two")).when(header("x-v", "2"));
  router.any<"/x">(say("any"));
  Asked app(router);
  CHECK(body(app.ask(Method::Put, "/x", {{"x-v", "2"}})) == "two");
  CHECK(body(app.ask(Method::Put, "/x")) == "any");
}

TEST_CASE("routing: two routes without conditions, or a condition that is none, are refused by build()") {
  Router<> twice;
  twice.get<"/x">(say("a"));
  twice.get<"/x">(say("b")).when(header("x-v", "2"));
  twice.get<"/x">(say("c"));
  CHECK(error_of(twice).find("GET /x is added twice") != std::string::npos);
  Router<> type;
  type.post<"/x">(say("a")).accepts("json");
  CHECK(error_of(type).find("\"json\" is no media type") != std::string::npos);
  Router<> range;
  range.get<"/x">(say("a")).produces("text/*");
  CHECK(error_of(range).find("\"text/*\" is no media type") != std::string::npos);
  Router<> name;
  name.get<"/x">(say("a")).when(header("x v", "2"));
  CHECK(error_of(name).find("condition no field can meet") != std::string::npos);
}

TEST_CASE("routing: the table of routes says what their conditions look at") {
  Router<> router;
  router.post<"/x">(say("a")).accepts({"text/csv", "text/plain"}).when(header("x-v", "2"));
  Asked app(router);
  const auto lines = app.dispatcher().routes();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].guards == std::vector<std::string>{"text/csv, text/plain", "x-v: 2"});
}

TEST_CASE("routing: that no route of several fits hangs on the same fields as which one does") {
  Router<> router;
  router.get<"/v">(say("two")).when(header("x-v", "2"));
  router.post<"/in">(say("json")).accepts("application/json");
  router.get<"/out">(say("json")).produces("application/json");
  Asked app(router);
  const Response missing = app.get("/v");
  CHECK(status(missing) == 404);
  CHECK(field(missing, "vary") == field(app.get("/v", {{"x-v", "2"}}), "vary"));
  CHECK(field(missing, "vary") == "x-v");
  const Response unsupported = app.post("/in", {{"content-type", "text/csv"}}, "a");
  CHECK(status(unsupported) == 415);
  CHECK(field(unsupported, "vary") == field(app.post("/in", {{"content-type", "application/json"}}, "{}"), "vary"));
  const Response unacceptable = app.get("/out", {{"accept", "image/png"}});
  CHECK(status(unacceptable) == 406);
  CHECK(field(unacceptable, "vary") == field(app.get("/out", {{"accept", "application/json"}}), "vary"));
  CHECK(field(unacceptable, "vary") != "");
}
