// Connections that leave HTTP behind: who may, what the new protocol gets, and how it ends.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/upgrade.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/select.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Seen {
  int begun = 0;
  int ended = 0;  // frames that are gone
};

struct OnEnd {
  std::shared_ptr<Seen> seen;
  ~OnEnd() { ++seen->ended; }
};

/// Sends every byte back, until "." or the drain.
class Echo final : public http::Upgrade {
 public:
  explicit Echo(std::shared_ptr<Seen> seen) : seen_(std::move(seen)) {}
  task::Task<void> run(http::UpgradedStream& upgraded) override {
    const OnEnd guard{seen_};
    ++seen_->begun;
    std::string bytes = upgraded.take_read_ahead();
    if (bytes == "throw") throw std::runtime_error("this is a test");
    if (bytes == "abort") co_return upgraded.abort();
    for (;;) {
      if (!bytes.empty() && !co_await upgraded.stream().write_all(std::as_bytes(std::span(bytes)))) co_return;
      if (bytes.ends_with('.')) co_return;
      std::array<std::byte, 64> room;
      auto won = co_await task::select(upgraded.draining().cancelled(), upgraded.stream().read_some(room));
      if (won.index() == 0) {
        static_cast<void>(co_await upgraded.stream().write_all(std::as_bytes(std::span("going", 5))));
        co_return;
      }
      const Result<std::size_t>& count = won.get<1>();
      if (!count || *count == 0) co_return;
      bytes.assign(reinterpret_cast<const char*>(room.data()), *count);
    }
  }

 private:
  std::shared_ptr<Seen> seen_;
};

constexpr std::string_view kAsk =
    "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: keep-alive, Upgrade\r\n\r\n";
constexpr std::string_view kOther = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n";

Router<> routes(std::shared_ptr<Seen> seen) {
  Router<> app;
  app.any<"/echo">([seen] { return Response::upgrade("echo", http::UpgradePtr(new Echo(seen))); });
  app.get<"/other">([] { return "other"; });
  app.get<"/bare">([] { return Response(StatusCode::SwitchingProtocols); });
  return app;
}

std::string status_of(const std::string& answer) {
  return answer.substr(0, 12);
}

}  // namespace

TEST_CASE("server: behind 101 the connection is the new protocol's, with the bytes that stood behind the head") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  testing::Wire wire = app.connect();
  wire.send(std::string(kOther) + std::string(kAsk) + "ahead");
  const std::string answer = wire.received();
  const std::size_t second = answer.find("HTTP/1.1 101 Switching Protocols\r\n");
  REQUIRE(second != std::string::npos);
  CHECK(answer.find("other") < second);
  const std::string head = answer.substr(second);
  CHECK(head.find("Upgrade: echo\r\n") != std::string::npos);
  CHECK(head.find("Connection: Upgrade\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(head.ends_with("\r\n\r\nahead"));
  // None of it is HTTP any more.
  wire.send(kOther);
  CHECK(wire.received() == kOther);
  wire.send("end.");
  CHECK(wire.received() == "end.");
  CHECK(wire.closed());
  CHECK(seen->ended == 1);
}

TEST_CASE("server: an upgraded connection waits longer than an idle one may") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  testing::Wire wire = app.connect();
  wire.send(kAsk);
  wire.received();
  app.advance(24h);
  wire.send("still");
  CHECK(wire.received() == "still");
  CHECK(app.live_tasks() == 1);
}

TEST_CASE("server: an upgrade nobody asked for, or not in this way, is a 500") {
  const std::string cases[] = {
      "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n",
      "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
      "GET /echo HTTP/1.0\r\nHost: a\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
      "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: upgrade\r\nContent-Length: 9\r\n\r\nhalf",
      "GET /bare HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n",
  };
  for (const std::string& request : cases) {
    CAPTURE(request);
    const auto seen = std::make_shared<Seen>();
    TestApp app(routes(seen));
    CHECK(status_of(app.wire(request)) == "HTTP/1.1 500");
    CHECK(seen->begun == 0);
  }
}

TEST_CASE("server: a layer may call an upgrade off, and the connection stays HTTP") {
  const auto seen = std::make_shared<Seen>();
  Router<> app = routes(seen);
  app.layer([](Request request, Next next) -> Task<Response> {
    Response response = co_await next(std::move(request));
    if (response.is_upgrade()) response.set_status(StatusCode::Forbidden);
    co_return response;
  });
  TestApp test(app);
  testing::Wire wire = test.connect();
  wire.send(std::string(kAsk) + std::string(kOther));
  const std::string answers = wire.received();
  CHECK(status_of(answers) == "HTTP/1.1 403");
  CHECK(answers.ends_with("other"));
  CHECK(seen->begun == 0);
}

TEST_CASE("server: an upgraded protocol is told of the drain; a new one is not begun") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  testing::Wire wire = app.connect();
  wire.send(kAsk);
  wire.received();
  app.begin_drain();
  CHECK(wire.received() == "going");
  CHECK(wire.closed());
  CHECK(seen->ended == 1);
  CHECK(status_of(app.wire(kAsk)) == "HTTP/1.1 503");
  CHECK(seen->begun == 1);
}

TEST_CASE("server: an upgraded protocol that throws or gives up ends its own connection only") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  for (const std::string_view what : {"throw", "abort"}) {
    testing::Wire wire = app.connect();
    wire.send(std::string(kAsk) + std::string(what));
    CHECK(wire.received().ends_with("\r\n\r\n"));
    CHECK(wire.closed());
  }
  CHECK(seen->ended == 2);
  CHECK(app.get("/other").send().body() == "other");
}

TEST_CASE("server: a peer that leaves an upgraded connection, in whatever state, leaves nothing behind") {
  const auto seen = std::make_shared<Seen>();
  TestApp app(routes(seen));
  {
    testing::Wire wire = app.connect();
    wire.send(kAsk);
  }
  {
    // It does not read: the protocol waits in the middle of a write.
    testing::Wire wire = app.connect(256);
    wire.send(std::string(kAsk) + std::string(2000, 'x'));
    CHECK(seen->begun == 2);
  }
  app.settle();
  CHECK(app.live_tasks() == 0);
  CHECK(seen->ended == 2);
}
