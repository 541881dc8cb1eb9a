#include <rondeau/rondeau.h>

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

TEST_CASE("extract: a cookie is found by its name, and must come once") {
  Router<> router;
  router.get<"/sid">([](Cookie<"sid"> sid) { return *sid; });
  router.get<"/n">([](std::optional<Cookie<"n", int>> n) { return n ? std::to_string(**n) : "none"; });
  Asked app(router);
  struct Case {
    std::string_view path;
    std::string_view cookies;
    unsigned status;
    std::string_view part;
  };
  const Case cases[] = {
      {"/sid", "sid=abc", 200, "abc"},
      {"/sid", "a=1; sid=abc; b=2", 200, "abc"},
      {"/sid", "SID=abc", 400, R"("in":"cookie","pointer":"sid","code":"required")"},
      {"/sid", "sid=a; sid=b", 400, R"("in":"cookie","pointer":"sid","code":"repeated")"},
      {"/sid", "sid=a;b=2", 400, ""},
      {"/sid", "sid=a; b", 400, ""},
      {"/n", "n=3", 200, "3"},
      {"/n", "m=3", 200, "none"},
      {"/n", "n=three", 400, R"("pointer":"n","code":"type")"},
      {"/n", "m=a b", 400, ""},
  };
  for (const Case& row : cases) {
    CAPTURE(row.cookies);
    const Response answer = app.get(row.path, {{"cookie", row.cookies}});
    CHECK(status(answer) == row.status);
    CHECK(body(answer).find(row.part) != std::string::npos);
  }
  CHECK(status(app.get("/sid")) == 400);
  CHECK(body(app.get("/n")) == "none");
  CHECK(status(app.get("/sid", {{"cookie", "sid=a"}, {"cookie", "b=c"}})) == 400);
}

TEST_CASE("extract: all cookies are there in their order, and one that came twice has no value") {
  Router<> router;
  router.get<"/">([](Cookies cookies) {
    std::string text;
    for (const Cookies::Pair& pair : cookies.all()) text += pair.name + ":" + pair.value + ",";
    return text + std::string(cookies.get("a").value_or("none")) + std::to_string(cookies.count("a"));
  });
  Asked app(router);
  CHECK(body(app.get("/")) == "none0");
  CHECK(body(app.get("/", {{"cookie", "a=1; b=2"}})) == "a:1,b:2,11");
  CHECK(body(app.get("/", {{"cookie", "a=1; a=2"}})) == "a:1,a:2,none2");
  CHECK(status(app.get("/", {{"cookie", "a=1; b=c d"}})) == 400);
}

TEST_CASE("extract: more cookies than Limits::max_cookies are refused") {
  Router<> router;
  router.get<"/one">([](Cookie<"sid"> sid) { return *sid; });
  router.get<"/all">([](Cookies cookies) { return std::to_string(cookies.all().size()); });
  Asked app(router);
  std::string text = "sid=x";
  for (int i = 1; i < 100; ++i) text += "; a=1";
  CHECK(body(app.get("/one", {{"cookie", text}})) == "x");
  CHECK(body(app.get("/all", {{"cookie", text}})) == "100");
  text += "; a=1";
  CHECK(status(app.get("/one", {{"cookie", text}})) == 400);
  CHECK(status(app.get("/all", {{"cookie", text}})) == 400);
}

TEST_CASE("extract: a handler sets cookies and removes them") {
  Router<> router;
  router.post<"/login">([] { return Response::text("in").add_cookie({.name = "__Host-sid", .value = "x"}); });
  router.post<"/bad">([] { return Response().add_cookie({.name = "a", .value = "\r\n"}); });
  Asked app(router);
  CHECK(field(app.post("/login", {}, ""), "set-cookie") == "__Host-sid=x; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK(app.post("/bad", {}, "").fault() == Errc::InvalidArgument);
}
