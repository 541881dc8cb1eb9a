#include <rondeau/rondeau.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/extract/deadline.h>
#include <rondeau/middleware/concurrency_limit.h>
#include <rondeau/middleware/deadlines.h>
#include <rondeau/task/context.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

Router<> router_with_deadlines(int& runs) {
  Router<> router;
  router.get<"/left">([&runs](std::optional<Deadline> deadline) {
    ++runs;
    return deadline ? std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(deadline->remaining()).count())
                    : std::string("none");
  });
  router.get<"/context">([]() -> Task<std::string> {
    const std::optional<Instant> deadline = Context::current().deadline();
    co_return deadline ? std::to_string((*deadline - Instant::now()).count() / 1'000'000) : "none";
  });
  router.get<"/sleep">([&runs]() -> Task<std::string> {
    ++runs;
    co_await sleep_for(1s);
    co_return "slept";
  });
  router.post<"/echo">([](std::string body) { return body; });
  router.get<"/turn">([]() -> Task<std::string> {
    co_await sleep_for(10s);
    co_return "x";
  }).layer(ConcurrencyLimit({.limit = 1, .max_wait = 1min}));
  router.layer(Deadlines{});
  return router;
}

}  // namespace

TEST_CASE("deadlines: the client's time is read from either field, the shorter one counts, and what is no time is a 400") {
  int runs = 0;
  TestApp app(router_with_deadlines(runs));
  struct Case {
    std::string_view milliseconds;
    std::string_view grpc;
    unsigned status;
    std::string_view left;
  };
  const Case table[] = {
      {"", "", 200, "none"},
      {"250", "", 200, "250000"},
      {"00250", "", 200, "250000"},
      {"99999999", "", 200, "99999999000"},
      {"", "2S", 200, "2000000"},
      {"", "3m", 200, "3000"},
      {"", "4M", 200, "240000000"},
      {"", "1H", 200, "3600000000"},
      {"", "70u", 200, "70"},
      {"", "9000n", 200, "9"},
      {"500", "1S", 200, "500000"},
      {"5000", "1S", 200, "1000000"},
      {"0", "", 504, ""},
      {"", "0n", 504, ""},
      {"5000", "0m", 504, ""},
      {"-1", "", 400, ""},
      {"+1", "", 400, ""},
      {"1.5", "", 400, ""},
      {"250ms", "", 400, ""},
      {"123456789", "", 400, ""},
      {"250, 250", "", 400, ""},
      {"", "S", 400, ""},
      {"", "1", 400, ""},
      {"", "1s", 400, ""},
      {"", "1 S", 400, ""},
      {"", "123456789S", 400, ""},
      {"250", "x", 400, ""},
  };
  for (const Case& row : table) {
    CAPTURE(row.milliseconds);
    CAPTURE(row.grpc);
    runs = 0;
    auto request = app.get("/left");
    if (!row.milliseconds.empty()) request.header("x-request-timeout-ms", row.milliseconds);
    if (!row.grpc.empty()) request.header("grpc-timeout", row.grpc);
    const auto answer = request.send();
    CHECK(http::code(answer.status()) == row.status);
    CHECK(runs == (row.status == 200 ? 1 : 0));
    if (row.status == 200) CHECK(answer.body() == row.left);
  }
  const auto twice = app.get("/left").header("x-request-timeout-ms", "1").header("x-request-timeout-ms", "1").send();
  CHECK(twice.status() == StatusCode::BadRequest);
  CHECK(twice.body().find("x-request-timeout-ms") != std::string::npos);
}

TEST_CASE("deadlines: the handler runs under it, and is cancelled when it is over") {
  int runs = 0;
  TestApp app(router_with_deadlines(runs));
  CHECK(app.get("/context").header("x-request-timeout-ms", "700").send().body() == "700");
  CHECK(app.get("/context").send().body() == "none");
  const Instant before = app.now();
  const auto late = app.get("/sleep").header("x-request-timeout-ms", "700").send();
  CHECK(late.status() == StatusCode::GatewayTimeout);
  CHECK(late.body().find("used up in the handler") != std::string::npos);
  CHECK(app.now() - before < 1s);
  CHECK(runs == 1);
  CHECK(app.get("/sleep").header("x-request-timeout-ms", "1001").send().body() == "slept");
}

TEST_CASE("deadlines: the answer says what used up the time") {
  int runs = 0;
  TestApp app(router_with_deadlines(runs));
  const auto over = app.get("/left").header("x-request-timeout-ms", "0").send();
  CHECK(over.body().find("used up before it came here") != std::string::npos);

  auto half = app.connect();
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: 100\r\nContent-Length: 10\r\n\r\nhalf");
  app.advance(200ms);
  const std::string unread = half.received();
  CHECK(unread.starts_with("HTTP/1.1 504"));
  CHECK(unread.find("used up while the body was read") != std::string::npos);

  auto first = app.connect();
  first.send("GET /turn HTTP/1.1\r\nHost: a\r\n\r\n");
  app.settle();
  const auto waited = app.get("/turn").header("x-request-timeout-ms", "100").send();
  CHECK(waited.status() == StatusCode::GatewayTimeout);
  CHECK(waited.body().find("used up waiting for its turn") != std::string::npos);
  app.advance(10s);
  CHECK(first.received().starts_with("HTTP/1.1 200"));
}

TEST_CASE("deadlines: a time that the server is under is only shortened") {
  int runs = 0;
  Router<> router = router_with_deadlines(runs);
  router.layer<Slot::Admission>([](Request request, Next next) -> Task<Response> {
    auto rest = [](Request inner, Next go) -> Task<Response> { co_return co_await go(std::move(inner)); };
    auto answer = co_await rondeau::timeout(500ms, rest(std::move(request), std::move(next)));
    if (!answer) co_return Response(StatusCode::ServiceUnavailable);
    co_return *std::move(answer);
  });
  TestApp app(router);
  CHECK(app.get("/context").header("x-request-timeout-ms", "9000").send().body() == "500");
  CHECK(app.get("/context").header("x-request-timeout-ms", "90").send().body() == "90");
  CHECK(app.get("/left").send().body() == "500000");
}
