#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/websocket/topic.h>

using namespace rondeau;
using namespace std::chrono_literals;
using websocket::Message;
using websocket::SlowReader;

namespace {

struct Quote {
  std::string symbol;
  double price;
};

struct App {
  ws::Topic<Quote> quotes;
};

Task<void> feed(State<App> app, WebSocket<Quote> socket) {
  auto writer = std::move(socket).split().second;
  const auto subscription = app->quotes.subscribe(writer);
  co_await writer.closed();
}

Router<App> routes(std::shared_ptr<App> app) {
  Router<App> made(std::move(app));
  made.ws<"/quotes">(&feed);
  return made;
}

}  // namespace

TEST_CASE("websocket: what is published to a topic comes to all who are there, in its order") {
  const auto state = std::make_shared<App>();
  TestApp app(routes(state));
  CHECK(state->quotes.publish({"ACME", 1}).value() == 0);
  auto one = app.websocket("/quotes");
  auto two = app.websocket("/quotes");
  CHECK(state->quotes.subscribers() == 2);
  for (int i = 0; i < 10; ++i) CHECK(state->quotes.publish({"ACME", 0.5 * i}).value() == 2);
  for (int i = 0; i < 10; ++i) {
    CHECK(one.json<Quote>().price == 0.5 * i);
    CHECK(two.json<Quote>().price == 0.5 * i);
  }
  one.close();
  app.settle();
  CHECK(state->quotes.subscribers() == 1);
  CHECK(state->quotes.publish({"ACME", 7}).value() == 1);
  CHECK(two.json<Quote>().price == 7);
  CHECK_FALSE(state->quotes.publish({"ACME", std::numeric_limits<double>::quiet_NaN()}));
}

TEST_CASE("websocket: a subscriber may speak, though nobody listens, and is heard when it closes") {
  const auto state = std::make_shared<App>();
  TestApp app(routes(state));
  auto one = app.websocket("/quotes");
  one.send("hello");
  app.settle();
  CHECK(state->quotes.publish({"ACME", 1}).value() == 1);
  CHECK(one.json<Quote>().price == 1);
  one.close();
  app.settle();
  CHECK(state->quotes.subscribers() == 0);
}

TEST_CASE("websocket: who does not read what is published is dropped or misses it, and nobody waits") {
  for (const SlowReader slow : {SlowReader::Dropped, SlowReader::Skipped}) {
    const auto topic = std::make_shared<ws::Topic<>>(slow);
    Router<> made;
    made.ws<"/">([topic](WebSocket<> socket) -> Task<void> {
      auto writer = std::move(socket).split().second;
      const auto subscription = topic->subscribe(writer);
      co_await writer.closed();
    });
    TestApp app(made);
    auto reads = app.websocket("/");
    auto sleeps = app.websocket("/");
    int sent = 0;
    for (; topic->publish(Message::text(std::string(10'000, 'm'))).value() == 2; ++sent) {
      REQUIRE(reads.recv());
      REQUIRE(sent < 100);
    }
    // 256 KiB of ours and 64 KiB on the way.
    CHECK(sent > 30);
    CHECK(reads.recv());
    if (slow == SlowReader::Skipped) {
      CHECK(topic->subscribers() == 2);
      for (int i = 0; i < sent; ++i) REQUIRE(sleeps.recv());
      CHECK(topic->publish(Message::text("again")).value() == 2);
      CHECK(sleeps.text() == "again");
    } else {
      app.advance(5s);
      CHECK(topic->subscribers() == 1);
      CHECK(topic->publish(Message::text("on")).value() == 1);
    }
    CHECK_FALSE(reads.wire().closed());
  }
}
