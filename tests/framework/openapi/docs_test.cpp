#include <rondeau/openapi/docs.h>

#include <doctest/doctest.h>

#include <string>

#include <nlohmann/json.hpp>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

namespace {

using namespace rondeau;

Router<> routes() {
  Router<> app;
  app.named("Docs & <test>", "2.0");
  app.get<"/a">([] { return "a"; });
  app.docs("/docs");
  return app;
}

std::string field(const testing::TestResponse& response, std::string_view name) {
  return std::string(response.header(name).value_or(""));
}

TEST_CASE("openapi: docs() serves the document of the routes, and not of itself") {
  TestApp app(routes());
  const auto answer = app.get("/openapi.json").send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(field(answer, "content-type") == "application/json");
  const auto document = nlohmann::json::parse(answer.body());
  CHECK(document["info"]["title"] == "Docs & <test>");
  CHECK(document["info"]["version"] == "2.0");
  CHECK(document["paths"].size() == 1);
}

TEST_CASE("openapi: both are validated by their ETag") {
  TestApp app(routes());
  for (const char* path : {"/openapi.json", "/docs"}) {
    CAPTURE(path);
    const std::string tag = field(app.get(path).send(), "etag");
    REQUIRE(tag.size() > 10);
    CHECK(app.get(path).header("if-none-match", tag).send().status() == StatusCode::NotModified);
  }
}

TEST_CASE("openapi: the page runs its own script and style only, and asks no other host") {
  TestApp app(routes());
  const auto page = app.get("/docs").send();
  CHECK(field(page, "content-type") == "text/html; charset=utf-8");
  const std::string policy = field(page, "content-security-policy");
  CHECK(policy.starts_with("default-src 'none'; script-src 'sha256-"));
  CHECK(policy.find("connect-src 'self'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  const std::string text(page.body());
  CHECK(text.find("<title>Docs &amp; &lt;test&gt;</title>") != std::string::npos);
  CHECK(text.find("data-document=\"openapi.json\"") != std::string::npos);
  CHECK(text.find("http://") == std::string::npos);
  CHECK(text.find("https://") == std::string::npos);
  CHECK(text.find('@' + std::string("TITLE")) == std::string::npos);
}

TEST_CASE("openapi: a nested router tells of itself only, by whole paths, wherever it is put") {
  Router<> outer;
  outer.get<"/elsewhere">([] { return ""; });
  outer.nest<"/api">(routes());
  TestApp app(outer);
  const auto document = nlohmann::json::parse(app.get("/api/openapi.json").send().body());
  CHECK(document["paths"].size() == 1);
  CHECK(document["paths"].contains("/api/a"));
  CHECK(app.get("/api/docs").send().status() == StatusCode::Ok);
}

TEST_CASE("openapi: the page finds its document from every place in the same router") {
  Router<> router;
  router.docs("/internal/api/docs", {.document = "/internal/spec.json", .title = "Own"});
  TestApp app(router);
  const std::string text(app.get("/internal/api/docs").send().body());
  CHECK(text.find("data-document=\"../spec.json\"") != std::string::npos);
  CHECK(text.find("<title>Own</title>") != std::string::npos);
}

TEST_CASE("openapi: a router whose document cannot be made does not build") {
  Router<> router;
  struct Inner {
    struct Item {
      int a;
    };
  };
  struct Other {
    struct Item {
      bool a;
    };
  };
  router.get<"/a">([] { return Json<Inner::Item>{}; });
  router.get<"/b">([] { return Json<Other::Item>{}; });
  CHECK(router.build().has_value());
  router.docs("/docs");
  CHECK_FALSE(router.build().has_value());
}

}  // namespace
