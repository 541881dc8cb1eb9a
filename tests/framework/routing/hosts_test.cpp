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
using support::saying;
using support::status;

namespace {

std::string at(Asked& app, std::string_view host, std::string_view path = "/") {
  const Response answer = app.get(path, {{"host", host}});
  return status(answer) == 200 ? body(answer) : std::to_string(status(answer));
}

}  // namespace

TEST_CASE("routing: a host's router answers for it, without regard to case and port") {
  Router<> router = saying("outside");
  router.host("API.example.org", saying("api"));
  router.host("*.example.org", saying("below"));
  router.host("*.eu.example.org", saying("below eu"));
  router.host("eu.example.org", saying("eu"));
  router.host("[::1]", saying("six"));
  Asked app(router);
  CHECK(at(app, "api.example.org") == "api");
  CHECK(at(app, "api.EXAMPLE.org:8080") == "api");
  CHECK(at(app, "www.example.org") == "below");
  CHECK(at(app, "a.b.example.org") == "below");
  CHECK(at(app, "eu.example.org") == "eu");
  CHECK(at(app, "a.b.eu.example.org") == "below eu");
  CHECK(at(app, "[::1]:8080") == "six");
  for (const char* other : {"example.org", "xapi.example.com", "eu", "localhost", ".example.org"}) {
    CHECK_MESSAGE(at(app, other) == "outside", other);
  }
}

TEST_CASE("routing: the dot behind an absolute name does not count, and names too long are nobody's") {
  Router<> router = saying("outside");
  router.host("api.example.org", saying("api"));
  router.host("*.example.org", saying("below"));
  Asked app(router);
  CHECK(at(app, "api.example.org.") == "api");
  CHECK(at(app, "www.example.org.:8080") == "below");
  CHECK(at(app, "example.org.") == "outside");
  CHECK(at(app, "api.example.org..") != "api");
  const std::string longest = std::string(255 - 12, 'a') + ".example.org";
  CHECK(at(app, longest) == "below");
  CHECK(at(app, "a" + longest) == "outside");
  Router<> wrong;
  wrong.host("api.example.org.", saying("never"));
  CHECK(error_of(wrong) != "built");
}

TEST_CASE("routing: an absolute target names the host") {
  Router<> router = saying("outside");
  router.host("api.example.org", saying("api"));
  Asked app(router);
  CHECK(body(app.get("http://api.example.org/", {{"host", "other.example"}})) == "api");
}

TEST_CASE("routing: routes outside of every host answer where the host's router does not match") {
  Router<> api;
  api.get<"/x/{id}">([](Path<"id"> id) { return *id; });
  api.post<"/both">(say("api"));
  api.fallback([] { return WithStatus<404, std::string>{"not in api"}; });
  Router<> router;
  router.host("api.example.org", std::move(api));
  router.get<"/healthz">(say("ok"));
  router.get<"/both">(say("outside"));
  router.fallback([] { return WithStatus<404, std::string>{"nowhere"}; });
  Asked app(router);
  CHECK(at(app, "api.example.org", "/x/7") == "7");
  CHECK(at(app, "api.example.org", "/healthz") == "ok");
  CHECK(at(app, "api.example.org", "/both") == "405");
  CHECK(body(app.get("/y", {{"host", "api.example.org"}})) == "not in api");
  CHECK(body(app.get("/y", {{"host", "other.example"}})) == "nowhere");
  CHECK(at(app, "other.example", "/x/7") == "404");
}

TEST_CASE("routing: a host's router has the layers, the state and the fallback of the one outside") {
  struct App {
    std::string name;
  };
  Router<App> api;
  api.get<"/">([](State<App> app) { return app->name; });
  Router<App> router(App{"state"});
  router.layer(middleware::SetHeader("x-layer", "outside"));
  router.fallback([] { return WithStatus<404, std::string>{"nowhere"}; });
  router.host("api.example.org", std::move(api));
  Asked app(router);
  const Response answer = app.get("/", {{"host", "api.example.org"}});
  CHECK(body(answer) == "state");
  CHECK(field(answer, "x-layer") == "outside");
  const Response missing = app.get("/y", {{"host", "api.example.org"}});
  CHECK(body(missing) == "nowhere");
  CHECK(field(missing, "x-layer") == "outside");
}

TEST_CASE("routing: with strict hosts an unknown host is 421 where no route outside matches") {
  Router<> router;
  router.host("api.example.org", saying("api")).strict_hosts();
  router.get<"/healthz">(say("ok"));
  Asked app(router);
  CHECK(at(app, "api.example.org") == "api");
  CHECK(at(app, "api.example.org", "/y") == "404");
  CHECK(at(app, "10.0.0.7") == "421");
  CHECK(at(app, "10.0.0.7", "/healthz") == "ok");
  CHECK(field(app.get("/y", {{"host", "other.example"}}), "content-type") == "application/problem+json");
}

TEST_CASE("routing: hosts may come with a merged router, and have nests inside") {
  Router<> api;
  api.nest<"/v1">(saying("one"));
  Router<> inner;
  inner.host("api.example.org", std::move(api));
  Router<> router = saying("outside");
  router.merge(std::move(inner));
  Asked app(router);
  CHECK(at(app, "api.example.org", "/v1") == "one");
  CHECK(at(app, "api.example.org", "/v1/none") == "404");
  CHECK(at(app, "other.example", "/v1") == "404");
  const auto lines = app.dispatcher().routes();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].host.empty());
  CHECK(lines[1].host == "api.example.org");
}

TEST_CASE("routing: build() refuses a host that is none, one that is given twice, and one below a prefix") {
  for (const char* wrong : {"a b", "api.example.org:80", "*", "a.*.org", "*.*.org", "http://x", ""}) {
    Router<> router;
    router.host(wrong, saying("x"));
    CHECK_MESSAGE(error_of(router).find("is no host") != std::string::npos, wrong);
  }
  Router<> twice;
  twice.host("a.org", saying("x")).host("A.org", saying("y"));
  CHECK(error_of(twice).find("two routers for the host") != std::string::npos);
  Router<> inner;
  inner.host("a.org", saying("x"));
  Router<> below;
  below.nest<"/p">(inner);
  CHECK(error_of(below).find("with a prefix or with a host") != std::string::npos);
  Router<> within;
  within.host("b.org", inner);
  CHECK(error_of(within).find("with a prefix or with a host") != std::string::npos);
}
