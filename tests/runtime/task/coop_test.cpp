#include <rondeau/task/coop.h>

#include <utility>
#include <vector>

#include <rondeau/runtime/metrics.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/join.h>
#include <rondeau/task/join_all.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "probe.h"

using namespace rondeau;

namespace {

/// Runs `body` beside a task that counts its own turns; returns how many those were.
template <class Body>
int turns_of_others(Body body) {
  auto runtime = runtime::Builder::current_thread().build();
  int turns = 0;
  runtime.value().block_on([&]() -> Task<void> {
    auto other = spawn([&turns]() -> Task<void> {
      for (;; ++turns) co_await yield_now();
    });
    co_await yield_now();
    const int before = turns;
    co_await body();
    turns -= before;
    other.abort();
    static_cast<void>(co_await other);
  });
  return turns;
}

Task<void> consume(int units) {
  for (int i = 0; i < units; ++i) co_await coop::consume_budget();
}
Task<int> one() { co_return 1; }

}  // namespace

TEST_CASE("TK13: coop: a run has 128 units; the next one lets others go first") {
  CHECK(turns_of_others([]() -> Task<void> {
          co_await yield_now();
          co_await consume(128);
          CHECK_FALSE(coop::has_budget_remaining());
        }) <= 2);
  CHECK(turns_of_others([]() -> Task<void> { co_await consume(128 * 10); }) >= 9);
  CHECK(coop::has_budget_remaining());
}

TEST_CASE("TK13: coop: unconstrained is never put off, also in combinators inside, and costs the others nothing") {
  CHECK(turns_of_others([]() -> Task<void> {
          co_await yield_now();
          co_await coop::unconstrained([]() -> Task<void> {
            for (int i = 0; i < 5000; ++i) {
              co_await coop::consume_budget();
              CHECK(coop::has_budget_remaining());
            }
            static_cast<void>(co_await join(consume(1000), consume(1000)));
            std::vector<Task<void>> tasks;
            for (int i = 0; i < 3; ++i) tasks.push_back(consume(1000));
            co_await join_all(std::move(tasks));
          }());
          co_await consume(128);
        }) <= 2);
}

TEST_CASE("TK13: coop: unconstrained gives its value after it waited, and ends with what it is in") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await coop::unconstrained(probe::after(3, 4)) == 4);
    auto nested = []() -> Task<int> {
      auto [a, b] = co_await join(probe::after(2, 1), probe::after(3, 2));
      co_return a + b;
    };
    CHECK(co_await coop::unconstrained(nested()) == 3);
    auto won = co_await select(losing(coop::unconstrained(probe::never())), losing(probe::after(2, 1)));
    CHECK(won.index() == 1);
    auto both = co_await join(coop::unconstrained(nested()), probe::after(9, 1));
    CHECK(std::get<0>(both) == 3);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK13: coop: cooperative makes anything spend a unit each time") {
  CHECK(turns_of_others([]() -> Task<void> {
          for (int i = 0; i < 1280; ++i) CHECK(co_await one() == 1);
        }) == 0);
  CHECK(turns_of_others([]() -> Task<void> {
          for (int i = 0; i < 1280; ++i) CHECK(co_await coop::cooperative(one()) == 1);
        }) >= 9);
}

TEST_CASE("TK13: coop: a Permit gives its unit back unless something was done") {
  CHECK(turns_of_others([]() -> Task<void> {
          for (int i = 0; i < 1280; ++i) static_cast<void>(co_await coop::proceed());
        }) == 0);
  CHECK(turns_of_others([]() -> Task<void> {
          for (int i = 0; i < 1280; ++i) {
            auto permit = co_await coop::proceed();
            auto moved = std::move(permit);
            moved.made_progress();
          }
        }) >= 9);
}

TEST_CASE("TK13: coop: branches of a join_all share their task's budget") {
  CHECK(turns_of_others([]() -> Task<void> {
          std::vector<Task<void>> tasks;
          for (int i = 0; i < 20; ++i) tasks.push_back(consume(64));
          co_await join_all(std::move(tasks));
        }) >= 8);
}
