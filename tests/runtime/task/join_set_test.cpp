#include <rondeau/task/join_set.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>

#include <rondeau/task/join.h>
#include <rondeau/task/select.h>

#include "probe.h"

using namespace rondeau;
using probe::after;
using probe::never;

namespace {

Task<int> fails() {
  co_await yield_now();
  throw std::runtime_error("the task failed");
}

}  // namespace

TEST_CASE("TK10: join set: gives every result once, and then that it is empty") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    CHECK_FALSE(co_await set.join_next());
    std::set<int> values;
    for (int i = 0; i < 100; ++i) set.spawn(after, i % 7, i);
    CHECK(set.len() == 100);
    while (auto ended = co_await set.join_next()) values.insert(ended->value());
    CHECK(values.size() == 100);
    CHECK(set.empty());
    set.spawn(after(0, 7));
    CHECK((co_await set.next())->value() == 7);
  });
}

TEST_CASE("TK10: join set: results come in the order of completion") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    JoinSet<int> set;
    for (const int turns : {9, 3, 6}) set.spawn(after, turns, turns);
    std::string order;
    while (auto ended = co_await set.join_next()) order += std::to_string(ended->value());
    CHECK(order == "369");
  }());
}

TEST_CASE("TK10: join set: ids name the tasks that ended, and blocking calls are members too") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    const AbortHandle first = set.spawn(after, 3, 1);
    const AbortHandle second = set.spawn_blocking([](int value) { return value; }, 2);
    for (int i = 0; i < 2; ++i) {
      auto ended = co_await set.join_next_with_id();
      REQUIRE(ended);
      CHECK(ended->first == (ended->second.value() == 1 ? first.id() : second.id()));
    }
    CHECK(first.is_finished());
    CHECK_FALSE(set.try_join_next());
  });
}

TEST_CASE("TK10: join set: an aborted task and one that threw are results like others") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    set.spawn(fails);
    set.spawn(never).abort();
    int cancelled = 0;
    int thrown = 0;
    while (auto ended = co_await set.join_next()) {
      REQUIRE_FALSE(*ended);
      cancelled += ended->error().is_cancelled() ? 1 : 0;
      thrown += ended->error().is_exception() ? 1 : 0;
    }
    CHECK(cancelled == 1);
    CHECK(thrown == 1);
  });
}

TEST_CASE("TK10: join set: destroying it, or shutting it down, ends its tasks") {
  probe::on_every_flavor([]() -> Task<void> {
    {
      JoinSet<int> set;
      for (int i = 0; i < 10; ++i) set.spawn(never);
      co_await yield_now();
    }
    while (probe::living != 0) co_await yield_now();
    JoinSet<int> set;
    for (int i = 0; i < 10; ++i) set.spawn(never);
    for (int i = 0; i < 10; ++i) set.spawn(after, 0, 1);
    co_await set.shutdown();
    CHECK(set.empty());
    CHECK(probe::living == 0);
  });
}

TEST_CASE("TK10: join set: detached tasks go on without it") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> ended = 0;
    {
      JoinSet<void> set;
      for (int i = 0; i < 10; ++i) {
        set.spawn([&ended]() -> Task<void> {
          co_await yield_now();
          ++ended;
        });
      }
      set.detach_all();
      CHECK(set.empty());
    }
    while (ended != 10) co_await yield_now();
  });
}

TEST_CASE("TK10: join set: join_all gives all, also of those that failed, and ends them where it is cancelled itself") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    for (int i = 0; i < 10; ++i) set.spawn(after, i, i);
    set.spawn(fails);
    const auto all = co_await std::move(set).join_all();
    int good = 0;
    for (const auto& one : all) good += one ? 1 : 0;
    CHECK(all.size() == 11);
    CHECK(good == 10);

    JoinSet<int> endless;
    for (int i = 0; i < 3; ++i) endless.spawn(never);
    auto won = co_await select(losing(std::move(endless).join_all()), yield_now());
    CHECK(won.index() == 1);
    while (probe::living != 0) co_await yield_now();
  });
}

TEST_CASE("TK10: join set: a join_next that is dropped takes no task out of the set") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    constexpr int kTasks = 50;
    for (int i = 0; i < kTasks; ++i) set.spawn(after, i % 5, i);
    std::set<int> values;
    while (!set.empty()) {
      auto won = co_await select(set.join_next(), yield_now());
      if (won.index() == 0) values.insert(won.get<0>()->value());
    }
    CHECK(values.size() == kTasks);
  });
}

TEST_CASE("TK10: join set: a join_next that nobody awaits does not take the wake of another") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    set.spawn(after, 20, 1);
    auto waits = [&]() -> Task<int> { co_return (co_await set.join_next())->value(); };
    auto drops = [&]() -> Task<void> {
      static_cast<void>(set.join_next());
      co_return;
    };
    CHECK(std::get<0>(co_await join(waits(), drops())) == 1);
  });
}

TEST_CASE("TK10: join set: it may be moved while its tasks run") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> first;
    for (int i = 0; i < 5; ++i) first.spawn(after, 3, i);
    JoinSet<int> second = std::move(first);
    first = JoinSet<int>();
    first.spawn(never);
    first = std::move(second);
    CHECK(first.len() == 5);
    int count = 0;
    while (co_await first.join_next()) ++count;
    CHECK(count == 5);
    while (probe::living != 0) co_await yield_now();
  });
}

TEST_CASE("TK10: join set: a task that is spawned when the runtime has ended is a cancelled one") {
  JoinSet<int> set;
  auto handle = std::make_unique<runtime::Runtime>(runtime::Builder::current_thread().build().value());
  const runtime::Handle late = handle->handle();
  handle.reset();
  {
    const auto guard = late.enter();
    set.spawn(never);
  }
  const auto ended = set.try_join_next();
  REQUIRE(ended);
  CHECK(ended->error().is_cancelled());
}
