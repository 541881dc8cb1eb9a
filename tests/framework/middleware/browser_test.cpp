// What browsers are told, and kept from: Csrf and SecurityHeaders.
#include <rondeau/rondeau.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::field;
using support::status;

namespace {

constexpr std::string_view kNone = "(none)";

Router<> guarded() {
  Router<> router;
  router.any<"/x">([] { return "x"; });
  router.layer(Csrf{.trusted_origins = {"https://partner.example"}});
  return router;
}

Response asked_over(Asked& app, Method method, bool secure, std::string_view path, support::Fields fields) {
  Request request = support::make_request(method, path, fields);
  request.block().secure = secure;
  return support::wait(app.dispatcher().handle(Request(request.block())));
}

}  // namespace

TEST_CASE("csrf: what a page of another origin sends is refused, by Sec-Fetch-Site, else by Origin") {
  Asked app(guarded());
  struct Case {
    std::string_view site;
    std::string_view origin;
    unsigned status;
  };
  const Case table[] = {
      {"same-origin", kNone, 200},
      {"none", kNone, 200},
      {"same-origin", "https://evil.example", 200},  // the browser knows better
      {"cross-site", kNone, 403},
      {"same-site", kNone, 403},
      {"cross-site", "http://shop.example", 403},  // of an attacker's sibling on another port, say
      {"cross-site", "https://evil.example", 403},
      {"cross-site", "https://partner.example", 200},
      {"same-site", "https://partner.example", 200},
      {"Same-Origin", kNone, 403},
      {"", kNone, 403},
      {"same-origin, none", kNone, 403},
      {kNone, kNone, 200},
      {kNone, "http://shop.example", 200},
      {kNone, "https://shop.example", 200},
      {kNone, "HTTPS://SHOP.example:443", 200},
      {kNone, "http://shop.example:80", 200},
      {kNone, "http://shop.example:8080", 403},
      {kNone, "https://partner.example", 200},
      {kNone, "https://partner.example.evil.example", 403},
      {kNone, "https://evil.example", 403},
      {kNone, "http://shop.example.evil.example", 403},
      {kNone, "http://shop.example/", 403},
      {kNone, "http://user@shop.example", 403},
      {kNone, "ftp://shop.example", 403},
      {kNone, "null", 403},
      {kNone, "", 403},
  };
  for (const Case& row : table) {
    CAPTURE(row.site);
    CAPTURE(row.origin);
    Headers headers;
    headers.set("host", "shop.example").value();
    if (row.site != kNone) headers.set("sec-fetch-site", row.site).value();
    if (row.origin != kNone) headers.set("origin", row.origin).value();
    for (const Method method : {Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Get}) {
      CAPTURE(http::to_string(method));
      Request request = std::move(Request::make(method, "/x", headers).value());
      const Response answer = support::wait(app.dispatcher().handle(Request(request.block())));
      CHECK(status(answer) == (method == Method::Get ? 200 : row.status));
    }
  }
}

TEST_CASE("csrf: safe methods pass, a field that is there twice does not") {
  Asked app(guarded());
  const support::Fields foreign = {{"sec-fetch-site", "cross-site"}, {"origin", "https://evil.example"}};
  for (const Method method : {Method::Get, Method::Head, Method::Options}) {
    CHECK(status(app.ask(method, "/x", foreign)) / 100 == 2);
  }
  CHECK(status(app.post("/x", {{"sec-fetch-site", "same-origin"}, {"sec-fetch-site", "same-origin"}}, "")) == 403);
  CHECK(status(app.post("/x", {{"origin", "http://localhost"}, {"origin", "http://localhost"}}, "")) == 403);
}

TEST_CASE("csrf: over TLS a page of the same host without it is another's") {
  Asked app(guarded());
  CHECK(status(asked_over(app, Method::Post, true, "/x", {{"origin", "http://localhost"}})) == 403);
  CHECK(status(asked_over(app, Method::Post, true, "/x", {{"origin", "https://localhost"}})) == 200);
  CHECK(status(asked_over(app, Method::Post, false, "/x", {{"origin", "http://localhost"}})) == 200);
}

TEST_CASE("csrf: build() refuses a trusted origin that no browser sends") {
  Router<> router;
  router.layer(Csrf{.trusted_origins = {"https://partner.example/"}});
  const auto built = router.build();
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().message().find("Csrf: ") != std::string::npos);
}

TEST_CASE("security headers: every answer has the set, and what the handler says counts") {
  Router<> router;
  router.get<"/json">([] { return Response::json_text("{}"); });
  router.get<"/html">([] { return Response::html("<p>"); });
  router.get<"/own">([] {
    return Response::html("<p>")
        .header("content-security-policy", "default-src *")
        .header("x-frame-options", "SAMEORIGIN")
        .header("set-cookie", "a=b")
        .header("cache-control", "private");
  });
  router.get<"/cookie">([] { return Response::text("x").header("set-cookie", "a=b"); });
  router.get<"/same">([] { return Response(StatusCode::NotModified).header("etag", "\"1\""); });
  router.get<"/throws">([]() -> std::string { throw std::runtime_error("out"); });
  router.layer(SecurityHeaders{});
  router.layer(middleware::Catch{[](const Request&, std::string_view) {}});
  Asked app(router);
  constexpr std::string_view kApi = "default-src 'none'; frame-ancestors 'none'";
  constexpr std::string_view kPage = "default-src 'self'; frame-ancestors 'none'";
  struct Case {
    std::string_view path;
    std::string_view policy;
    std::string_view frames;
    std::string_view cache;
  };
  const Case table[] = {
      {"/json", kApi, "DENY", kNone},           {"/html", kPage, "DENY", kNone},
      {"/own", "default-src *", "SAMEORIGIN", "private"}, {"/cookie", kApi, "DENY", "no-store"},
      {"/same", kNone, "DENY", kNone},          {"/none", kApi, "DENY", kNone},
      {"/throws", kApi, "DENY", kNone},
  };
  for (const Case& row : table) {
    CAPTURE(row.path);
    const Response answer = app.get(row.path);
    CHECK(field(answer, "content-security-policy") == row.policy);
    CHECK(field(answer, "x-frame-options") == row.frames);
    CHECK(field(answer, "cache-control") == row.cache);
    CHECK(field(answer, "x-content-type-options") == "nosniff");
    CHECK(field(answer, "referrer-policy") == "no-referrer");
    CHECK(field(answer, "cross-origin-resource-policy") == "same-origin");
    CHECK(field(answer, "strict-transport-security") == kNone);
  }
}

TEST_CASE("security headers: HSTS is told over TLS only, and only by option; an empty text leaves a field out") {
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(SecurityHeaders{.frame_options = "", .hsts = Hsts{.include_subdomains = true}});
  Asked app(router);
  CHECK(field(asked_over(app, Method::Get, true, "/x", {}), "strict-transport-security") ==
        "max-age=31536000; includeSubDomains");
  const Response plain = asked_over(app, Method::Get, false, "/x", {});
  CHECK(field(plain, "strict-transport-security") == kNone);
  CHECK(field(plain, "x-frame-options") == kNone);
}

TEST_CASE("security headers: build() refuses a value that cannot stand in a field") {
  Router<> router;
  router.layer(SecurityHeaders{.content_security_policy = "a\r\nb"});
  CHECK_FALSE(router.build().has_value());
}
