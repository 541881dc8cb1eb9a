#include <rondeau/task/join_map.h>

#include <algorithm>
#include <set>
#include <string>

#include <rondeau/task/join_queue.h>
#include <rondeau/task/select.h>

#include "probe.h"

using namespace rondeau;
using probe::after;
using probe::never;

TEST_CASE("TK11: join map: gives every result with its key") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinMap<std::string, int> map;
    CHECK_FALSE(co_await map.join_next());
    for (int i = 0; i < 200; ++i) map.spawn("task " + std::to_string(i), after, i % 7, i);
    map.spawn_blocking("task 200", [] { return 200; });
    CHECK(map.len() == 201);
    CHECK(map.contains("task 7"));
    CHECK(map.keys().size() == 201);
    int count = 0;
    while (auto ended = co_await map.next()) {
      CHECK(ended->first == "task " + std::to_string(ended->second.value()));
      CHECK_FALSE(map.contains(ended->first));
      ++count;
    }
    CHECK(count == 201);
    CHECK(map.empty());
  });
}

TEST_CASE("TK11: join map: spawning under a key that is taken ends the task before, which is never reported") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinMap<int, int> map;
    map.spawn(1, never);
    map.spawn(1, after, 0, 10);
    while (probe::living != 0) co_await yield_now();  // both have ended
    map.spawn(1, after, 3, 11);                       // and so is one that had its result already
    CHECK(map.len() == 1);
    const auto ended = co_await map.join_next();
    REQUIRE(ended);
    CHECK(ended->second.value() == 11);
    CHECK_FALSE(co_await map.join_next());
  });
}

TEST_CASE("TK11: join map: tasks are ended by key, by predicate, all, and with the map") {
  probe::on_every_flavor([]() -> Task<void> {
    {
      JoinMap<int, int> map;
      for (int i = 0; i < 6; ++i) map.spawn(i, never);
      CHECK(map.abort(0));
      CHECK_FALSE(map.abort(6));
      const auto first = co_await map.join_next();
      CHECK(first->first == 0);
      CHECK(first->second.error().is_cancelled());
      map.abort_matching([](int key) { return key % 2 == 0; });
      std::set<int> even{(co_await map.join_next())->first, (co_await map.join_next())->first};
      CHECK(even == std::set<int>{2, 4});
      std::vector<int> left = map.keys();
      std::sort(left.begin(), left.end());
      CHECK(left == std::vector<int>{1, 3, 5});
      JoinMap<int, int> moved = std::move(map);
      CHECK(moved.len() == 3);
      auto other = JoinMap<int, int>();
      other.spawn(0, never);
      other = std::move(moved);
      CHECK(other.len() == 3);
    }
    while (probe::living != 0) co_await yield_now();
    JoinMap<int, int> map;
    for (int i = 0; i < 6; ++i) map.spawn(i, never);
    co_await map.shutdown();
    CHECK(map.empty());
    CHECK(probe::living == 0);
    map.spawn(1, after, 2, 1);
    map.detach_all();
    CHECK(map.empty());
  });
}

TEST_CASE("TK11: join queue: results come in the order of spawning") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinQueue<int> queue;
    CHECK_FALSE(co_await queue.join_next());
    for (int i = 0; i < 20; ++i) queue.spawn(after, 20 - i, i);
    queue.spawn_blocking([] { return 20; });
    CHECK(queue.len() == 21);
    for (int i = 0; i < 21; ++i) CHECK((co_await queue.next())->value() == i);
    CHECK_FALSE(queue.try_join_next());
    CHECK(queue.empty());
  });
}

TEST_CASE("TK11: join queue: a join_next that is dropped takes no task, and destroying the queue ends its tasks") {
  probe::on_every_flavor([]() -> Task<void> {
    {
      JoinQueue<int> queue;
      for (int i = 0; i < 20; ++i) queue.spawn(after, i % 5, i);
      for (int next = 0; next < 20;) {
        auto won = co_await select(queue.join_next(), yield_now());
        if (won.index() == 0) CHECK(won.get<0>()->value() == next++);
      }
      for (int i = 0; i < 3; ++i) queue.spawn(never);
      queue.abort_all();
      CHECK((co_await queue.join_next())->error().is_cancelled());
      queue.detach_all();
      queue.spawn(never);
    }
    while (probe::living != 0) co_await yield_now();
  });
}

TEST_CASE("TK11: abort on drop: ends its task, unless it was detached") {
  probe::on_every_flavor([]() -> Task<void> {
    {
      const AbortOnDrop<int> guard(spawn(never));
      CHECK_FALSE(guard.is_finished());
    }
    while (probe::living != 0) co_await yield_now();
    AbortOnDrop<int> guard(spawn(after, 3, 5));
    AbortOnDrop<int> other(spawn(never));
    other = std::move(guard);
    CHECK(other.id() == other.abort_handle().id());
    JoinHandle<int> handle = std::move(other).detach();
    CHECK((co_await handle).value() == 5);
    AbortOnDrop<int> awaited(spawn(after, 3, 6));
    CHECK((co_await awaited).value() == 6);
  });
}
