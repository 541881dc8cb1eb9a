// What becomes of commands while a real server is killed, frozen, or cuts connections.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/redis/client.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "support/redis_server.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::RedisServer;

namespace {

constexpr test::Options kManyThreads{.flavor = test::Flavor::MultiThread, .workers = 3};

redis::Client open(const RedisServer& server) {
  return redis::Client::open(server.url()).value();
}

/// Whether a command works within `span`, where it is tried again and again.
Task<bool> works_within(redis::Client client, Duration span) {
  const Instant end = Instant::now() + span;
  while (Instant::now() < end) {
    if (co_await client.run(redis::command<void>("PING").timeout(span))) co_return true;
    co_await time::sleep_for(10ms);
  }
  co_return false;
}

}  // namespace

TEST_CASE("redis: killed with 1,000 commands in flight, each has one outcome, and all works after the restart") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server);
    CHECK_OK(co_await client.command<void>("PING"));
    server.freeze();
    JoinSet<redis::Result<int>> asked;
    for (int i = 0; i < 1000; ++i) asked.spawn(client.command<int>("INCR", "n"));
    for (int i = 0; i < 100; ++i) asked.spawn(client.command<int>("EXISTS", "n"));
    while (client.stats().commands < 1101) co_await time::sleep_for(1ms);
    server.kill();
    const Instant begin = Instant::now();
    int maybe = 0;
    int late = 0;
    int fine = 0;
    while (client.stats().losses == 0) co_await time::sleep_for(1ms);
    server.start();
    while (auto one = co_await asked.join_next()) {
      const auto& result = one->value();
      fine += result ? 1 : 0;
      maybe += !result && result.error() == redis::ErrorKind::MaybeExecuted ? 1 : 0;
      late += !result && result.error() == redis::ErrorKind::Timeout ? 1 : 0;
    }
    CHECK(Instant::now() - begin < 5s);
    CHECK(maybe + late + fine == 1100);
    CHECK(maybe <= 1000);
    CHECK(fine <= 100);  // those that only read
    CHECK(co_await works_within(client, 3s));
    CHECK(client.stats().connected == 1);
  }, kManyThreads);
}

TEST_CASE("redis: restarts under load leave nobody hanging") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server);
    std::atomic<bool> done{false};
    std::atomic<int> outcomes{0};
    JoinSet<void> tasks;
    for (int i = 0; i < 100; ++i) {
      tasks.spawn([](redis::Client with, std::atomic<bool>& stop, std::atomic<int>& count) -> Task<void> {
        while (!stop) {
          static_cast<void>(co_await with.command<int>("INCR", "n"));
          ++count;
        }
      }, client, std::ref(done), std::ref(outcomes));
    }
    for (int round = 0; round < 5; ++round) {
      const int before = outcomes;
      while (outcomes < before + 200) co_await time::sleep_for(1ms);
      server.kill();
      server.start();
      CHECK(co_await works_within(client, 3s));
    }
    done = true;
    while (co_await tasks.join_next()) {
    }
    CHECK(client.stats().losses >= 5);
  }, kManyThreads);
}

TEST_CASE("redis: a connection killed while idle costs the next command nothing") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server);
    const redis::Client other = open(server);
    CHECK_OK(co_await client.command<void>("PING"));
    for (int round = 0; round < 5; ++round) {
      const auto id = (co_await client.command<std::string>("CLIENT ID"));
      CHECK(id.error() == redis::ErrorKind::TypeMismatch);  // a number
      const auto number = (co_await client.command<std::int64_t>("CLIENT ID")).value();
      CHECK_OK(co_await other.command<int>("CLIENT KILL", "ID", number), 1);
      CHECK((co_await client.command<int>("INCR", "n")).has_value());
    }
    CHECK(client.stats().losses == 5);
    CHECK_OK(co_await client.command<int>("GET", "n"), 5);
  });
}

TEST_CASE("redis: a frozen server costs time-outs, and its late replies reach nobody") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    redis::Options options = redis::Options::from_url(server.url()).value();
    options.command_timeout = 200ms;
    options.dead_after = 500ms;
    options.connect_timeout = 500ms;
    const redis::Client client = redis::Client::open(options).value();
    for (int i = 0; i < 100; ++i) CHECK_OK(co_await client.command<void>("SET", i, i));
    server.freeze();
    const Instant begin = Instant::now();
    while (Instant::now() - begin < 1500ms) {
      JoinSet<redis::Result<int>> asked;
      for (int i = 0; i < 100; ++i) asked.spawn(client.command<int>("GET", i));
      while (auto one = co_await asked.join_next()) CHECK(one->value().error() == redis::ErrorKind::Timeout);
    }
    CHECK(client.stats().losses >= 1);
    server.thaw();
    CHECK(co_await works_within(client, 3s));
    for (int i = 0; i < 100; ++i) CHECK_OK(co_await client.command<int>("GET", i), i);
  }, kManyThreads);
}

TEST_CASE("redis: 10,000 cancellations at random points shift no reply") {
  RedisServer server;
  const auto seed = std::random_device()();
  CAPTURE(seed);
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server);
    std::minstd_rand random(seed);
    std::set<std::int64_t> numbers;
    std::size_t cancelled = 0;
    std::size_t answered = 0;
    while (cancelled < 10'000) {
      std::vector<JoinHandle<redis::Result<std::int64_t>>> asked;
      for (int i = 0; i < 500; ++i) asked.push_back(spawn(client.command<std::int64_t>("INCR", "n")));
      for (auto& one : asked) {
        if (random() % 4 == 0) continue;
        one.abort();
        if (random() % 16 == 0) co_await yield_now();
        if (random() % 200 == 0) co_await time::sleep_for(1ms);
      }
      for (auto& one : asked) {
        auto joined = co_await one;
        if (!joined) {
          ++cancelled;
          continue;
        }
        ++answered;
        REQUIRE(*joined);
        CHECK(numbers.insert(**joined).second);
      }
    }
    CHECK(answered == numbers.size());
    CHECK((co_await client.command<std::int64_t>("INCR", "n")).value() >= static_cast<std::int64_t>(answered));
    CHECK(client.stats().losses == 0);
  }, kManyThreads);
}

TEST_CASE("redis: a server without memory says so, and what only reads goes on") {
  RedisServer server({.arguments = {"--maxmemory", "1mb", "--maxmemory-policy", "noeviction"}});
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server);
    std::optional<redis::Error> full;
    for (int i = 0; i < 100 && !full; ++i) {
      const auto set = co_await client.command<void>("SET", i, std::string(100'000, 'x'));
      if (!set) full = set.error();
    }
    REQUIRE(full);
    CHECK(full->code() == "OOM");
    CHECK(full->retry() == redis::Retry::Never);
    CHECK_OK(co_await client.command<bool>("EXISTS", "missing"), false);
    CHECK_OK(co_await client.command<void>("REPLICAOF", "127.0.0.1", 1));
    CHECK((co_await client.command<void>("SET", "a", 1)).error().retry() == redis::Retry::Reconnect);
  });
}
