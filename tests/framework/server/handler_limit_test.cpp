// Who says how long a handler may take: Limits::handler, unless a HandlerTimeout or Finish stands around it.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

Task<std::string> minute() {
  co_await sleep_for(1min);
  co_return "a minute";
}

Task<std::string> minute_behind_body(BodyStream body) {
  while (true) {
    const auto piece = co_await body.next();
    if (!piece || piece->empty()) break;
  }
  co_return co_await minute();
}

Router<> routes() {
  Router<> app;
  app.get<"/plain">(minute);
  app.get<"/long">(minute).layer(middleware::HandlerTimeout{2min});
  app.get<"/short">(minute).layer(middleware::HandlerTimeout{5s});
  app.get<"/finish">(minute).layer(middleware::Finish{.limit = 2min});
  app.post<"/body">(minute_behind_body).layer(middleware::HandlerTimeout{2min});
  app.get<"/both">(minute).layer(middleware::HandlerTimeout{2min}).layer(middleware::HandlerTimeout{6s});
  Router<> guarded;
  guarded.layer(middleware::HandlerTimeout{2min});
  guarded.get<"/">(minute);
  guarded.fallback(minute);
  app.nest<"/guarded">(std::move(guarded));
  Router<> hosted;
  hosted.get<"/hosted">(minute).layer(middleware::HandlerTimeout{2min});
  app.host("b.example", std::move(hosted));
  return app;
}

}  // namespace

TEST_CASE("server: HandlerTimeout around a route takes the place of Limits::handler, longer or shorter") {
  TestApp app(routes());
  const auto took = [&](std::string_view path, StatusCode status) {
    const Instant began = app.now();
    CHECK(app.get(path).send().status() == status);
    return app.now() - began;
  };
  CHECK(took("/plain", StatusCode::ServiceUnavailable) == 30s);
  CHECK(took("/long", StatusCode::Ok) == 1min);
  CHECK(took("/short", StatusCode::ServiceUnavailable) == 5s);
  CHECK(took("/finish", StatusCode::Ok) == 1min);
  CHECK(took("/both", StatusCode::ServiceUnavailable) == 6s);
  CHECK(took("/guarded", StatusCode::Ok) == 1min);
  CHECK(took("/guarded/nowhere", StatusCode::Ok) == 1min);
  // What one request may take is nothing to the next on its connection.
  CHECK(took("/plain", StatusCode::ServiceUnavailable) == 30s);
  CHECK(app.post("/body").body("x").send().body() == "a minute");
  testing::Wire wire = app.connect();
  wire.send("GET /hosted HTTP/1.1\r\nHost: b.example\r\n\r\n");
  app.advance(61s);
  CHECK(wire.received().ends_with("a minute"));
}

TEST_CASE("server: the time of a handler on one connection is that of its own route") {
  TestApp app(routes());
  testing::Wire wire = app.connect();
  wire.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\nGET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
  app.advance(61s);
  CHECK(wire.received().ends_with("a minute"));
  app.advance(31s);
  CHECK(wire.received().starts_with("HTTP/1.1 503"));
}
