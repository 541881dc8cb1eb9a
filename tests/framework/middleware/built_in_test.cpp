#include <rondeau/rondeau.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/middleware/append_header.h>
#include <rondeau/middleware/normalize_path.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/time/sleep.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

std::string logged;

void log_exception(const Request& request, std::string_view what) {
  logged = std::string(request.request_id()) + ": " + std::string(what);
}

Router<> throwing_router() {
  Router<> router;
  router.get<"/plain">([]() -> std::string { throw std::runtime_error("secret of plain"); });
  router.get<"/task">([]() -> Task<std::string> {
    throw std::runtime_error("secret of task");
    co_return "";
  });
  router.get<"/number">([]() -> std::string { throw 7; });
  router.get<"/layer">([] { return "x"; }).layer([](Request, Next) -> Task<Response> {
    throw std::runtime_error("secret of layer");
    co_return Response();
  });
  router.layer(middleware::Catch{&log_exception});
  router.layer(middleware::RequestIds{});
  return router;
}

/// Counts what it holds alive.
struct Alive {
  explicit Alive(int& value) : count(&value) { ++*count; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --*count; }
  int* count;
};

}  // namespace

TEST_CASE("middleware: an escaped exception is a 500 that says nothing but the request's id") {
  Asked app(throwing_router());
  struct Case {
    std::string_view path;
    std::string_view logged;
  };
  for (const Case& row :
       {Case{"/plain", "r-1: secret of plain"}, Case{"/task", "r-1: secret of task"},
        Case{"/number", "r-1: an exception of unknown type"}, Case{"/layer", "r-1: secret of layer"}}) {
    CAPTURE(row.path);
    logged.clear();
    const Response answer = app.get(row.path, {{"x-request-id", "r-1"}});
    CHECK(status(answer) == 500);
    CHECK(logged == row.logged);
    CHECK(body(answer).find("secret") == std::string::npos);
    CHECK(body(answer).find(R"("request_id":"r-1")") != std::string::npos);
    CHECK(field(answer, "x-request-id") == "r-1");  // a layer outside of Catch saw the answer
  }
}

TEST_CASE("middleware: without Catch an exception comes out of the dispatcher") {
  Router<> router;
  router.get<"/">([]() -> std::string { throw std::runtime_error("out"); });
  router.without(Slot::Catch);
  const auto dispatcher = router.build().value();
  Request request = support::make_request(Method::Get, "/");
  CHECK_THROWS_AS(static_cast<void>(dispatcher->handle(Request(request.block()))), std::runtime_error);
}

TEST_CASE("middleware: a request id of the peer is taken when it is harmless, else a UUID of version 7 is made") {
  Router<> router;
  router.get<"/">([](RequestId id) { return *id; });
  router.layer(middleware::RequestIds{});
  Asked app(router);
  const Response taken = app.get("/", {{"x-request-id", "abc-DEF_1.2"}});
  CHECK(body(taken) == "abc-DEF_1.2");
  CHECK(field(taken, "x-request-id") == "abc-DEF_1.2");
  for (const std::string& bad : {std::string("a b"), std::string(129, 'a'), std::string("<x>"), std::string()}) {
    CAPTURE(bad);
    const Response made = app.get("/", {{"x-request-id", bad}});
    const auto id = Uuid::parse(body(made));
    REQUIRE(id.has_value());
    CHECK(id->version() == 7);
    CHECK(field(made, "x-request-id") == body(made));
  }
  CHECK(app.text("/") != app.text("/"));
  CHECK(middleware::is_acceptable_request_id(std::string(128, 'a')));
}

TEST_CASE("middleware: SetHeader replaces, or fills in") {
  using When = middleware::SetHeader::When;
  Router<> router;
  router.get<"/">([] { return Response::text("x").header("x-a", "handler").header("x-b", "handler"); });
  router.layer(middleware::SetHeader{"x-a", "layer"});
  router.layer(middleware::SetHeader{"x-b", "layer", When::IfAbsent});
  router.layer(middleware::SetHeader{"x-c", "layer", When::IfAbsent});
  Asked app(router);
  const Response answer = app.get("/");
  CHECK(field(answer, "x-a") == "layer");
  CHECK(field(answer, "x-b") == "handler");
  CHECK(field(answer, "x-c") == "layer");
}

TEST_CASE("middleware: a handler that takes too long is cancelled and answered by 503") {
  int alive = 0;
  Router<> router;
  router.get<"/slow">([&alive]() -> Task<std::string> {
    const Alive here(alive);
    co_await time::sleep_for(std::chrono::hours(1));
    co_return "late";
  });
  router.get<"/fast">([]() -> Task<std::string> { co_return "fast"; });
  router.get<"/plain">([] { return "plain"; });
  router.layer(middleware::HandlerTimeout{std::chrono::milliseconds(5)});
  Asked app(router);
  const Response answer = app.get("/slow");
  CHECK(status(answer) == 503);
  CHECK(alive == 0);
  CHECK(app.text("/fast") == "fast");
  CHECK(app.text("/plain") == "plain");
}

TEST_CASE("middleware: AppendHeader stands behind what an answer has, and cannot break out of its line") {
  Router<> router;
  router.get<"/">([] { return Response::text("x").header("x-part", "one"); });
  router.layer(middleware::AppendHeader{"x-part", "two"});
  Asked app(router);
  const Response answer = app.get("/");
  CHECK(answer.headers().count("x-part") == 2);
  CHECK(field(answer, "x-part") == "one");
  Router<> bad;
  bad.get<"/">([] { return "x"; });
  bad.layer(middleware::AppendHeader{"x-part", "two\r\nx-three: 3"});
  CHECK(Asked(bad).get("/").fault().code() == Errc::InvalidArgument);
}

TEST_CASE("middleware: NormalizePath sends a path with empty segments to the one without") {
  Router<> router;
  router.get<"/a/b">([] { return "b"; });
  router.get<"/files/{*rest}">([] { return "file"; });
  router.layer(middleware::NormalizePath{});
  Asked app(router);
  CHECK(app.text("/a/b") == "b");
  const Response answer = app.get("//a///b?x=//y");
  CHECK(status(answer) == 308);
  CHECK(field(answer, "location") == "/a/b?x=//y");
  CHECK(field(app.get("///evil.example//"), "location") == "/evil.example/");
  CHECK(app.text("/files/a//b") == "file");
  CHECK(status(app.get("/none")) == 404);
}
