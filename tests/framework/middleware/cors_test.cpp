#include <rondeau/rondeau.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using middleware::CorsOptions;
using support::Asked;
using support::field;
using support::status;

namespace {

constexpr std::string_view kApp = "https://app.example.org";

Router<> router_with(CorsOptions options) {
  Router<> router;
  router.get<"/x">([] { return Response::text("x").header("vary", "Accept").header("access-control-allow-origin", "*"); });
  router.post<"/x">([] { return "posted"; });
  router.get<"/throws">([]() -> Task<std::string> {
    throw std::runtime_error("out");
    co_return "";
  });
  router.get<"/throws-at-once">([]() -> std::string { throw std::runtime_error("out"); });
  router.layer(Cors(std::move(options)));
  router.layer(middleware::Catch{[](const Request&, std::string_view) {}});
  return router;
}

/// All of a field's lines, joined.
std::string all(const Response& response, std::string_view name) {
  std::string text;
  for (const http::HeaderField& field : response.headers()) {
    if (text::equals_ignoring_case(field.name, name)) text += (text.empty() ? "" : ", ") + std::string(field.value);
  }
  return text;
}

}  // namespace

TEST_CASE("cors: a listed origin may read, others may not, and every answer varies by it") {
  Asked app(router_with({.allow_origin = {std::string(kApp), "http://localhost:3000"}}));
  struct Case {
    std::string_view origin;
    bool allowed;
  };
  const Case table[] = {
      {kApp, true},
      {"http://localhost:3000", true},
      {"https://app.example.org:443", false},  // no browser writes it
      {"https://APP.example.org", false},
      {"https://app.example.org.evil.example", false},
      {"https://evil.example/https://app.example.org", false},
      {"http://app.example.org", false},
      {"http://localhost", false},
      {"null", false},
      {"", false},
  };
  for (const Case& row : table) {
    CAPTURE(row.origin);
    const Response answer = app.get("/x", {{"origin", row.origin}});
    CHECK(status(answer) == 200);
    CHECK(field(answer, "access-control-allow-origin") == (row.allowed ? std::string(row.origin) : "(none)"));
    CHECK(field(answer, "access-control-allow-credentials") == "(none)");
    CHECK(all(answer, "vary") == "Accept, Origin");
  }
  CHECK(all(app.get("/x"), "vary") == "Accept, Origin");
  CHECK(field(app.get("/x"), "access-control-allow-origin") == "(none)");
  const Response twice = app.get("/x", {{"origin", kApp}, {"origin", "http://localhost:3000"}});
  CHECK(field(twice, "access-control-allow-origin") == "(none)");
}

TEST_CASE("cors: the answers that no handler made carry the fields, too") {
  Asked app(router_with({.allow_origin = {std::string(kApp)}, .expose_headers = {"ETag", "X-Total"}}));
  const Response missing = app.get("/none", {{"origin", kApp}});
  CHECK(status(missing) == 404);
  CHECK(field(missing, "access-control-allow-origin") == kApp);
  CHECK(field(missing, "access-control-expose-headers") == "ETag, X-Total");
  const Response refused = app.ask(Method::Put, "/x", {{"origin", kApp}});
  CHECK(status(refused) == 405);
  CHECK(field(refused, "access-control-allow-origin") == kApp);
  for (std::string_view path : {"/throws", "/throws-at-once"}) {
    CAPTURE(path);
    const Response thrown = app.get(path, {{"origin", kApp}});
    CHECK(status(thrown) == 500);
    CHECK(field(thrown, "access-control-allow-origin") == kApp);
    CHECK(all(thrown, "vary") == "Origin");
  }
}

TEST_CASE("cors: a preflight is answered by the layer, on paths without a route as well") {
  bool reached = false;
  Router<> router = router_with({.allow_origin = {std::string(kApp)},
                                 .allow_methods = {Method::Get, Method::Delete},
                                 .allow_headers = {"Authorization", "X-Tag"},
                                 .expose_headers = {"ETag"},
                                 .allow_credentials = true});
  router.options<"/own">([&reached] { return reached = true, "own"; });
  router.layer([&reached](Request request, Next next) -> Task<Response> {
    reached = true;
    co_return co_await next(std::move(request));
  });
  Asked app(router);
  for (std::string_view path : {"/x", "/none", "/own"}) {
    CAPTURE(path);
    const Response answer = app.ask(Method::Options, path,
                                    {{"origin", kApp},
                                     {"access-control-request-method", "DELETE"},
                                     {"access-control-request-headers", "x-tag"}});
    CHECK(status(answer) == 204);
    CHECK(field(answer, "access-control-allow-origin") == kApp);
    CHECK(field(answer, "access-control-allow-credentials") == "true");
    CHECK(field(answer, "access-control-allow-methods") == "GET, DELETE");
    CHECK(field(answer, "access-control-allow-headers") == "Authorization, X-Tag");
    CHECK(field(answer, "access-control-max-age") == "600");
    CHECK(field(answer, "access-control-expose-headers") == "(none)");
    CHECK(all(answer, "vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  }
  const Response stranger = app.ask(Method::Options, "/x",
                                    {{"origin", "https://evil.example"}, {"access-control-request-method", "DELETE"}});
  CHECK(status(stranger) == 204);
  for (std::string_view name : {"access-control-allow-origin", "access-control-allow-methods",
                                "access-control-allow-headers", "access-control-max-age"}) {
    CHECK(field(stranger, name) == "(none)");
  }
  CHECK_FALSE(reached);
  CHECK(status(app.ask(Method::Options, "/own", {{"origin", kApp}})) == 200);  // asks for no method: no preflight
  CHECK(reached);
}

TEST_CASE("cors: everybody is written as a star") {
  Asked app(router_with({.allow_origin = Any(), .allow_methods = Any(), .allow_headers = Any(), .max_age = std::nullopt}));
  CHECK(field(app.get("/x", {{"origin", "null"}}), "access-control-allow-origin") == "*");
  const Response answer =
      app.ask(Method::Options, "/x", {{"origin", kApp}, {"access-control-request-method", "PUT"}});
  CHECK(field(answer, "access-control-allow-methods") == "*");
  CHECK(field(answer, "access-control-allow-headers") == "*");
  CHECK(field(answer, "access-control-max-age") == "(none)");
}

TEST_CASE("cors: a predicate sees the origin and the request") {
  Asked app(router_with({.allow_origin = [](std::string_view origin, const Request& request) {
    return origin.ends_with(".example.org") && request.path() == "/x";
  }}));
  CHECK(field(app.get("/x", {{"origin", kApp}}), "access-control-allow-origin") == kApp);
  CHECK(field(app.get("/none", {{"origin", kApp}}), "access-control-allow-origin") == "(none)");
  CHECK(field(app.get("/x", {{"origin", "https://example.net"}}), "access-control-allow-origin") == "(none)");
}

TEST_CASE("cors: a private network is opened only by option, and only when asked") {
  for (const bool open : {false, true}) {
    CAPTURE(open);
    Asked app(router_with({.allow_origin = {std::string(kApp)}, .allow_private_network = open}));
    const Response asked = app.ask(Method::Options, "/x",
                                   {{"origin", kApp},
                                    {"access-control-request-method", "GET"},
                                    {"access-control-request-private-network", "true"}});
    CHECK(field(asked, "access-control-allow-private-network") == (open ? "true" : "(none)"));
    const Response plain = app.ask(Method::Options, "/x", {{"origin", kApp}, {"access-control-request-method", "GET"}});
    CHECK(field(plain, "access-control-allow-private-network") == "(none)");
  }
}

TEST_CASE("cors: build() refuses what would not do what it says") {
  struct Case {
    CorsOptions options;
    std::string_view why;
  };
  const std::vector<Case> table = {
      {{.allow_origin = Any(), .allow_credentials = true}, "allow_origin cannot be Any()"},
      {{.allow_origin = {std::string(kApp)}, .allow_methods = Any(), .allow_credentials = true}, "allow_methods"},
      {{.allow_origin = {std::string(kApp)}, .allow_headers = Any(), .allow_credentials = true}, "allow_headers"},
      {{.allow_origin = {std::string(kApp)}, .expose_headers = Any(), .allow_credentials = true}, "expose_headers"},
      {{.allow_origin = {"*"}}, "write Any()"},
      {{.allow_origin = {"null"}}, "null"},
      {{.allow_origin = {"https://app.example.org/"}}, "no origin"},
      {{.allow_origin = {"https://app.example.org/path"}}, "no origin"},
      {{.allow_origin = {"app.example.org"}}, "no origin"},
      {{.allow_origin = {"https://app.example.org:443"}}, "write https://app.example.org"},
      {{.allow_origin = {"https://App.example.org"}}, "write https://app.example.org"},
      {{.allow_headers = {"x tag"}}, "no name of a field"},
      {{.allow_headers = {"*"}}, "write Any()"},
      {{.max_age = std::chrono::seconds(-1)}, "max_age"},
  };
  for (const Case& row : table) {
    CAPTURE(row.why);
    const auto built = router_with(row.options).build();
    REQUIRE_FALSE(built.has_value());
    CHECK(built.error() == Errc::InvalidArgument);
    CHECK(built.error().message().find(row.why) != std::string::npos);
    CHECK(built.error().message().find("cors_test.cpp") != std::string::npos);
  }
  Router<> one;
  one.get<"/x">([] { return "x"; }).layer(Cors({.allow_origin = Any()}));
  const auto built = one.build();
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().message().find("give it to the router") != std::string::npos);
}
