#include <rondeau/time/delay_queue.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/stream.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/aborts.h"

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::run_paused;
using support::Stopwatch;
using Key = time::DelayKey;

static_assert(task::Stream<DelayQueue<int>>);
static_assert(DelayQueue<int>::Next::cancel_safety == CancelSafety::Safe);

TEST_CASE("TI5: values come out in the order of their deadlines, not early, and then nothing") {
  run_paused([]() -> Task<void> {
    DelayQueue<std::string> queue;
    CHECK_FALSE(co_await queue.next());
    const Instant start = Instant::now();
    queue.insert("c", 3s);
    const Key a = queue.insert("a", 1s);
    queue.insert_at("b", start + 2s);
    queue.insert("c too", 3s);
    CHECK(queue.len() == 4);
    CHECK(queue.peek() == a);
    CHECK(queue.deadline(a) == start + 1s);
    auto first = co_await queue.next();
    REQUIRE(first);
    CHECK(first->value == "a");
    CHECK(first->key == a);
    CHECK(first->deadline == start + 1s);
    CHECK(Instant::now() == start + 1s);
    CHECK((co_await queue.next())->value == "b");
    CHECK(Instant::now() == start + 2s);
    CHECK((co_await queue.next())->value == "c");
    CHECK((co_await queue.next())->value == "c too");
    CHECK(Instant::now() == start + 3s);
    CHECK(queue.empty());
    CHECK_FALSE(queue.peek());
    CHECK_FALSE(co_await queue.next());
    CHECK(support::armed_timers() == 0);
  }());
}

TEST_CASE("TI5: within one tick the order is that of the deadlines, and past ones come at once") {
  run_paused([]() -> Task<void> {
    DelayQueue<int> queue;
    for (const int us : {900, 100, 500, 300, 700}) queue.insert(us, std::chrono::microseconds(us));
    queue.insert(-1, -5s);
    const Stopwatch watch;
    CHECK((co_await queue.next())->value == -1);
    CHECK(watch.elapsed() == 0s);
    for (const int us : {100, 300, 500, 700, 900}) {
      auto expired = co_await queue.next();
      CHECK(expired->value == us);
      CHECK(Instant::now() >= expired->deadline);
    }
    CHECK(watch.elapsed() <= 2ms);
  }());
}

TEST_CASE("TI5: reset moves a value to an earlier or later time, remove takes it out") {
  run_paused([]() -> Task<void> {
    DelayQueue<int> queue;
    const Key one = queue.insert(1, 1s);
    const Key two = queue.insert(2, 2s);
    const Key three = queue.insert(3, 3s);
    const Key four = queue.insert(4, 4s);
    const Instant start = Instant::now();
    queue.reset(one, 10s);
    queue.reset_at(four, start + 500ms);
    const auto removed = queue.remove(two);
    CHECK(removed.value == 2);
    CHECK(removed.key == two);
    CHECK(removed.deadline == start + 2s);
    CHECK(queue.peek() == four);
    CHECK((co_await queue.next())->value == 4);
    CHECK(Instant::now() == start + 500ms);
    CHECK((co_await queue.next())->key == three);
    CHECK((co_await queue.next())->key == one);
    CHECK(Instant::now() == start + 10s);
  }());
}

TEST_CASE("TI5: the key of a value that left names nothing, whoever has its place now") {
  run_paused([]() -> Task<void> {
    DelayQueue<int> queue;
    const Key expired = queue.insert(1, 0s);
    CHECK((co_await queue.next())->value == 1);
    const Key removed = queue.insert(2, 1s);
    CHECK(queue.try_remove(removed)->value == 2);
    const Key cleared = queue.insert(3, 1s);
    queue.clear();
    CHECK(queue.empty());
    const Key living = queue.insert(4, 1s);
    for (const Key key : {expired, removed, cleared, Key()}) {
      CHECK_FALSE(queue.contains(key));
      CHECK_FALSE(queue.try_remove(key));
    }
    queue.compact();
    queue.insert(5, 2s);
    CHECK_FALSE(queue.contains(removed));
    CHECK(queue.contains(living));
    CHECK(queue.len() == 2);
  }());
  const auto misused = [](auto use) {
    return support::aborts_with("this key names no value of the DelayQueue", [&] {
      DelayQueue<int> queue;
      const Key key = queue.insert(1, 1s);
      queue.remove(key);
      use(queue, key);
    });
  };
  CHECK(misused([](auto& queue, Key key) { queue.remove(key); }));
  CHECK(misused([](auto& queue, Key key) { queue.reset(key, 1s); }));
  CHECK(misused([](auto& queue, Key key) { queue.reset_at(key, Instant()); }));
  CHECK(misused([](auto& queue, Key key) { static_cast<void>(queue.deadline(key)); }));
}

TEST_CASE("TI5: a next() that is given up takes nothing and leaves no timer") {
  run_paused([]() -> Task<void> {
    DelayQueue<int> queue;
    queue.insert(1, 2s);
    const Stopwatch watch;
    for (int i = 0; i < 3; ++i) CHECK_FALSE(co_await timeout(500ms, queue.next()));
    CHECK(support::armed_timers() == 0);
    CHECK(queue.len() == 1);
    auto expired = co_await queue.next();
    CHECK(expired->value == 1);
    CHECK(watch.elapsed() == 2s);
    // Aborted wherever it waits.
    for (int turns = 0; turns < 4; ++turns) {
      queue.insert(turns, 1h);
      auto handle = spawn([&queue]() -> Task<void> { static_cast<void>(co_await queue.next()); });
      for (int i = 0; i < turns; ++i) co_await yield_now();
      handle.abort();
      static_cast<void>(co_await handle);
      CHECK(queue.len() == static_cast<std::size_t>(turns) + 1);
      CHECK(support::armed_timers() == 0);
    }
  }());
}

TEST_CASE("TI5: a next() that waits hears of an earlier value, of a later time, and of the last one's removal") {
  run_paused([]() -> Task<void> {
    DelayQueue<int> queue;
    const Key late = queue.insert(1, 10s);
    const auto next = [](DelayQueue<int>& from) -> Task<int> {
      auto expired = co_await from.next();
      co_return expired ? expired->value : -1;
    };
    // Waits for the next value while `change` is made a second later.
    const auto changed = [&](auto change) -> Task<int> {
      const auto act = [&]() -> Task<void> {
        co_await sleep_for(1s);
        change();
      };
      co_return std::get<0>(co_await join(next(queue), act()));
    };
    const Stopwatch watch;
    CHECK(co_await changed([&] { queue.insert(2, 1s); }) == 2);
    CHECK(watch.elapsed() == 2s);
    CHECK(co_await changed([&] { queue.reset(late, 20s); }) == 1);
    CHECK(watch.elapsed() == 23s);
    queue.insert(3, 10s);
    CHECK(co_await changed([&] { queue.remove(*queue.peek()); }) == -1);
    CHECK(watch.elapsed() == 24s);
    queue.insert(4, 10s);
    CHECK(co_await changed([&] { queue.clear(); }) == -1);
    CHECK(watch.elapsed() == 25s);
  }());
}

TEST_CASE("TI5: reserve and with_capacity make room, compact gives it back, and values that only move are fine") {
  auto queue = DelayQueue<std::unique_ptr<int>>::with_capacity(100);
  CHECK(queue.capacity() >= 100);
  std::vector<Key> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(queue.insert(std::make_unique<int>(i), 1s));
  queue.reserve(100);
  CHECK(queue.capacity() >= 200);
  for (int i = 99; i >= 10; --i) CHECK(*queue.remove(keys[static_cast<std::size_t>(i)]).value == i);
  CHECK(*queue.remove(keys[3]).value == 3);
  queue.compact();
  CHECK(queue.capacity() == 10);
  const Key reused = queue.insert(std::make_unique<int>(33), 1s);
  CHECK(queue.capacity() == 10);
  CHECK(*queue.remove(keys[9]).value == 9);
  CHECK(*queue.remove(reused).value == 33);
  DelayQueue<std::unique_ptr<int>> moved = std::move(queue);
  CHECK(moved.len() == 8);
  CHECK(*moved.remove(keys[0]).value == 0);
}

TEST_CASE("TI5: an insert that throws changes nothing") {
  struct Throws {
    bool armed;
    explicit Throws(bool arm) : armed(arm) {}
    Throws(Throws&& other) : armed(other.armed) {
      if (armed) throw std::runtime_error("move");
    }
  };
  DelayQueue<Throws> queue;
  const Key key = queue.insert(Throws(false), 1s);
  CHECK_THROWS(queue.insert(Throws(true), 0s));
  CHECK(queue.len() == 1);
  CHECK(queue.peek() == key);
}

TEST_CASE("TI5: against a sorted list, by random inserts, resets, removals and steps of the clock") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  run_paused([](unsigned from) -> Task<void> {
    std::mt19937 random(from);
    struct Known {
      Key key;
      int value;
      Instant deadline;
      int order;
    };
    std::vector<Known> known;
    DelayQueue<int> queue;
    int order = 0;
    const auto below = [&](unsigned limit) { return random() % limit; };
    for (int step = 0; step < 4000; ++step) {
      const Instant deadline = Instant::now() + std::chrono::microseconds(below(50000));
      switch (known.empty() ? 0 : below(6)) {
        case 0:
        case 1:
          known.push_back({queue.insert_at(step, deadline), step, deadline, order++});
          break;
        case 2: {
          Known& one = known[below(static_cast<unsigned>(known.size()))];
          queue.reset_at(one.key, deadline);
          one.deadline = deadline;
          one.order = order++;
          break;
        }
        case 3: {
          const auto at = known.begin() + static_cast<std::ptrdiff_t>(below(static_cast<unsigned>(known.size())));
          REQUIRE(queue.remove(at->key).value == at->value);
          known.erase(at);
          break;
        }
        case 4: {
          const auto first = std::min_element(known.begin(), known.end(), [](const Known& a, const Known& b) {
            return std::pair(a.deadline, a.order) < std::pair(b.deadline, b.order);
          });
          auto expired = co_await queue.next();
          REQUIRE(expired->value == first->value);
          REQUIRE(Instant::now() >= first->deadline);
          known.erase(first);
          break;
        }
        case 5:
          if (below(20) == 0) queue.compact();
          break;
      }
      REQUIRE(queue.len() == known.size());
    }
  }(seed));
}
