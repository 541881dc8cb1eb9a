#include "otlp/exporter.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using otlp::Exporter;
using otlp::ExporterOptions;

namespace {

observe::SpanRecord span() {
  observe::SpanRecord record;
  record.trace = *observe::parse_traceparent("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01");
  record.name = "work";
  return record;
}

/// Keeps what it is sent, and answers what it is told to.
struct Collector {
  struct Asked {
    Duration at;  ///< since the collector was there
    std::size_t spans;
    std::string path;
    std::string tenant;
    std::string content_type;
  };
  std::function<Task<Result<Response>>(std::size_t attempt)> answer = [](std::size_t) -> Task<Result<Response>> {
    co_return Response::json_text("{}");
  };
  std::vector<Asked> asked;
  Instant began = Instant::now();

  static std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) ++found;
    return found;
  }
  static Task<Result<Response>> take(std::shared_ptr<Collector> self, Request request) {
    RONDEAU_TRY_VOID(co_await request.body().buffer(16 * 1024 * 1024));
    self->asked.push_back({self->began.elapsed(), count(request.body().buffered(), "\"spanId\""),
                           std::string(request.path()), std::string(request.header("x-tenant").value_or("")),
                           std::string(request.header("content-type").value_or(""))});
    co_return co_await self->answer(self->asked.size());
  }
};

Result<Response> status(unsigned code, std::string_view retry_after = {}) {
  Response response(static_cast<StatusCode>(code));
  if (!retry_after.empty()) response.header("retry-after", retry_after);
  return response;
}

struct Exporting {
  std::shared_ptr<Collector> collector = std::make_shared<Collector>();
  std::shared_ptr<Exporter> exporter;
  std::optional<JoinHandle<void>> running;

  Exporting() {
    ExporterOptions options{.url = "http://collector:4318/v1/traces"};
    REQUIRE(options.headers.set("x-tenant", "shop").has_value());
    exporter = std::make_shared<Exporter>(
        options, Client::mock([collector = collector](Request request) { return Collector::take(collector, std::move(request)); }));
    running = spawn(Exporter::run(exporter));
  }
  void put(int spans) const {
    for (int i = 0; i < spans; ++i) exporter->put(span());
  }
  Task<void> finish(Duration at_most = 2s) { co_await Exporter::finish(exporter, *std::move(running), at_most); }
};

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

}  // namespace

TEST_CASE("otlp: what waits is sent after five seconds, as JSON to the URL, with the fields") {
  run([]() -> Task<void> {
    Exporting to;
    to.put(3);
    co_await sleep_for(4900ms);
    CHECK(to.collector->asked.empty());
    co_await sleep_for(200ms);
    REQUIRE(to.collector->asked.size() == 1);
    CHECK(to.collector->asked[0].spans == 3);
    CHECK(to.collector->asked[0].path == "/v1/traces");
    CHECK(to.collector->asked[0].tenant == "shop");
    CHECK(to.collector->asked[0].content_type == "application/json");
    CHECK(to.exporter->exported() == 3);
    co_await sleep_for(60s);
    CHECK(to.collector->asked.size() == 1);  // of nothing nothing is sent
    co_await to.finish();
  });
}

TEST_CASE("otlp: a batch that is full is sent at once") {
  run([]() -> Task<void> {
    Exporting to;
    co_await sleep_for(1s);
    to.put(1100);
    co_await sleep_for(100ms);
    REQUIRE(to.collector->asked.size() == 2);
    CHECK(to.collector->asked[0].spans == 512);
    CHECK(to.collector->asked[1].spans == 512);
    co_await to.finish();
    CHECK(to.collector->asked.back().spans == 76);
    CHECK(to.exporter->exported() == 1100);
    CHECK(to.exporter->dropped() == 0);
  });
}

TEST_CASE("otlp: a collector that answers 503 twice gets the batch a third time, when it said") {
  run([]() -> Task<void> {
    Exporting to;
    to.collector->answer = [](std::size_t attempt) -> Task<Result<Response>> {
      co_return attempt == 1 ? status(503, "7") : attempt == 2 ? status(429) : status(200);
    };
    to.put(2);
    co_await sleep_for(30s);
    REQUIRE(to.collector->asked.size() == 3);
    CHECK(to.collector->asked[1].at - to.collector->asked[0].at == 7s);
    CHECK(to.collector->asked[2].at - to.collector->asked[1].at == 2s);  // the second back-off
    for (const auto& asked : to.collector->asked) CHECK(asked.spans == 2);
    CHECK(to.exporter->exported() == 2);
    CHECK(to.exporter->dropped() == 0);
    co_await to.finish();
  });
}

TEST_CASE("otlp: what a collector refuses is not sent again, and is counted") {
  run([]() -> Task<void> {
    Exporting to;
    to.collector->answer = [](std::size_t) -> Task<Result<Response>> { co_return status(400); };
    to.put(2);
    co_await sleep_for(60s);
    CHECK(to.collector->asked.size() == 1);
    CHECK(to.exporter->dropped() == 2);
    co_await to.finish();
  });
}

TEST_CASE("otlp: a collector that hangs holds up nobody, and memory stays bounded") {
  run([]() -> Task<void> {
    Exporting to;
    to.collector->answer = [](std::size_t) -> Task<Result<Response>> {
      co_await sleep_for(24h);
      co_return status(200);
    };
    to.put(512);
    co_await sleep_for(1s);
    CHECK(to.collector->asked.size() == 1);
    to.put(5000);
    CHECK(to.exporter->dropped() == 5000 - 2048);
    // Five attempts of ten seconds, and 1, 2, 4 and 8 s between them.
    co_await sleep_for(65s);
    CHECK(to.exporter->dropped() == 5000 - 2048 + 512);
    CHECK(to.collector->asked.size() == 6);
    const Instant begun = Instant::now();
    co_await to.finish();
    CHECK(begun.elapsed() == 2s);
    CHECK(to.exporter->exported() == 0);
    CHECK(to.exporter->dropped() == 5512);
  });
}

TEST_CASE("otlp: a collector that dies is tried again, and when it is back spans arrive") {
  run([]() -> Task<void> {
    Exporting to;
    bool there = false;
    to.collector->answer = [&there](std::size_t) -> Task<Result<Response>> {
      if (!there) co_return Error(Errc::ConnectionRefused, "nobody listens");
      co_return status(200);
    };
    to.put(1);
    co_await sleep_for(60s);
    CHECK(to.collector->asked.size() == 5);
    CHECK(to.exporter->dropped() == 1);
    there = true;
    to.put(4);
    co_await sleep_for(6s);
    CHECK(to.exporter->exported() == 4);
    co_await to.finish();
  });
}

TEST_CASE("otlp: at the end what waits is sent, within its time") {
  run([]() -> Task<void> {
    Exporting to;
    to.put(700);
    const Instant begun = Instant::now();
    co_await to.finish();
    CHECK(begun.elapsed() < 1s);
    CHECK(to.exporter->exported() == 700);
  });
  run([]() -> Task<void> {
    Exporting to;
    to.collector->answer = [](std::size_t) -> Task<Result<Response>> { co_return status(503, "3600"); };
    to.put(5);
    const Instant begun = Instant::now();
    co_await to.finish();
    CHECK(begun.elapsed() == 2s);
    CHECK(to.exporter->dropped() == 5);
  });
}
