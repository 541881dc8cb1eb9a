// Subscriptions and exclusive connections against a real server.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include <rondeau/redis/client.h>
#include <rondeau/redis/exclusive.h>
#include <rondeau/redis/subscription.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "support/redis_server.h"

using namespace rondeau;
using namespace std::chrono_literals;
using redis::Exclusive;
using support::RedisServer;

TEST_CASE("redis: messages, and a gap where the server was restarted") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = redis::Client::open(server.url()).value();
    auto news = (co_await redis::Subscription::open(client, {.channels = {"news"}, .patterns = {"n*"}})).value();
    CHECK_OK(co_await client.command<int>("PUBLISH", "news", "one"), 2);
    CHECK(std::get<redis::Message>(*co_await news.next()).payload == "one");
    CHECK(std::get<redis::Message>(*co_await news.next()).pattern == "n*");
    news.remove({.patterns = {"n*"}});
    while ((co_await client.command<int>("PUBSUB NUMPAT")).value() > 0) co_await time::sleep_for(1ms);
    server.kill();
    server.start();
    CHECK(std::get<redis::Gap>(*co_await news.next()).reconnected);
    CHECK_OK(co_await client.command<int>("PUBLISH", "news", "two"), 1);
    CHECK(std::get<redis::Message>(*co_await news.next()).payload == "two");
  });
}

TEST_CASE("redis: queues, streams, watched keys and replicas through an exclusive connection") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = redis::Client::open(server.url()).value();
    Exclusive exclusive = (co_await Exclusive::acquire(client)).value();
    auto popping = spawn(exclusive.blpop({"jobs"}, 5s));
    co_await time::sleep_for(20ms);
    CHECK_OK(co_await client.command<int>("RPUSH", "jobs", "dig", "fill"), 2);
    CHECK((co_await popping).value().value()->second == "dig");
    CHECK_OK(co_await exclusive.blmove("jobs", "doing", redis::End::Left, redis::End::Right, 1s), "fill");
    CHECK_OK(co_await exclusive.blpop({"jobs"}, 10ms), std::nullopt);
    CHECK_OK(co_await client.command<int>("ZADD", "z", 1.5, "a"), 1);
    CHECK((co_await exclusive.bzpopmin({"z"}, 1s)).value() == std::tuple(std::string("z"), std::string("a"), 1.5));

    CHECK((co_await client.command<std::string>("XADD", "s", "1-1", "f", "v")).has_value());
    CHECK((co_await exclusive.xread({{"s", "0"}})).value().at(0).second.at(0).fields.at(0).second == "v");
    CHECK((co_await exclusive.xread({{"s", "$"}}, {.block = 10ms})).value().empty());
    CHECK_OK(co_await client.command<void>("XGROUP CREATE", "s", "g", "0"));
    CHECK((co_await exclusive.xreadgroup("g", "me", {{"s", ">"}})).value().at(0).second.at(0).id == "1-1");
    CHECK_OK(co_await client.command<int>("XACK", "s", "g", "1-1"), 1);

    CHECK_OK(co_await exclusive.watch({"n"}));
    CHECK_OK(co_await client.command<void>("SET", "n", 5));
    CHECK((co_await exclusive.multi(redis::command<int>("INCR", "n"))).error() == redis::ErrorKind::WatchFailed);
    CHECK_OK(co_await exclusive.watch({"n"}));
    CHECK((co_await exclusive.multi(redis::command<int>("INCR", "n"))).has_value());
    CHECK_OK(co_await client.command<int>("GET", "n"), 6);
    CHECK_OK(co_await exclusive.wait(1, 10ms), std::size_t{0});

    Exclusive other = (co_await Exclusive::acquire(client)).value();
    auto lines = std::move(other).monitor();
    auto begun = spawn([](AsyncGenerator<redis::Result<std::string>>& from) -> Task<std::string> {
      co_return (co_await from.next())->value();
    }, std::ref(lines));
    while (!begun.is_finished()) {
      CHECK_OK(co_await client.command<void>("SET", "monitored", 1));
      co_await time::sleep_for(5ms);
    }
    CHECK((co_await begun).value().find("monitored") != std::string::npos);
  });
}
