#include <rondeau/connect/backoff.h>

#include <chrono>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/sim/runtime.h>

using namespace rondeau;
using namespace std::chrono_literals;
using connect::Backoff;

TEST_CASE("connect: a backoff doubles its longest wait up to the cap, and never overflows") {
  const Backoff backoff{.base = 50ms, .cap = 2s};
  CHECK(backoff.ceiling(0) == 50ms);
  CHECK(backoff.ceiling(1) == 100ms);
  CHECK(backoff.ceiling(5) == 1600ms);
  CHECK(backoff.ceiling(6) == 2s);
  CHECK(backoff.ceiling(std::numeric_limits<unsigned>::max()) == 2s);
  CHECK(Backoff{.base = 1ns, .cap = Duration::max()}.ceiling(200) == Duration::max());
  CHECK(Backoff{.base = 5s, .cap = 1s}.ceiling(0) == 1s);
  CHECK(Backoff{.base = 0s, .cap = 1s}.ceiling(1'000'000'000) == 0s);
  CHECK(Backoff{.base = -1s, .cap = 1s}.ceiling(3) == 0s);
}

TEST_CASE("connect: the waits of a backoff use all of the time from zero to the longest") {
  const Backoff backoff{.base = 100ms, .cap = 1s};
  int below_a_quarter = 0;
  int above_three_quarters = 0;
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = backoff.delay(2);
    REQUIRE(delay >= 0ms);
    REQUIRE(delay < 400ms);
    below_a_quarter += delay < 100ms;
    above_three_quarters += delay > 300ms;
  }
  // 250 of 1000 are expected of each; 150 is more than seven standard deviations away.
  CHECK(below_a_quarter > 150);
  CHECK(above_three_quarters > 150);
}

TEST_CASE("connect: a simulation repeats the waits of its seed") {
  const auto waits_of = [](std::uint64_t seed) {
    return sim::Runtime(seed).block_on([]() -> Task<std::vector<Duration>> {
      std::vector<Duration> waits;
      for (unsigned n = 0; n < 8; ++n) waits.push_back(Backoff{}.delay(n));
      co_return waits;
    });
  };
  CHECK(waits_of(7) == waits_of(7));
  CHECK(waits_of(7) != waits_of(8));
}
