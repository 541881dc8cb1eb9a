#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/client/client.h>
#include <rondeau/testing/test_app.h>

#include "app.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// A server behind the gateway, in the same process.
{{ns}}::App in_front_of(Router<> upstream) {
  {{ns}}::App app = {{ns}}::test_app();
  app.upstream =
      std::make_shared<const ReverseProxy>(Client::in_process(upstream.build().value()), "http://upstream/v1");
  return app;
}

}  // namespace

TEST_CASE("proxy: path, query, fields and body arrive, and the answer comes back") {
  Router<> upstream;
  upstream.get<"/v1/target">([](Request request) { return std::string(request.target()); });
  upstream.post<"/v1/echo">([](Header<"x-mine", std::string> mine, std::string body) {
    return Response::text(std::move(body)).header("x-seen", *mine);
  });
  TestApp app({{ns}}::routes(in_front_of(std::move(upstream))));
  CHECK(app.get("/api/target?a=b&c").send().body() == "/v1/target?a=b&c");
  const auto answer =
      app.post("/api/echo").header("x-mine", "1").header("content-type", "text/plain").body("hello").send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(answer.body() == "hello");
  CHECK(answer.header("x-seen") == "1");
  CHECK(app.get("/api/nowhere").send().status() == StatusCode::NotFound);
}

TEST_CASE("proxy: nobody there is 502") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  CHECK(app.get("/api/x").send().status() == StatusCode::BadGateway);
}

TEST_CASE("proxy: where it leads has to be a URL") {
  CHECK(!{{ns}}::make_proxy("upstream:9000", 1s));
  CHECK({{ns}}::make_proxy("http://upstream:9000/v1", 1s));
}
