#include <rondeau/rondeau.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/middleware/metrics.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Measured {
  std::shared_ptr<observe::Registry> registry = std::make_shared<observe::Registry>();
  Router<> router;

  Measured() {
    router.get<"/u/{id}">([](Path<"id", int> id) { return std::to_string(*id); });
    router.post<"/echo">([](std::string body) { return body; });
    router.get<"/sleep">([]() -> Task<std::string> {
      co_await sleep_for(2s);
      co_return "slept";
    });
    router.get<"/throws">([]() -> std::string { throw std::runtime_error("out"); });
    router.get<"/metrics">(middleware::prometheus(registry));
    router.layer(Metrics(registry));
    router.layer(middleware::Catch{[](const Request&, std::string_view) {}});
  }
  bool has(std::string_view line) const { return registry->render().find(std::string(line) + "\n") != std::string::npos; }
};

}  // namespace

TEST_CASE("metrics: requests are counted and timed by method, route and status, never by path") {
  Measured measured;
  TestApp app(measured.router);
  for (int i = 0; i < 3; ++i) app.get("/u/" + std::to_string(i)).send();
  app.get("/u/x").send();
  app.get("/none/1").send();
  app.get("/none/2").send();
  app.del("/echo").send();
  app.request(Method::Propfind, "/none").send();
  app.get("/sleep").send();
  app.get("/throws").send();
  const std::string_view name = "http_server_request_duration_seconds_count";
  const auto counted = [&](std::string_view labels, int count) {
    return measured.has(std::string(name) + "{" + std::string(labels) + "} " + std::to_string(count));
  };
  CHECK(counted(R"(http_request_method="GET",http_route="/u/{id}",http_response_status_code="200")", 3));
  CHECK(counted(R"(http_request_method="GET",http_route="/u/{id}",http_response_status_code="400")", 1));
  CHECK(counted(R"(http_request_method="GET",http_route="unmatched",http_response_status_code="404")", 2));
  CHECK(counted(R"(http_request_method="DELETE",http_route="/echo",http_response_status_code="405")", 1));
  CHECK(counted(R"(http_request_method="_OTHER",http_route="unmatched",http_response_status_code="404")", 1));
  CHECK(counted(R"(http_request_method="GET",http_route="/throws",http_response_status_code="500",error_type="500")", 1));
  CHECK(measured.has(R"(http_server_request_duration_seconds_sum{http_request_method="GET",http_route="/sleep",http_response_status_code="200"} 2)"));
  CHECK(measured.has(R"(http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/sleep",http_response_status_code="200",le="1"} 0)"));
  CHECK(measured.has(R"(http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/sleep",http_response_status_code="200",le="2.5"} 1)"));
}

TEST_CASE("metrics: sizes of bodies are told where they are known") {
  Measured measured;
  TestApp app(measured.router);
  app.post("/echo").body(std::string(500, 'x')).send();
  for (const std::string_view which : {"request", "response"}) {
    const std::string name = "http_server_" + std::string(which) + "_body_size_bytes";
    CHECK(measured.has(name + R"(_sum{http_request_method="POST",http_route="/echo"} 500)"));
    CHECK(measured.has(name + R"(_bucket{http_request_method="POST",http_route="/echo",le="100"} 0)"));
    CHECK(measured.has(name + R"(_bucket{http_request_method="POST",http_route="/echo",le="1000"} 1)"));
  }
  app.head("/u/1").send();
  CHECK(measured.registry->render().find(R"(response_body_size_bytes_sum{http_request_method="HEAD")") == std::string::npos);
}

TEST_CASE("metrics: a request is active until its answer, or until its client left") {
  Measured measured;
  TestApp app(measured.router);
  const auto active = [&](int count) {
    return measured.has(R"(http_server_active_requests{http_request_method="GET",http_route="/sleep"} )" + std::to_string(count));
  };
  {
    auto first = app.connect();
    auto second = app.connect();
    for (auto* wire : {&first, &second}) wire->send("GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n");
    app.settle();
    CHECK(active(2));
  }
  app.settle();
  CHECK(active(0));
  CHECK(measured.has(R"(http_server_request_duration_seconds_count{http_request_method="GET",http_route="/sleep",error_type="cancelled"} 2)"));
  app.get("/sleep").send();
  CHECK(active(0));
}

TEST_CASE("metrics: the page is of the type that Prometheus reads") {
  Measured measured;
  TestApp app(measured.router);
  app.get("/u/1").send();
  const auto page = app.get("/metrics").send();
  CHECK(page.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(page.body().find("# TYPE http_server_request_duration_seconds histogram\n") != std::string::npos);
  CHECK(page.body().find(R"(http_server_active_requests{http_request_method="GET",http_route="/metrics"} 1)") != std::string::npos);
}
