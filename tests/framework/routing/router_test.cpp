#include <rondeau/rondeau.h>

#include <string>

#include <doctest/doctest.h>

#include "small_routers.h"
#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::error_of;
using support::field;
using support::say;
using support::status;

namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct App {
  std::string name;
};
struct Db {
  int rows = 0;
};

}  // namespace

TEST_CASE("routing: each verb answers its own method") {
  Router<> router;
  router.get<"/x">(say("get"));
  router.post<"/x">(say("post"));
  router.put<"/x">(say("put"));
  router.patch<"/x">(say("patch"));
  router.del<"/x">(say("delete"));
  router.on<Method::Report, "/x">(say("report"));
  Asked app(router);
  CHECK(body(app.ask(Method::Get, "/x")) == "get");
  CHECK(body(app.ask(Method::Post, "/x")) == "post");
  CHECK(body(app.ask(Method::Put, "/x")) == "put");
  CHECK(body(app.ask(Method::Patch, "/x")) == "patch");
  CHECK(body(app.ask(Method::Delete, "/x")) == "delete");
  CHECK(body(app.ask(Method::Report, "/x")) == "report");
}

TEST_CASE("routing: HEAD runs the GET route, unless it has one of its own") {
  Router<> router;
  router.get<"/x">(say("get"));
  router.get<"/y">(say("get"));
  router.head<"/y">(say("head"));
  Asked app(router);
  CHECK(body(app.ask(Method::Head, "/x")) == "get");
  CHECK(body(app.ask(Method::Head, "/y")) == "head");
}

TEST_CASE("routing: a method without a route is 405 with Allow") {
  Router<> router;
  router.get<"/x">(say("get"));
  router.del<"/x">(say("delete"));
  router.post<"/y">(say("post"));
  Asked app(router);
  const Response answer = app.ask(Method::Post, "/x");
  CHECK(status(answer) == 405);
  CHECK(field(answer, "allow") == "GET, HEAD, DELETE, OPTIONS");
  CHECK(field(answer, "content-type") == "application/problem+json");
  CHECK(field(app.get("/y"), "allow") == "POST, OPTIONS");
  CHECK(status(app.ask(Method::Trace, "/x")) == 405);
}

TEST_CASE("routing: OPTIONS is 204 with Allow, unless it has a route of its own") {
  Router<> router;
  router.get<"/x">(say("get"));
  router.get<"/y">(say("get"));
  router.options<"/y">(say("mine"));
  Asked app(router);
  const Response answer = app.ask(Method::Options, "/x");
  CHECK(status(answer) == 204);
  CHECK(field(answer, "allow") == "GET, HEAD, OPTIONS");
  CHECK(body(app.ask(Method::Options, "/y")) == "mine");
}

TEST_CASE("routing: OPTIONS * says every method of the table") {
  Router<> router;
  router.get<"/x">(say("get"));
  router.put<"/y">(say("put"));
  Asked app(router);
  const Response answer = app.ask(Method::Options, "*");
  CHECK(status(answer) == 204);
  CHECK(field(answer, "allow") == "GET, HEAD, PUT, OPTIONS");
}

TEST_CASE("routing: any() takes what has no route of its own, but not TRACE") {
  Router<> router;
  router.any<"/x">(say("any"));
  router.get<"/x">(say("get"));
  Asked app(router);
  CHECK(body(app.get("/x")) == "get");
  CHECK(body(app.ask(Method::Post, "/x")) == "any");
  CHECK(body(app.ask(Method::Options, "/x")) == "any");
  const Response refused = app.ask(Method::Trace, "/x");
  CHECK(status(refused) == 405);
  CHECK(field(refused, "allow") == "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
}

TEST_CASE("routing: what no route matches is a 404 problem, or the fallback's answer") {
  Router<> router;
  router.get<"/x">(say("x"));
  Asked plain(router);
  CHECK(status(plain.get("/y")) == 404);
  CHECK(field(plain.get("/y"), "content-type") == "application/problem+json");
  router.fallback([](RawPath path) { return WithStatus<404, std::string>{"no " + *path}; });
  Asked app(router);
  CHECK(status(app.get("/y")) == 404);
  CHECK(app.text("/y") == "no /y");
  CHECK(app.text("/x") == "x");
}

TEST_CASE("routing: method_not_allowed_fallback replaces the body of a 405, never its Allow") {
  Router<> router;
  router.get<"/x">(say("x"));
  router.method_not_allowed_fallback([] { return WithStatus<405, const char*>{"not so"}; });
  Asked app(router);
  const Response answer = app.ask(Method::Put, "/x");
  CHECK(status(answer) == 405);
  CHECK(body(answer) == "not so");
  CHECK(field(answer, "allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("routing: a nested router does not see its prefix, and its / is the bare prefix") {
  Router<> inner;
  inner.get<"/">([](RawPath path) { return *path; });
  inner.get<"/users/{id}">([](RawPath path, Path<"id", int> id) { return *path + " " + std::to_string(*id); });
  Router<> router;
  router.nest<"/admin">(inner);
  Asked app(router);
  CHECK(app.text("/admin") == "/");
  CHECK(app.text("/admin/users/7") == "/users/7 7");
  CHECK(app.request().original_path() == "/admin/users/7");
  CHECK(app.request().route().pattern == "/admin/users/{id}");
  CHECK(status(app.get("/admin/")) == 404);
}

TEST_CASE("routing: parameters of a prefix are readable inside") {
  Router<> inner;
  inner.get<"/users/{id}">([](PrefixPath<"org"> org, Path<"id"> id) { return *org + ":" + *id; });
  Router<> router;
  router.nest<"/orgs/{org}">(inner);
  Asked app(router);
  CHECK(app.text("/orgs/acme/users/7") == "acme:7");
  CHECK(holds(error_of(inner), "\"org\""));
}

TEST_CASE("routing: the fallback of the innermost router answers, otherwise the outer one's") {
  Router<> deep;
  deep.get<"/x">(say("x"));
  Router<> inner;
  inner.get<"/x">(say("x"));
  inner.fallback(say("inner"));
  inner.nest<"/deep">(deep);
  Router<> router;
  router.fallback(say("outer"));
  router.nest<"/a">(inner);
  router.nest<"/b">(deep);
  Asked app(router);
  CHECK(app.text("/a/y") == "inner");
  CHECK(app.text("/a") == "inner");
  CHECK(app.text("/a/") == "inner");
  CHECK(app.text("/a/deep/y") == "inner");
  CHECK(app.text("/b/y") == "outer");
  CHECK(app.text("/ab") == "outer");
  CHECK(app.text("/a/deep/x") == "x");
}

TEST_CASE("routing: a trailing slash is another path, unless the router says otherwise") {
  Router<> router;
  router.get<"/x">(say("x"));
  router.get<"/y/">(say("y"));
  router.get<"/both">(say("without"));
  router.get<"/both/">(say("with"));
  router.get<"/u/{id}">([](Path<"id"> id) { return *id; });
  Asked strict(router);
  CHECK(status(strict.get("/x/")) == 404);
  CHECK(status(strict.get("/y")) == 404);
  router.trailing_slash(TrailingSlash::Both);
  Asked both(router);
  CHECK(both.text("/x/") == "x");
  CHECK(both.text("/y") == "y");
  CHECK(both.text("/both") == "without");
  CHECK(both.text("/both/") == "with");
  CHECK(both.text("/u/7/") == "7");
  router.trailing_slash(TrailingSlash::Redirect308);
  Asked redirect(router);
  const Response moved = redirect.get("/x/?a=1");
  CHECK(status(moved) == 308);
  CHECK(field(moved, "location") == "/x?a=1");
  CHECK(field(redirect.get("/y"), "location") == "/y/");
  CHECK(field(redirect.get("/u/7/"), "location") == "/u/7");
  CHECK(redirect.text("/u/7") == "7");
}

TEST_CASE("routing: a . or .. segment is refused before a route sees it") {
  for (std::string_view path : {"/a/./b", "/a/../b", "/a/%2e/b", "/a/.%2E", "/%2e%2e/b"}) {
    CAPTURE(path);
    CHECK_FALSE(Request::make(Method::Get, path).has_value());
  }
}

TEST_CASE("routing: the same route twice is an error that names both places") {
  Router<> router;
  router.get<"/u/{id}">(say("one"));
  const auto first_line = std::source_location::current().line() - 1;
  router.get<"/u/{id}">(say("two"));
  const std::string text = error_of(router);
  CHECK(holds(text, "GET /u/{id} is added twice"));
  CHECK(holds(text, "router_test.cpp:" + std::to_string(first_line)));
  CHECK(holds(text, "router_test.cpp:" + std::to_string(first_line + 2)));
}

TEST_CASE("routing: patterns that differ in names only conflict, in either order") {
  Router<> one;
  one.get<"/u/{id}">(say("one"));
  one.post<"/u/{name}">(say("two"));
  CHECK(holds(error_of(one), "match the same paths"));
  Router<> two;
  two.post<"/u/{name}">(say("two"));
  two.get<"/u/{id}">(say("one"));
  CHECK(holds(error_of(two), "match the same paths"));
}

TEST_CASE("routing: a pattern of run time is checked by build()") {
  Router<> good;
  good.route(Method::Get, "/r/{id}", [](Path<"id", int> id) { return std::to_string(*id + 1); });
  Asked app(good);
  CHECK(app.text("/r/6") == "7");
  Router<> malformed;
  malformed.route(Method::Get, "/r/{id", say("x"));
  CHECK(holds(error_of(malformed), "a '{' in a route pattern has no '}'"));
  CHECK(holds(error_of(malformed), "router_test.cpp:"));
  Router<> lacking;
  lacking.route(Method::Get, "/r/{id}", [](Path<"idd"> id) { return *id; });
  CHECK(holds(error_of(lacking), "\"idd\""));
}

TEST_CASE("routing: a router inside takes over the state from outside, or keeps its own") {
  Router<App> inner;
  inner.get<"/name">([](State<App> app) { return app->name; });
  CHECK(holds(error_of(inner), "never given a state"));
  Router<Db> own{Db{3}};
  own.get<"/rows">([](State<Db> db) { return std::to_string(db->rows); });
  Router<App> router{App{"outer"}};
  router.nest<"/a">(inner);
  router.nest<"/b">(own);
  router.nest<"/c">(Router<App>(inner).with_state(App{"inner"}));
  Asked app(router);
  CHECK(app.text("/a/name") == "outer");
  CHECK(app.text("/b/rows") == "3");
  CHECK(app.text("/c/name") == "inner");
}

TEST_CASE("routing: a route that takes an Extension nobody provides fails build()") {
  struct User {
    std::string name;
  };
  const auto greet = [](Extension<User> user) { return "hello " + user->name; };
  const auto log_in = [](Request request, Next next) -> Task<Response> {
    request.extensions().insert(User{"ann"});
    co_return co_await next(std::move(request));
  };
  Router<> router;
  router.get<"/">(greet);
  CHECK(holds(error_of(router), ">, which no layer around it provides"));
  router.layer(provides<User>(log_in));
  Asked app(router);
  CHECK(app.text("/") == "hello ann");
}

TEST_CASE("routing: the label of a request is the whole pattern, or unmatched") {
  Router<> inner;
  inner.get<"/u/{id}">([](MatchedPath path) { return std::string(*path); });
  Router<> router;
  router.nest<"/api">(inner);
  Asked app(router);
  CHECK(app.text("/api/u/7") == "/api/u/{id}");
  app.get("/nowhere");
  CHECK(extract::matched_path(app.request()) == "unmatched");
}

TEST_CASE("routing: a request that owns itself lives until its answer is there") {
  Router<> router;
  router.get<"/u/{id}">(
      [](Request request) -> Task<std::string> { co_return std::string(request.raw_path_parameter("id").value()); });
  Asked app(router);
  CHECK(body(support::wait(app.dispatcher().handle(support::make_request(Method::Get, "/u/7")))) == "7");
}

TEST_CASE("routing: a dispatcher outlives the router it was built from") {
  auto dispatcher = [] {
    Router<App> router{App{"kept"}};
    router.get<"/">([text = std::string(64, 'x')](State<App> app) { return text + app->name; });
    return router.build().value();
  }();
  CHECK(body(support::wait(dispatcher->handle(support::make_request(Method::Get, "/")))) ==
        std::string(64, 'x') + "kept");
}

TEST_CASE("routing: the table tells method, pattern and place of each route") {
  Router<> router;
  router.get<"/a">(say("a"));
  router.any<"/b">(say("b"));
  const auto lines = router.build().value()->routes();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].method == "GET");
  CHECK(lines[0].pattern == "/a");
  CHECK(holds(lines[0].place, "router_test.cpp:"));
  CHECK(lines[1].method == "*");
}

TEST_CASE("routing: url_for() makes the path that leads to a route") {
  CHECK(url_for<"/">() == "/");
  CHECK(url_for<"/u/{id}">(7) == "/u/7");
  CHECK(url_for<"/orgs/{org}/v{n}.json">("a/b c", 2) == "/orgs/a%2Fb%20c/v2.json");
  CHECK(url_for<"/files/{*rest}">("a/b c.txt") == "/files/a/b%20c.txt");
  CHECK(url_for<"/{id}">(Uuid()) == "/00000000-0000-0000-0000-000000000000");
  Router<> router;
  router.get<"/u/{name}">([](Path<"name"> name) { return *name; });
  Asked app(router);
  CHECK(app.text(url_for<"/u/{name}">("50% of caf\xc3\xa9/tea")) == "50% of caf\xc3\xa9/tea");
}
