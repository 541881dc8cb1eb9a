#include <rondeau/task/join.h>
#include <rondeau/task/select.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <chrono>
#include <thread>

#include <rondeau/task/spawn.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/timeout.h>

#include "probe.h"

using namespace rondeau;
using probe::Alive;

namespace {

Task<int> value(int number) { co_return number; }
Task<void> nothing() { co_return; }
Task<int> throws_after(int turns) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) co_await yield_now();
  throw std::runtime_error("branch");
  co_return 0;
}
Task<Result<int>> result_after(int turns, Result<int> result) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) co_await yield_now();
  co_return result;
}
struct NotesItsEnd {
  std::vector<int>* ends;
  int name;
  ~NotesItsEnd() { ends->push_back(name); }
};
Task<void> stays(std::vector<int>* ends, int name) {
  const NotesItsEnd note{ends, name};
  co_await probe::for_ever();
}
Task<int> nested(int depth) {
  const Alive alive;
  if (depth == 0) co_return co_await probe::count_to(3);
  auto won = co_await select(losing(nested(depth - 1)), losing(probe::for_ever()));
  co_return won.is<0>() ? won.get<0>() + 1 : -1;
}

}  // namespace

TEST_CASE("select: the first ready branch wins and the losers are destroyed before it returns") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      auto won = co_await select(losing(probe::for_ever()), losing(probe::count_to(i % 4)), losing(probe::for_ever()));
      CHECK(won.index() == 1);
      CHECK(won.get<1>() == i % 4);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("select: biased starts in order, and a branch ready at once keeps later ones from starting") {
  probe::on_every_flavor([]() -> Task<void> {
    bool started = false;
    auto later = [&]() -> Task<void> {
      started = true;
      co_return;
    };
    auto won = co_await select(losing(value(1)), losing(later())).biased();
    CHECK(won.index() == 0);
    CHECK_FALSE(started);
  });
}

TEST_CASE("select: without biased every branch wins now and then") {
  auto runtime = runtime::Builder::current_thread().rng_seed(7).build();
  runtime.value().block_on([]() -> Task<void> {
    int wins[3] = {};
    for (int i = 0; i < 300; ++i) ++wins[(co_await select(losing(value(0)), losing(value(1)), losing(nothing()))).index()];
    for (const int count : wins) CHECK(count > 50);
  });
}

TEST_CASE("select: losers are destroyed in reverse order of their start") {
  auto runtime = runtime::Builder::current_thread().build();
  std::vector<int> ends;
  runtime.value().block_on([&]() -> Task<void> {
    auto won = co_await select(losing(stays(&ends, 1)), losing(stays(&ends, 2)), losing(stays(&ends, 3)),
                               losing(probe::count_to(2)))
                   .biased();
    CHECK(won.index() == 3);
  });
  CHECK(ends == std::vector<int>{3, 2, 1});
}

TEST_CASE("select: match calls the handler of the branch that won") {
  auto runtime = runtime::Builder::current_thread().build();
  runtime.value().block_on([]() -> Task<void> {
    auto won = co_await select(losing(probe::for_ever()), losing(value(41)));
    CHECK(std::move(won).match([] { return 0; }, [](int number) { return number + 1; }) == 42);
  });
}

TEST_CASE("select: nested twenty deep, with more branches than there are slots") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await nested(20) == 23);
    // 70 nested combinators: the last slot is shared.
    CHECK(co_await nested(70) == 73);
    auto handle = spawn(nested(40));
    co_await yield_now();
    handle.abort();
    const auto joined = co_await handle;
    CHECK((!joined || *joined == 43));  // another worker may have been faster than the abort
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("join: gives all values; an exception in one destroys the others and passes on") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [a, b, c] = co_await join(value(1), probe::count_to(5), nothing());
    CHECK(a + b == 6);
    CHECK(std::is_same_v<decltype(c), std::monostate>);
    bool caught = false;
    try {
      static_cast<void>(co_await join(probe::for_ever(), throws_after(3)));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("try_join: the first error in time ends the others") {
  probe::on_every_flavor([]() -> Task<void> {
    auto good = co_await try_join(result_after(1, 1), result_after(3, 2));
    CHECK(std::get<0>(good.value()) + std::get<1>(good.value()) == 3);
    auto bad = co_await try_join(result_after(1000000, 1), result_after(3, Errc::Closed), result_after(9, Errc::TimedOut));
    REQUIRE_FALSE(bad);
    CHECK(bad.error() == Errc::Closed);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("select: a timeout as a branch, whose own scope must drain first, ends when that is done") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto drains = []() -> Task<int> {
      co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
        scope.spawn_blocking([] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }).detach();
        co_await scope.join();
      });
      co_return 1;
    };
    Notify never;
    auto won = co_await select(losing(timeout(std::chrono::milliseconds(5), drains())), never.notified());
    CHECK(won.index() == 0);
    CHECK_FALSE(won.get<0>().has_value());
    auto inner = co_await timeout(std::chrono::seconds(10), timeout(std::chrono::milliseconds(5), drains()));
    CHECK_FALSE(inner.value().has_value());
  });
}

TEST_CASE("select: a branch that was put off and lost may be awaited again") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [sender, receiver] = mpsc<int>(1000);
    // More than a task may complete in one run, so that both branches are put off once.
    for (int i = 0; i < 300; ++i) static_cast<void>(sender.try_send(i));
    auto every = interval_at(Instant::now() + std::chrono::hours(1), std::chrono::hours(1));
    auto tick = every.tick();
    for (int i = 0; i < 300; ++i) {
      auto won = co_await select(receiver.recv(), tick).biased();
      REQUIRE(won.index() == 0);
      CHECK(won.get<0>() == i);
    }
  });
}
