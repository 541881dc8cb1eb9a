#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/text/date.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::body;
using support::field;
using support::status;

namespace {

constexpr std::chrono::system_clock::time_point kChanged{784111777s + 500ms};  // 1994-11-06 08:49:37.5

Validators current() {
  return etag("v1").last_modified(kChanged).header(HeaderName::CacheControl, "max-age=60");
}

struct Counted {
  int changes = 0;
};

Router<Counted> routes(std::shared_ptr<Counted> counted) {
  Router<Counted> app(std::move(counted));
  app.get<"/">([](Request request) {
    if (auto answer = current().check(request)) return *std::move(answer);
    return current().apply(Response::text("hello"));
  });
  app.put<"/">([](State<Counted> counted, Request request) {
    if (auto answer = current().check(request)) return *std::move(answer);
    ++counted->changes;
    return Response(StatusCode::NoContent);
  });
  return app;
}

}  // namespace

TEST_CASE("response: any handler answers 304 to who has it already, with the fields that a 304 carries") {
  support::Asked app(routes(std::make_shared<Counted>()));
  const Response first = app.get("/");
  CHECK(field(first, "etag") == R"("v1")");
  CHECK(field(first, "last-modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(body(first) == "hello");
  for (const auto& condition :
       {std::pair{"if-none-match", R"("v1")"}, std::pair{"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}}) {
    const Response again = app.get("/", {condition});
    CHECK(status(again) == 304);
    CHECK(field(again, "etag") == R"("v1")");
    CHECK(field(again, "cache-control") == "max-age=60");
    CHECK(field(again, "last-modified") == "(none)");
    CHECK(field(again, "content-type") == "(none)");
    CHECK(body(again).empty());
  }
  CHECK(status(app.get("/", {{"if-none-match", R"("v0")"}})) == 200);
}

TEST_CASE("response: a change whose condition does not hold is a 412 problem, and is not made") {
  const auto counted = std::make_shared<Counted>();
  support::Asked app(routes(counted));
  const Response refused = app.ask(Method::Put, "/", {{"if-match", R"("v0")"}});
  CHECK(status(refused) == 412);
  CHECK(field(refused, "content-type") == "application/problem+json");
  CHECK(field(refused, "etag") == R"("v1")");
  CHECK(field(refused, "cache-control") == "(none)");
  CHECK(counted->changes == 0);
  CHECK(status(app.ask(Method::Put, "/", {{"if-match", R"("v1")"}})) == 204);
  CHECK(counted->changes == 1);
}

TEST_CASE("response: a time in the future is told as now") {
  const auto told = field(last_modified(std::chrono::system_clock::now() + 24h).apply(Response()), "last-modified");
  CHECK(text::parse_http_date(told).value() <= std::chrono::system_clock::now());
}

TEST_CASE("response: what is not there yet can be made on condition that it is not") {
  const Request create = support::make_request(Method::Put, "/", {{"if-none-match", "*"}});
  CHECK_FALSE(Validators::absent().check(create));
  CHECK(status(etag("x").check(create).value()) == 412);
  const Request change = support::make_request(Method::Put, "/", {{"if-match", "*"}});
  CHECK(status(Validators::absent().check(change).value()) == 412);
}

TEST_CASE("middleware: AutoEtag names what is whole and lets clients keep it") {
  Router<> router;
  router.layer(middleware::AutoEtag());
  router.get<"/">([] { return Response::text("hello").header("x-own", "1"); });
  router.get<"/other">([] { return "other"; });
  router.get<"/own">([] { return Response::text("hello").header(HeaderName::Etag, R"("mine")"); });
  router.get<"/stream">(
      [] { return Response::stream([](BodyWriter&) -> Task<Result<void>> { co_return Result<void>(); }); });
  router.get<"/private">([] { return Response::text("x").header(HeaderName::CacheControl, "private, no-store"); });
  router.get<"/error">([] { return Response::text("x", StatusCode::Conflict); });
  router.post<"/">([] { return "hello"; });
  support::Asked app(router);
  const std::string tag = field(app.get("/"), "etag");
  CHECK(EntityTag::parse(tag).has_value());
  CHECK(field(app.get("/"), "etag") == tag);
  CHECK(field(app.get("/other"), "etag") != tag);
  const Response again = app.get("/", {{"if-none-match", tag}});
  CHECK(status(again) == 304);
  CHECK(field(again, "etag") == tag);
  CHECK(field(again, "x-own") == "1");
  CHECK(body(again).empty());
  CHECK(status(app.get("/own", {{"if-none-match", R"("mine")"}})) == 304);
  for (const char* target : {"/stream", "/private", "/error"}) CHECK(field(app.get(target), "etag") == "(none)");
  CHECK(field(app.post("/", {}, ""), "etag") == "(none)");
}
