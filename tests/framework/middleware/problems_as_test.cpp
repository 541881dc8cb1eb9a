#include <rondeau/middleware/problems_as.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Wrong {
  std::vector<std::string> errors;
};
struct Order {
  int count = 0;
};

Wrong wrong(const Problem& problem) {
  Wrong out;
  for (const auto& field : problem.errors()) out.errors.push_back(field.pointer + " " + field.code);
  if (out.errors.empty()) out.errors.push_back(problem.detail().empty() ? "none" : problem.detail());
  return out;
}

Router<> api() {
  Router<> router;
  router.post<"/orders">([](Json<Order> order) { return std::to_string(order->count); });
  router.get<"/page/{n}">([](Path<"n", int> n) { return std::to_string(*n); });
  router.get<"/own">([]() -> Result<std::string, Problem> {
    return problem(StatusCode::Conflict, "taken").header(http::HeaderName::RetryAfter, "7");
  });
  router.get<"/thrown">([]() -> std::string { throw std::runtime_error("the disk is full"); })
      .also(StatusCode::InternalServerError);
  router.get<"/failed">([]() -> Result<std::string, Problem> {
    return problem(StatusCode::ServiceUnavailable, "the database said no").with("secret", 1);
  });
  router.get<"/slow">([]() -> Task<std::string> {
    co_await sleep_for(1h);
    co_return "late";
  });
  router.layer(middleware::HandlerTimeout{1s});
  router.layer(middleware::Catch{[](const Request&, std::string_view) {}});
  router.layer(ProblemsAs<Wrong>(wrong).instead_of(StatusCode::BadRequest, StatusCode::UnprocessableContent));
  return router;
}

}  // namespace

TEST_CASE("middleware: every problem of a router has the form that the router says") {
  Router<> router;
  router.nest<"/api">(api());
  router.get<"/plain">([](QueryParam<"n", int> n) { return std::to_string(*n); });
  TestApp app(router, testing::TestOptions{.contract = Contract::of(router)});
  struct Case {
    Method method;
    std::string target;
    std::string body;
    unsigned status;
    std::string answer;
  };
  for (const Case& row : {
           Case{Method::Post, "/api/orders", R"({"count":2})", 200, "2"},
           Case{Method::Post, "/api/orders", R"({"count":"x"})", 422, R"({"errors":["/count type"]})"},
           Case{Method::Post, "/api/orders", R"({"count":)", 422, R"({"errors":[" syntax"]})"},
           Case{Method::Get, "/api/page/x", "", 422, R"({"errors":["n type"]})"},
           Case{Method::Get, "/api/own", "", 409, R"({"errors":["taken"]})"},
           Case{Method::Get, "/api/none", "", 404, R"({"errors":["none"]})"},
           Case{Method::Put, "/api/own", "", 405, R"({"errors":["none"]})"},
           Case{Method::Get, "/api/thrown", "", 500, R"({"errors":["none"]})"},
           Case{Method::Get, "/api/failed", "", 503, R"({"errors":["none"]})"},
           Case{Method::Get, "/api/slow", "", 503, R"({"errors":["none"]})"},
       }) {
    CAPTURE(row.target);
    CAPTURE(row.body);
    auto request = app.request(row.method, row.target);
    // Nobody is asked what he would rather have.
    if (!row.body.empty()) request.header("content-type", "application/json").body(row.body);
    const auto answer = request.header("accept", "text/html").send();
    CHECK(http::code(answer.status()) == row.status);
    CHECK(answer.body() == row.answer);
    if (row.status != 200) CHECK(answer.header("content-type") == "application/json");
  }
  CHECK(app.get("/api/own").send().header("retry-after") == "7");
  CHECK(app.put("/api/own").send().header("allow") == "GET, HEAD, OPTIONS");
  CHECK(app.get("/plain?n=x").send().header("content-type") == "application/problem+json");
  CHECK(app.get("/none").send().header("content-type") == "application/problem+json");
}

TEST_CASE("middleware: documents tell the form and the statuses that problems really have") {
  Router<> router;
  router.nest<"/api">(api());
  const auto operations = router.build().value()->operations();
  const auto orders = std::ranges::find(operations, "/api/orders", &schema::Operation::path);
  REQUIRE(orders != operations.end());
  std::size_t unprocessable = 0;
  for (const auto& response : orders->responses) {
    CHECK(response.status != StatusCode::BadRequest);
    for (const auto& content : response.content) CHECK(content.type != "application/problem+json");
    if (response.status != StatusCode::UnprocessableContent) continue;
    ++unprocessable;
    REQUIRE(response.content.size() == 1);
    CHECK(response.content[0].type == "application/json");
    CHECK(response.content[0].forms.size() == 1);
  }
  CHECK(unprocessable == 1);
}
