#include <rondeau/rondeau.h>

#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/extract/trace.h>
#include <rondeau/middleware/trace.h>
#include <rondeau/observe/trace.h>
#include <rondeau/task/context.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;

namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string current() {
  return observe::format_traceparent(Context::current().trace());
}

Router<> traced(middleware::Trace trace = {}) {
  Router<> router;
  router.get<"/taken">([](TraceContext own) { return observe::format_traceparent(own); });
  router.get<"/at-once">([](TraceContext own) { return own == Context::current().trace() ? current() : "differs"; });
  router.get<"/waits">([](TraceContext own) -> Task<std::string> {
    co_await yield_now();
    co_return own == Context::current().trace() ? current() : "differs";
  });
  router.get<"/spawns">([]() -> Task<std::string> { co_return *co_await spawn([]() -> Task<std::string> { co_return current(); }); });
  router.get<"/state">([](std::optional<TraceState> state) { return state ? **state : std::string("none"); });
  router.layer(trace);
  return router;
}

}  // namespace

TEST_CASE("trace: a request goes on with the trace it came with, in a span of its own, whatever the handler does") {
  TestApp app(traced());
  std::string before(kParent);
  for (const std::string_view path : {"/taken", "/at-once", "/waits", "/spawns"}) {
    CAPTURE(path);
    const auto answer = app.get(path).header("traceparent", kParent).send();
    const auto trace = observe::parse_traceparent(answer.body());
    REQUIRE(trace.has_value());
    CHECK(answer.body().substr(0, 36) == kParent.substr(0, 36));
    CHECK(answer.body().ends_with("-01"));
    CHECK(answer.body() != before);
    before = answer.body();
    CHECK_FALSE(answer.header("traceparent").has_value());
  }
}

TEST_CASE("trace: what is no traceparent begins a new trace, and its state is not taken over") {
  TestApp app(traced());
  std::string before;
  for (const std::string_view bad : {"", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", "x"}) {
    CAPTURE(bad);
    auto request = app.get("/taken");
    if (!bad.empty()) request.header("traceparent", bad);
    const std::string made = request.send().body();
    CHECK(observe::parse_traceparent(made).has_value());
    CHECK(made != before);
    CHECK(made.find("0af7651916cd43dd") == std::string::npos);
    before = made;
    CHECK(app.get("/state").header("traceparent", bad).header("tracestate", "a=1").send().body() == "none");
  }
  const auto twice = app.get("/taken").header("traceparent", kParent).header("traceparent", kParent).send();
  CHECK(twice.body().find("0af7651916cd43dd") == std::string::npos);
}

TEST_CASE("trace: a state that is well formed is kept, of several lines as one list") {
  TestApp app(traced());
  const auto ask = [&] { return std::move(app.get("/state").header("traceparent", kParent)); };
  CHECK(ask().header("tracestate", "a=1,b=2").send().body() == "a=1,b=2");
  CHECK(ask().header("tracestate", "a=1").header("tracestate", "b=2").send().body() == "a=1,b=2");
  CHECK(ask().header("tracestate", "no state").send().body() == "none");
  CHECK(ask().send().body() == "none");
}

TEST_CASE("trace: strangers may be kept from choosing the ids; without the layer there is no trace") {
  TestApp app(traced({.incoming = middleware::Trace::Incoming::Ignore, .sample_new = false}));
  const std::string made = app.get("/taken").header("traceparent", kParent).send().body();
  CHECK(made.find("0af7651916cd43dd") == std::string::npos);
  CHECK(made.ends_with("-02"));  // random, and not sampled
  Router<> bare;
  bare.get<"/">([](std::optional<TraceContext> trace) { return trace ? "some" : "none"; });
  CHECK(TestApp(bare).get("/").send().body() == "none");
}
