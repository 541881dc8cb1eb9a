#include <string>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "blog.h"
#include "cross_origin.h"

using namespace conduit;
using namespace conduit::test;
using rondeau::Router;
using rondeau::TestApp;

TEST_CASE("conduit: OPTIONS on every path says what pages of every origin may do") {
  on_each_blog([](Blog& blog) {
    for (const char* path : {"/api/users", "/api/articles/x/comments/1", "/api/none", "/api/tags"}) {
      CAPTURE(path);
      const Answer answer = blog.ask({.method = Method::Options, .target = path});
      CHECK(answer.status == 204);
      CHECK(answer.body.empty());
      CHECK(answer.field("access-control-allow-origin") == "*");
      CHECK(answer.field("access-control-allow-methods") == "GET, POST, PUT, DELETE, OPTIONS");
      CHECK(answer.field("access-control-allow-headers") == "Content-Type, Authorization");
      CHECK(answer.field("access-control-max-age") == "86400");
    }
    CHECK(blog.get("/api/tags").field("access-control-allow-origin") == "*");
    CHECK(blog.get("/api/user").field("access-control-allow-origin") == "*");
  });
}

TEST_CASE("conduit: origins that are named are let in alone, and answers say that they depend on it") {
  Router<> api;
  api.get<"/x">([] { return "x"; });
  api.layer(CrossOrigin({"https://app.example"}));
  TestApp app(api);
  const auto preflight = [&](const char* origin) {
    return app.options("/x").header("origin", origin).header("access-control-request-method", "PUT").send();
  };
  const auto allowed = preflight("https://app.example");
  CHECK(rondeau::http::code(allowed.status()) == 204);
  CHECK(allowed.header("access-control-allow-origin") == "https://app.example");
  CHECK(allowed.header("access-control-allow-headers") == "Content-Type, Authorization");
  CHECK(allowed.header("access-control-max-age") == "86400");
  CHECK_FALSE(preflight("https://evil.example").header("access-control-allow-origin").has_value());
  CHECK(rondeau::http::code(app.options("/none").send().status()) == 204);
  const auto answer = app.get("/x").header("origin", "https://app.example").send();
  CHECK(answer.header("access-control-allow-origin") == "https://app.example");
  CHECK(answer.header("vary") == "Origin");
  CHECK_FALSE(app.get("/x").send().header("access-control-allow-origin").has_value());
  Router<> wrong;
  wrong.layer(CrossOrigin({"*"}));
  wrong.get<"/">([] { return "x"; });
  CHECK_FALSE(wrong.build().has_value());
}
