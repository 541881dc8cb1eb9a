#include <rondeau/middleware/spans.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/client/client.h>
#include <rondeau/middleware/request_id.h>
#include <rondeau/middleware/trace.h>
#include <rondeau/observe/span.h>
#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using middleware::Sampler;
using observe::SpanKind;
using observe::SpanRecord;

namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view kUnsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// Records for as long as it lives.
struct Recorded {
  struct Sink final : observe::SpanSink {
    void put(SpanRecord span) noexcept override {
      const std::lock_guard lock(mutex);
      spans.push_back(std::move(span));
    }
    std::mutex mutex;
    std::vector<SpanRecord> spans;
  };
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();

  Recorded() { observe::record_spans(sink); }
  ~Recorded() { observe::record_spans(nullptr); }
  std::vector<SpanRecord> take() {
    const std::lock_guard lock(sink->mutex);
    return std::exchange(sink->spans, {});
  }
  SpanRecord only() {
    auto all = take();
    REQUIRE(all.size() == 1);
    return all[0];
  }
};

std::string id(const SpanRecord::SpanId& bytes) {
  observe::TraceContext trace;
  trace.span_id = bytes;
  return observe::span_id_text(trace);
}

/// As text: "(none)" where it is not there.
std::string attribute(const SpanRecord& span, std::string_view key) {
  for (const auto& [name, value] : span.attributes) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return "(other)";
  }
  return "(none)";
}

Router<> spanned(Sampler sampler = {}) {
  Router<> router;
  router.get<"/books/{id}">([](Path<"id"> id) { return *id; });
  router.get<"/fails">([] { return problem(StatusCode::ServiceUnavailable, "not now"); });
  router.get<"/throws">([]() -> std::string { throw std::runtime_error("secret"); });
  router.get<"/waits">([]() -> Task<std::string> {
    co_await sleep_for(250ms);
    co_return observe::format_traceparent(Context::current().trace());
  });
  router.get<"/works">([]() -> Task<std::string> {
    co_return co_await observe::in_span("look up", []() -> Task<std::string> {
      co_return observe::format_traceparent(Context::current().trace());
    }());
  });
  router.get<"/long">([]() -> Task<std::string> {
    co_await sleep_for(1h);
    co_return "late";
  });
  router.layer(middleware::Trace{});
  router.layer(middleware::Spans{sampler});
  router.layer(middleware::RequestIds{});
  return router;
}

}  // namespace

TEST_CASE("spans: a request is a span of its caller's trace, below the caller's span") {
  Recorded recorded;
  TestApp app(spanned());
  app.get("/books/7?token=secret").header("traceparent", kParent).header("tracestate", "vendor=a").header("user-agent", "curl").send();
  const SpanRecord span = recorded.only();
  CHECK(span.name == "GET /books/{id}");
  CHECK(span.kind == SpanKind::Server);
  CHECK(observe::trace_id_text(span.trace) == "0af7651916cd43dd8448eb211c80319c");
  CHECK(id(span.parent) == "b7ad6b7169203331");
  CHECK(id(span.trace.span_id) != "b7ad6b7169203331");
  CHECK(span.tracestate == "vendor=a");
  CHECK(attribute(span, "http.request.method") == "GET");
  CHECK(attribute(span, "http.route") == "/books/{id}");
  CHECK(attribute(span, "url.path") == "/books/7");
  CHECK(attribute(span, "url.scheme") == "http");
  CHECK(attribute(span, "user_agent.original") == "curl");
  CHECK(attribute(span, "http.response.status_code") == "200");
  CHECK(attribute(span, "http.request.id").size() == 36);
  CHECK_FALSE(span.failed);
  for (const auto& [key, value] : span.attributes) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr) CHECK(text->find("secret") == std::string::npos);
  }
}

TEST_CASE("spans: what the handler does is below its span, and time is what it took") {
  Recorded recorded;
  TestApp app(spanned());
  const std::string seen = app.get("/waits").send().body();
  const SpanRecord span = recorded.only();
  CHECK(seen == observe::format_traceparent(span.trace));
  CHECK(id(span.parent) == "0000000000000000");
  CHECK(span.ended - span.began == std::chrono::nanoseconds(250ms).count());

  const std::string inner = app.get("/works").send().body();
  const auto spans = recorded.take();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == "look up");
  CHECK(spans[0].kind == SpanKind::Internal);
  CHECK(spans[0].parent == spans[1].trace.span_id);
  CHECK(inner == observe::format_traceparent(spans[0].trace));
}

TEST_CASE("spans: a 5xx, an exception and a client that leaves are failures; a 404 is none") {
  Recorded recorded;
  TestApp app(spanned());
  app.get("/fails").send();
  SpanRecord span = recorded.only();
  CHECK(span.failed);
  CHECK(attribute(span, "error.type") == "503");

  app.get("/throws").send();
  span = recorded.only();
  CHECK(attribute(span, "http.response.status_code") == "500");
  CHECK(span.failed);
  CHECK(span.why.find("secret") == std::string::npos);

  app.get("/nothing/here").send();
  span = recorded.only();
  CHECK(span.name == "GET");
  CHECK(attribute(span, "http.route") == "(none)");
  CHECK(attribute(span, "http.response.status_code") == "404");
  CHECK_FALSE(span.failed);

  static_cast<void>(app.wire("BREW /books/1 HTTP/1.1\r\nHost: a\r\n\r\n"));
  for (const SpanRecord& each : recorded.take()) CHECK(attribute(each, "http.request.method") == "_OTHER");

  static_cast<void>(app.wire("GET /long HTTP/1.1\r\nHost: a\r\n\r\n"));
  app.advance(2s);
  span = recorded.only();
  CHECK(attribute(span, "error.type") == "cancelled");
  CHECK(span.failed);
}

TEST_CASE("spans: the sampler decides, and what is called is told so") {
  struct Case {
    Sampler sampler;
    std::string_view caller;  // empty: none
    bool sampled;
  };
  for (const Case& row : {
           Case{{}, "", true},
           Case{{}, kParent, true},
           Case{{}, kUnsampled, false},
           Case{{.follows_parent = true, .share = 0}, "", false},
           Case{{.follows_parent = true, .share = 0}, kParent, true},
           Case{{.follows_parent = false, .share = 1}, kUnsampled, true},
           Case{{.follows_parent = false, .share = 0}, kParent, false},
       }) {
    CAPTURE(row.caller);
    CAPTURE(row.sampler.share);
    Recorded recorded;
    TestApp app(spanned(row.sampler));
    auto request = app.get("/waits");
    if (!row.caller.empty()) request.header("traceparent", row.caller);
    const std::string told = request.send().body();
    CHECK(((told.back() - '0') & 1) == (row.sampled ? 1 : 0));
    CHECK(recorded.take().size() == (row.sampled ? 1 : 0));
  }
}

TEST_CASE("spans: a share is chosen by the trace's id, the same everywhere") {
  Recorded recorded;
  TestApp app(spanned({.follows_parent = false, .share = 0.25}));
  for (int i = 0; i < 400; ++i) app.get("/books/1").send();
  const auto spans = recorded.take();
  CHECK(spans.size() > 50);
  CHECK(spans.size() < 150);
  for (const SpanRecord& span : spans) CHECK(std::to_integer<int>(span.trace.trace_id[9]) < 64);
}

TEST_CASE("spans: without a recorder, and without the layer Trace, there are none") {
  TestApp app(spanned());
  CHECK_FALSE(observe::spans_are_recorded());
  CHECK(app.get("/works").send().status() == StatusCode::Ok);
  Recorded recorded;
  Router<> bare;
  bare.get<"/">([] { return "x"; });
  bare.layer(middleware::Spans{});
  TestApp untraced(bare);
  untraced.get("/").send();
  CHECK(recorded.take().empty());
}

TEST_CASE("spans: a client's call is a span of its own, whose id the other side is told") {
  Recorded recorded;
  const auto asked = std::make_shared<std::vector<std::string>>();
  const Client other = Client::mock([asked](Request request) -> Task<Result<Response>> {
    asked->emplace_back(request.header("traceparent").value_or(""));
    if (request.path() == "/broken") co_return Error(Errc::ConnectionRefused, "nobody listens");
    co_return request.path() == "/none" ? Response(StatusCode::NotFound) : Response::text("fine");
  });
  Router<> router;
  router.get<"/call/{what}">([other](Path<"what"> what) -> Task<std::string> {
    auto answer = co_await other.get("http://books.example:8080/" + *what + "?key=secret").send();
    co_return answer ? std::to_string(http::code(answer->status())) : "failed";
  });
  router.layer(middleware::Trace{});
  router.layer(middleware::Spans{});
  TestApp app(router);

  CHECK(app.get("/call/x").header("traceparent", kParent).send().body() == "200");
  auto spans = recorded.take();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == "GET");
  CHECK(spans[0].kind == SpanKind::Client);
  CHECK(spans[0].parent == spans[1].trace.span_id);
  CHECK(asked->back() == observe::format_traceparent(spans[0].trace));
  CHECK(attribute(spans[0], "server.address") == "books.example");
  CHECK(attribute(spans[0], "server.port") == "8080");
  CHECK(attribute(spans[0], "http.response.status_code") == "200");
  CHECK(attribute(spans[0], "url.full").find("secret") == std::string::npos);
  CHECK_FALSE(spans[0].failed);

  app.get("/call/none").send();
  spans = recorded.take();
  CHECK(spans[0].failed);
  CHECK(attribute(spans[0], "error.type") == "404");
  CHECK_FALSE(spans[1].failed);

  CHECK(app.get("/call/broken").send().body() == "failed");
  spans = recorded.take();
  CHECK(spans[0].failed);
  CHECK(attribute(spans[0], "error.type") != "(none)");

  // Not sampled: no span, and the other side is told so.
  app.get("/call/x").header("traceparent", kUnsampled).send();
  CHECK(recorded.take().empty());
  CHECK(asked->back().ends_with("-00"));
}
