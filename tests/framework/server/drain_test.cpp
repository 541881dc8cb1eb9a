// The end of a server: what it waits for, and what it says about the rest.
#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/time/sleep.h>

#include "support/drained_server.h"

using namespace rondeau;
using namespace std::chrono_literals;
using Kind = CutRequest::Kind;

namespace {

struct Seen {
  int finished = 0;
  int after = 0;
};

/// Says nothing, and never ends by itself.
struct Deaf final : http::Upgrade {
  Task<void> run(http::UpgradedStream&) override { co_await sleep_for(24h); }
};

Router<> routes(std::shared_ptr<Seen> seen = std::make_shared<Seen>()) {
  Router<> app;
  app.get<"/">([] { return "now"; });
  app.get<"/wait/{seconds}">([seen](Path<"seconds", int> seconds) -> Task<Response> {
    co_await sleep_for(std::chrono::seconds(*seconds));
    ++seen->finished;
    co_return Response::text("waited");
  });
  app.post<"/stream">([] {
    return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
      RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("x")));
      co_await sleep_for(24h);
      co_return Result<void>();
    });
  });
  app.get<"/alone/{seconds}">([seen](Path<"seconds", int> seconds) -> Task<Response> {
       co_await sleep_for(std::chrono::seconds(*seconds));
       ++seen->finished;
       co_return Response::text("nobody hears it").after([seen]() -> Task<void> {
         co_await sleep_for(1s);
         ++seen->after;
       });
     }).layer(Detach({.limit = 48h, .at_once = 2}));
  app.get<"/deaf">([] { return Response::upgrade("deaf", http::UpgradePtr(new Deaf)); });
  app.get<"/finish">([]() -> Task<Response> {
       co_await sleep_for(24h);
       co_return Response::text("finished");
     }).layer(middleware::Finish{.limit = 27s});
  return app;
}

std::string get(std::string_view target, std::string_view fields = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string told(const ServeReport& report) {
  std::string text;
  for (const CutRequest& cut : report.longest_cut) {
    text += std::string(cut.kind == Kind::Request ? "request" : cut.kind == Kind::Upgraded ? "upgraded" : "detached");
    text += " " + std::string(to_string(cut.method)) + " " + cut.route + " ";
    text += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(cut.age).count()) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("server: a drain without anything to wait for reports nothing") {
  drained::Server server(routes());
  const auto idle = server.say(get("/"));
  const auto half = server.say("GET / HT");
  const ServeReport report = server.end();
  CHECK(report.cut == 0);
  CHECK(report.longest_cut.empty());
}

TEST_CASE("server: what a drain has cut is reported with method, route and age, the oldest first") {
  drained::Server server(routes());
  const auto waiting = server.say(get("/") + get("/wait/3600"));
  server.advance(1s);
  static_cast<void>(server.say(get("/alone/3600")));
  server.advance(1s);
  const auto streaming = server.say("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  server.advance(1s);
  const auto deaf = server.say(get("/deaf", "Connection: upgrade\r\nUpgrade: deaf\r\n"));
  const auto in_time = server.say(get("/wait/20"));
  server.advance(1s);
  const ServeReport report = server.end();
  CHECK(report.cut == 4);
  CHECK(told(report) ==
        "request GET /wait/{seconds} 29\n"
        "detached GET /alone/{seconds} 28\n"
        "request POST /stream 27\n"
        "upgraded GET /deaf 26\n");
  CHECK(server.live_tasks() == 0);
}

TEST_CASE("server: the age of a request does not reach back into the one before it on its connection") {
  drained::Server server(routes());
  auto stream = server.say(get("/wait/5"));
  server.advance(10s);
  const std::string second = "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  REQUIRE(stream.try_write(std::as_bytes(std::span(second))));
  server.advance(1s);
  CHECK(told(server.end()) == "request POST /stream 26\n");
}

TEST_CASE("server: of very many cut requests the oldest are listed, and all are counted") {
  drained::Server server(routes());
  std::vector<io::DuplexStream> streams;
  for (std::size_t i = 0; i < ServeReport::kMostListed + 8; ++i) {
    streams.push_back(server.say(get("/wait/3600")));
    server.advance(10ms);
  }
  const ServeReport report = server.end();
  CHECK(report.cut == ServeReport::kMostListed + 8);
  REQUIRE(report.longest_cut.size() == ServeReport::kMostListed);
  // The drain itself begins a millisecond later, behind the backlog.
  CHECK(report.longest_cut.front().age == 25s + 1ms + 10ms * (ServeReport::kMostListed + 8));
  CHECK(report.longest_cut.back().age == 25s + 1ms + 10ms * 9);
}

TEST_CASE("server: a handler that finishes behind the end of the drain had its answer cut") {
  drained::Server server(routes());
  const auto stream = server.say(get("/finish"));
  const ServeReport report = server.end();
  CHECK(report.cut == 1);
  CHECK(told(report) == "request GET /finish 27\n");
}

TEST_CASE("server: a drain waits for handlers that were left alone, and for what they leave") {
  const auto seen = std::make_shared<Seen>();
  drained::Server server(routes(seen));
  static_cast<void>(server.say(get("/alone/10")));
  server.stop();
  server.advance(10s);
  CHECK(seen->finished == 1);
  CHECK_FALSE(server.ended());
  const ServeReport report = server.end();
  CHECK(seen->after == 1);
  CHECK(report.cut == 0);
}

TEST_CASE("server: no handler is left alone by the end of a drain") {
  const auto seen = std::make_shared<Seen>();
  drained::Server server(routes(seen));
  const auto stays = server.say(get("/alone/3600"));
  const ServeReport report = server.end();
  CHECK(told(report) == "request GET /alone/{seconds} 25\n");
  CHECK(report.cut == 1);
  CHECK(seen->finished == 0);
  CHECK(server.live_tasks() == 0);
}
