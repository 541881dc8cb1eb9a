// Handlers that wait: what is sent meanwhile, how long they may take, and who ends them.
#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "server/connection.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct State {
  Notify go;
  int ended = 0;  // handlers whose frames are gone
};

struct OnEnd {
  State& state;
  ~OnEnd() { ++state.ended; }
};

Task<Response> wait_for_go(rondeau::State<State> state) {
  const OnEnd end{*state};
  co_await state->go.notified();
  co_return Response::text("went");
}

Task<Response> sleep_an_hour(rondeau::State<State> state) {
  const OnEnd end{*state};
  co_await sleep_for(1h);
  co_return Response::text("slept");
}

struct Service {
  std::shared_ptr<State> state = std::make_shared<State>();
  TestApp app;

  explicit Service(const Limits& limits = {}) : app(routes(state), limits) {}
  static Router<State> routes(std::shared_ptr<State> state) {
    Router<State> router(std::move(state));
    router.get<"/">([] { return "now"; });
    router.get<"/go">(wait_for_go);
    router.get<"/hour">(sleep_an_hour);
    router.get<"/finish">(wait_for_go).layer(middleware::Finish{.limit = 10s});
    router.get<"/coroutine">([]() -> Task<Response> { co_return Response::text("coroutine"); });
    return router;
  }
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace

TEST_CASE("server: a finished answer is not held up by a handler that waits behind it") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(get("/") + get("/coroutine") + get("/go") + get("/"));
  std::string first = wire.received();
  CHECK(first.ends_with("\r\n\r\ncoroutine"));
  service.state->go.notify_one();
  testing::ResponseReader answers;
  answers.feed(first + wire.received());
  for (const char* body : {"now", "coroutine", "went", "now"}) CHECK(answers.next(Method::Get, false)->body() == body);
}

TEST_CASE("server: a handler has 30 s, then it is ended and the answer is 503, and the connection stays") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(get("/hour"));
  service.app.advance(29'999ms);
  CHECK(wire.received().empty());
  CHECK(service.state->ended == 0);
  service.app.advance(1ms);
  CHECK(wire.received().starts_with("HTTP/1.1 503"));
  CHECK(service.state->ended == 1);
  CHECK_FALSE(wire.closed());
  wire.send(get("/"));
  CHECK(wire.received().ends_with("now"));
}

TEST_CASE("server: many waiting handlers in a row leave the idle time of the connection as it is") {
  Service service;
  testing::Wire wire = service.app.connect();
  for (int i = 0; i < 5; ++i) {
    wire.send(get("/go"));
    service.app.advance(20s);
    service.state->go.notify_one();
    CHECK(wire.received().ends_with("went"));
  }
  service.app.advance(74'999ms);
  CHECK_FALSE(wire.closed());
  service.app.advance(1ms);
  CHECK(wire.closed());
}

TEST_CASE("server: a handler is ended at once when its peer is gone") {
  Service service;
  {
    testing::Wire wire = service.app.connect();
    wire.send(get("/hour"));
    CHECK(service.state->ended == 0);
  }
  service.app.settle();
  CHECK(service.state->ended == 1);
  CHECK(service.app.live_tasks() == 0);
}

TEST_CASE("server: a handler that is to finish does so though its peer is gone, up to its limit") {
  Service service;
  {
    testing::Wire gone = service.app.connect();
    gone.send(get("/finish"));
    testing::Wire half = service.app.connect();
    half.send(get("/finish"));
    half.finish();
  }
  service.app.advance(9s);
  CHECK(service.state->ended == 0);
  SUBCASE("in time") {
    service.state->go.notify_waiters();
    service.app.settle();
    CHECK(service.state->ended == 2);
  }
  SUBCASE("too late") {
    service.app.advance(1s);
    CHECK(service.state->ended == 2);
  }
  CHECK(service.app.get("/").send().body() == "now");
}

TEST_CASE("server: a handler that is to finish answers who is there, in time or by a 503") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(get("/finish"));
  service.state->go.notify_waiters();
  service.app.settle();
  CHECK(wire.received().ends_with("went"));
  wire.send(get("/finish"));
  service.app.advance(10s);
  CHECK(wire.received().starts_with("HTTP/1.1 503"));
  CHECK(service.state->ended == 2);
}

TEST_CASE("server: a peer that ends its half has a second more to get its answer") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(get("/go"));
  wire.finish();
  service.app.advance(999ms);
  CHECK(service.state->ended == 0);
  SUBCASE("in time") {
    service.state->go.notify_one();
    CHECK(wire.received().ends_with("went"));
  }
  SUBCASE("too late") {
    service.app.advance(1ms);
    CHECK(service.state->ended == 1);
    CHECK(wire.received().empty());
  }
  CHECK(wire.closed());
}

TEST_CASE("server: a peer that ends its half at once still gets the answers that need no waiting") {
  Service service;
  const std::string all = service.app.wire(get("/") + get("/coroutine"));
  CHECK(all.find("now") != std::string::npos);
  CHECK(all.ends_with("coroutine"));
}

TEST_CASE("server: what a stream did not take goes out while the next handler waits") {
  Service service;
  testing::Wire wire = service.app.connect(64);
  const std::string requests = get("/") + get("/go");
  std::string all;
  for (std::size_t at = 0; at < requests.size(); at += 16) {
    REQUIRE(wire.stream().try_write(std::as_bytes(std::span(std::string_view(requests).substr(at, 16)))));
    service.app.settle();
  }
  for (int i = 0; i < 20; ++i) all += wire.received(32);
  CHECK(all.ends_with("\r\n\r\nnow"));
  service.state->go.notify_one();
  CHECK(wire.received().ends_with("went"));
}

TEST_CASE("server: more waiting handlers than are allowed get 503 and a Retry-After; who does not wait is served") {
  Limits limits;
  limits.in_flight_per_worker = 2;
  Service service(limits);
  testing::Wire first = service.app.connect();
  testing::Wire second = service.app.connect();
  first.send(get("/go"));
  second.send(get("/go"));
  CHECK(service.app.get("/").send().status() == StatusCode::Ok);
  const auto refused = service.app.get("/go").send();
  CHECK(refused.status() == StatusCode::ServiceUnavailable);
  CHECK(refused.header("retry-after") == "1");
  service.state->go.notify_one();
  CHECK(first.received().ends_with("went"));
  CHECK(service.app.get("/").send().status() == StatusCode::Ok);
}

TEST_CASE("server: a connection may end at every suspension of a request") {
  Router<> router;
  router.post<"/">([](Bytes body) -> Task<Response> {
    co_await yield_now();
    static_cast<void>(co_await timeout(1s, sleep_for(1ms)));
    auto helper = spawn([]() -> Task<int> {
      co_await sleep_for(1ms);
      co_return 1;
    });
    static_cast<void>(co_await helper);
    co_return Response::stream([body](BodyWriter& out) -> Task<Result<void>> {
      for (int i = 0; i < 3; ++i) {
        RONDEAU_TRY_VOID(co_await out.write(body));
        co_await sleep_for(1ms);
      }
      co_return Result<void>();
    });
  });
  TestApp app(router);
  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello";
  // The peer leaves after so many bytes, and so many milliseconds.
  for (std::size_t bytes = 0; bytes <= request.size(); bytes += bytes + 1 < request.size() - 6 ? 7 : 1) {
    for (int time = 0; time < (bytes == request.size() ? 7 : 1); ++time) {
      {
        testing::Wire wire = app.connect();
        wire.send(std::string_view(request).substr(0, bytes));
        app.advance(std::chrono::milliseconds(time));
      }
      app.advance(10ms);
      REQUIRE(app.live_tasks() == 0);
    }
  }
  // And the runtime ends at any of them.
  const auto dispatcher = router.build().value();
  for (int time = 0; time < 7; ++time) {
    auto runtime = runtime::Builder::current_thread().start_paused().build().value();
    auto [ours, theirs] = io::duplex(64 * 1024);
    auto shared = std::make_shared<server::Shared>(Limits(), dispatcher);
    server::Accepted accepted{std::move(theirs), SocketAddress(), nullptr};
    auto connection = std::make_unique<server::Connection>(shared, std::move(accepted));
    REQUIRE(connection->enter());
    REQUIRE(ours.try_write(std::as_bytes(std::span(request))));
    runtime.spawn(server::serve_connection(std::move(connection), false)).detach();
    runtime.block_on([time]() -> Task<void> { co_await runtime::test::advance(std::chrono::milliseconds(time)); });
    CHECK(shared->connections.count() == (time < 7 ? 1 : 0));
    CHECK(std::move(runtime).shutdown_timeout(1s).left_behind() == 0);
    CHECK(shared->connections.count() == 0);
  }
}
