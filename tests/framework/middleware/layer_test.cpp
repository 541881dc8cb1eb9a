#include <rondeau/rondeau.h>

#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

/// Writes its name on the way in and on the way out.
struct Mark {
  std::string* trail;
  std::string name;
  std::optional<Response> before(Request&) const {
    *trail += "(" + name;
    return std::nullopt;
  }
  void after(const Request&, Response&) const { *trail += name + ")"; }
};

/// The same as a coroutine.
auto mark(std::string* trail, std::string name) {
  return [trail, name](Request request, Next next) -> Task<Response> {
    *trail += "(" + name;
    Response response = co_await next(std::move(request));
    *trail += name + ")";
    co_return response;
  };
}

struct Gate {
  std::optional<Response> before(Request& request) const {
    if (request.header("x-key") == "open") return std::nullopt;
    return Response::text("closed", StatusCode::Forbidden);
  }
};

struct App {
  std::string secret;
};

Task<Response> guarded(State<App> app, std::optional<Header<"x-key">> key, Request request, Next next) {
  if (!key || **key != app->secret) co_return Response(StatusCode::Unauthorized);
  co_return co_await next(std::move(request));
}

}  // namespace

TEST_CASE("middleware: outer routers' layers are outside, and of one router the one added first") {
  for (const bool waits : {false, true}) {
    CAPTURE(waits);
    std::string trail;
    Router<> inner;
    inner.layer(Mark{&trail, "c"});
    inner.layer(mark(&trail, "d"));
    auto route = waits ? inner.get<"/x">([&trail]() -> Task<std::string> { co_return trail += "!", "x"; })
                       : inner.get<"/x">([&trail] { return trail += "!", "x"; });
    route.layer(Mark{&trail, "e"}).layer(Mark{&trail, "f"});
    Router<> router;
    router.layer(Mark{&trail, "a"});
    router.nest<"/in">(inner, Mark{&trail, "b"});
    Asked app(router);
    CHECK(app.text("/in/x") == "x");
    CHECK(trail == "(a(b(c(d(e(f!f)e)d)c)b)a)");
  }
}

TEST_CASE("middleware: slots have their order, whoever adds them and when") {
  std::string trail;
  Router<> inner;
  inner.get<"/x">([] { return "x"; }).layer<Slot::Metrics>(Mark{&trail, "m"});
  Router<> router;
  router.layer(Mark{&trail, "u"});
  router.layer<Slot::Auth>(Mark{&trail, "a"});
  router.layer<Slot::Trace>(mark(&trail, "t"));
  router.merge(inner);
  Asked app(router);
  app.get("/x");
  CHECK(trail == "(m(t(a(uu)a)t)m)");
}

TEST_CASE("middleware: app layers see 404 and 405, nest layers their own, route layers only a match") {
  std::string trail;
  Router<> inner;
  inner.get<"/x">([] { return "x"; }).layer(Mark{&trail, "r"});
  inner.layer(Mark{&trail, "n"});
  Router<> router;
  router.layer(Mark{&trail, "a"});
  router.nest<"/in">(inner);
  Asked app(router);
  CHECK(status(app.get("/out")) == 404);
  CHECK(trail == "(aa)");
  trail.clear();
  CHECK(status(app.get("/in/y")) == 404);
  CHECK(trail == "(a(nn)a)");
  trail.clear();
  CHECK(status(app.ask(Method::Post, "/in/x")) == 405);
  CHECK(trail == "(a(nn)a)");
  trail.clear();
  CHECK(status(app.get("/in/x")) == 200);
  CHECK(trail == "(a(n(rr)n)a)");
}

TEST_CASE("middleware: a layer that answers itself keeps those inside of it from running") {
  std::string trail;
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(Mark{&trail, "a"});
  router.layer(Gate{});
  router.layer(Mark{&trail, "b"});
  Asked app(router);
  CHECK(status(app.get("/x")) == 403);
  CHECK(trail == "(aa)");
  trail.clear();
  CHECK(body(app.get("/x", {{"x-key", "open"}})) == "x");
  CHECK(trail == "(a(bb)a)");
}

TEST_CASE("middleware: extractors stand before Request, and reject like a handler's") {
  Router<App> router{App{"s3cret"}};
  router.get<"/x">([] { return "x"; });
  router.layer(guarded);
  router.layer([](Header<"x-count", int>, Request request, Next next) -> Task<Response> {
    co_return co_await next(std::move(request));
  });
  Asked app(router);
  CHECK(status(app.get("/x")) == 401);
  CHECK(status(app.get("/x", {{"x-key", "s3cret"}})) == 400);
  CHECK(status(app.get("/x", {{"x-key", "s3cret"}, {"x-count", "1"}})) == 200);
}

TEST_CASE("middleware: another request may be sent on, and lives until its answer") {
  Router<> router;
  router.get<"/u/{id}">([](Path<"id"> id, Header<"x-tag"> tag) -> Task<std::string> { co_return *id + *tag; });
  router.layer([](Request request, Next next) -> Task<Response> {
    Request copy = request.own();
    co_return co_await next(std::move(copy));
  });
  Asked app(router);
  CHECK(body(app.get("/u/7", {{"x-tag", "!"}})) == "7!");
}

TEST_CASE("middleware: without() takes a slot away, even one from outside") {
  Router<> inner;
  inner.get<"/x">([] { return "x"; });
  inner.without(Slot::SecurityHeaders);
  Router<> router;
  router.get<"/y">([] { return "y"; });
  router.layer<Slot::SecurityHeaders>(middleware::SetHeader{"x-frame-options", "DENY"});
  router.nest<"/in">(inner);
  Asked app(router);
  CHECK(field(app.get("/y"), "x-frame-options") == "DENY");
  CHECK(field(app.get("/in/x"), "x-frame-options") == "(none)");
}
