// What a GET costs the heap, once everything is warm.
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/redis/client.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>

#include "support/counted_heap.h"
#include "support/redis_server.h"

using namespace rondeau;

TEST_CASE("redis: a GET allocates twice at most: what is under way, and the value") {
  support::RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = redis::Client::open(server.url()).value();
    const std::string value(100, 'x');
    CHECK_OK(co_await client.command<void>("SET", "key", value));
    for (int i = 0; i < 1000; ++i) CHECK((co_await client.command<std::string>("GET", "key")).has_value());
    constexpr std::size_t kGets = 1000;
    const std::size_t before = support::allocations();
    bool all = true;
    for (std::size_t i = 0; i < kGets; ++i) {
      const auto got = co_await client.command<std::string>("GET", "key");
      all = all && got && *got == value;
    }
    const std::size_t counted_ones = support::allocations() - before;
    CHECK(all);
    CHECK(counted_ones <= 2 * kGets);
    MESSAGE("allocations for each GET: " << static_cast<double>(counted_ones) / kGets);
  });
}
