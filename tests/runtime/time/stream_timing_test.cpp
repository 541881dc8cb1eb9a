#include <rondeau/time/stream_timing.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/stream_ends.h>
#include <rondeau/task/stream_sources.h>

#include "support/aborts.h"

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::run_paused;
using support::Stopwatch;
using Ints = std::vector<int>;

namespace {

/// Item i comes so long after the one before it.
AsyncGenerator<int> after(std::vector<Duration> gaps) {
  int item = 0;
  for (const Duration gap : gaps) {
    co_await sleep_for(gap);
    co_yield item++;
  }
}
bool elapsed(const std::optional<Result<int, time::Elapsed>>& item) { return item && !*item; }

}  // namespace

TEST_CASE("GE3: timeout gives one error where no item comes in time, waits on, and counts anew after the next item") {
  run_paused([]() -> Task<void> {
    auto stream = after({1s, 10s, 1s, 10s}) | time::timeout(2s);
    const Stopwatch watch;
    CHECK(**co_await stream.next() == 0);
    CHECK(elapsed(co_await stream.next()));
    CHECK(watch.elapsed() == 3s);
    CHECK(**co_await stream.next() == 1);
    CHECK(watch.elapsed() == 11s);
    CHECK(**co_await stream.next() == 2);
    CHECK(elapsed(co_await stream.next()));
    CHECK(watch.elapsed() == 14s);
    CHECK(**co_await stream.next() == 3);
    CHECK(watch.elapsed() == 22s);
    CHECK_FALSE(co_await stream.next());
    CHECK(support::armed_timers() == 0);
  }());
}

TEST_CASE("GE3: an item that comes after the error of a timeout is not lost, though its await was given up") {
  run_paused([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(4);
    auto stream = std::move(rx) | timeout(2s);
    CHECK(elapsed(co_await stream.next()));
    CHECK(co_await tx.send(1));
    CHECK(co_await tx.send(2));
    CHECK(**co_await stream.next() == 1);
    CHECK(**co_await stream.next() == 2);
    CHECK(elapsed(co_await stream.next()));
    { auto closed = std::move(tx); }
    CHECK_FALSE(co_await stream.next());
  }());
}

TEST_CASE("GE3: timeout_repeating gives an error at each tick until an item comes, which begins the interval anew") {
  run_paused([]() -> Task<void> {
    auto stream = after({5s, 1s, 3s}) | time::timeout_repeating(interval(2s));
    const Stopwatch watch;
    CHECK(elapsed(co_await stream.next()));
    CHECK(watch.elapsed() == 2s);
    CHECK(elapsed(co_await stream.next()));
    CHECK(watch.elapsed() == 4s);
    CHECK(**co_await stream.next() == 0);
    CHECK(watch.elapsed() == 5s);
    CHECK(**co_await stream.next() == 1);
    CHECK(elapsed(co_await stream.next()));
    CHECK(watch.elapsed() == 8s);
    CHECK(**co_await stream.next() == 2);
    CHECK_FALSE(co_await stream.next());
  }());
}

TEST_CASE("GE3: throttle gives the first item at once and the others no faster than that, and pulls nothing before") {
  run_paused([]() -> Task<void> {
    int pulled = 0;
    auto stream = task::iter({1, 2, 3}) | task::inspect([&](int) { ++pulled; }) | time::throttle(2s);
    const Stopwatch watch;
    CHECK(co_await stream.next() == 1);
    CHECK(watch.elapsed() == 0s);
    CHECK_FALSE(co_await timeout(1s, stream.next()));
    CHECK(pulled == 1);
    CHECK(co_await stream.next() == 2);
    CHECK(watch.elapsed() == 2s);
    co_await sleep_for(5s);  // who comes later does not wait
    CHECK(co_await stream.next() == 3);
    CHECK(watch.elapsed() == 7s);
    CHECK_FALSE(co_await stream.next());
    CHECK(co_await task::count(task::iter({1, 2}) | time::throttle(0s)) == 2);
  }());
}

TEST_CASE("GE3: chunks_timeout gives full chunks at once, others in time, and never an empty one") {
  run_paused([]() -> Task<void> {
    auto stream = after({0s, 0s, 0s, 10s, 1s, 10s}) | time::chunks_timeout(2, 3s);
    const Stopwatch watch;
    CHECK(co_await stream.next() == Ints{0, 1});
    CHECK(watch.elapsed() == 0s);
    CHECK(co_await stream.next() == Ints{2});
    CHECK(watch.elapsed() == 3s);
    CHECK(co_await stream.next() == Ints{3, 4});  // none is there for seven seconds: no chunk either
    CHECK(watch.elapsed() == 11s);
    CHECK(co_await stream.next() == Ints{5});
    CHECK_FALSE(co_await stream.next());
    CHECK(support::armed_timers() == 0);
  }());
  CHECK(support::aborts_with("chunks_timeout() of no items", [] { time::chunks_timeout(0, 1s); }));
}

TEST_CASE("GE3: what chunks_timeout has of a chunk is not lost with its next()") {
  run_paused([]() -> Task<void> {
    auto stream = after({1s, 1s, 1s, 1s}) | time::chunks_timeout(4, 60s);
    const Stopwatch watch;
    for (int i = 0; i < 7; ++i) CHECK_FALSE(co_await timeout(500ms, stream.next()));
    CHECK(co_await stream.next() == Ints{0, 1, 2, 3});
    CHECK(watch.elapsed() == 4s);
  }());
}
