// The store in a real server keeps what a store promises.
#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/redis/store.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "support/redis_server.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::RedisServer;

namespace {

Bytes bytes(std::string text) {
  return Bytes(std::move(text));
}

}  // namespace

TEST_CASE("redis store: what is done only under a condition is done, or said not to be") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = redis::Client::open(server.url()).value();
    redis::Store values(client);
    CHECK((co_await values.get("a")).value() == std::nullopt);
    CHECK_OK(co_await values.put_if_absent("a", bytes("1"), 10s), true);
    CHECK_OK(co_await values.put_if_absent("a", bytes("2"), 10s), false);
    CHECK_OK(co_await values.compare_and_put("a", bytes("2"), bytes("3"), 10s), false);
    CHECK_OK(co_await values.compare_and_put("b", bytes(""), bytes("3"), 10s), false);
    CHECK((co_await values.get("a")).value() == bytes("1"));
    CHECK_OK(co_await values.compare_and_put("a", bytes("1"), bytes(std::string("\0\r\n", 3)), 20s), true);
    CHECK((co_await values.get("a")).value() == bytes(std::string("\0\r\n", 3)));
    CHECK((co_await client.command<std::int64_t>("PTTL", "rondeau:a")).value() > 15'000);
    CHECK_OK(co_await values.compare_and_erase("a", bytes("1")), false);
    CHECK_OK(co_await values.compare_and_erase("a", bytes(std::string("\0\r\n", 3))), true);
    CHECK_OK(co_await values.erase("a"), false);
    CHECK_OK(co_await values.put("a", bytes("4"), 10s));
    CHECK_OK(co_await values.erase("a"), true);
    CHECK_OK(co_await values.put("c", bytes("5"), 20ms));
    while ((co_await values.get("c")).value()) co_await time::sleep_for(5ms);
    redis::Store others(client, "other:");
    CHECK_OK(co_await values.put("d", bytes("6"), 10s));
    CHECK((co_await others.get("d")).value() == std::nullopt);
  });
}

TEST_CASE("redis store: a server that is not there is an error in time") {
  RedisServer server;
  server.stop();
  test::run([&]() -> Task<void> {
    redis::Options options = redis::Options::from_url(server.url()).value();
    options.command_timeout = 50ms;
    redis::Store values(redis::Client::open(options).value());
    CHECK((co_await values.get("a")).error() == Errc::TimedOut);
  });
  server.start();
}
