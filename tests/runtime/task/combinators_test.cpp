#include <rondeau/task/join.h>
#include <rondeau/task/select.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <rondeau/task/spawn.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/timeout.h>

#include "../../support/aborts.h"
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
JoinHandle<int> handle_of(int turns) { return spawn(probe::after(turns, 1)); }
Task<int> nested(int depth) {
  const Alive alive;
  if (depth == 0) co_return co_await probe::count_to(3);
  auto won = co_await select(losing(nested(depth - 1)), losing(probe::for_ever()));
  co_return won.is<0>() ? won.get<0>() + 1 : -1;
}

}  // namespace

TEST_CASE("TK14: select: the first ready branch wins and the losers are destroyed before it returns") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      auto won = co_await select(losing(probe::for_ever()), losing(probe::count_to(i % 4)), losing(probe::for_ever()));
      CHECK(won.index() == 1);
      CHECK(won.get<1>() == i % 4);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK14: select: biased starts in order, and a branch ready at once keeps later ones from starting") {
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

TEST_CASE("TK14: select: without biased every branch wins now and then") {
  auto runtime = runtime::Builder::current_thread().rng_seed(7).build();
  runtime.value().block_on([]() -> Task<void> {
    int wins[3] = {};
    for (int i = 0; i < 300; ++i) ++wins[(co_await select(losing(value(0)), losing(value(1)), losing(nothing()))).index()];
    for (const int count : wins) CHECK(count > 50);
  });
}

TEST_CASE("TK14: select: losers are destroyed in reverse order of their start") {
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

TEST_CASE("TK14: select: match calls the handler of the branch that won") {
  auto runtime = runtime::Builder::current_thread().build();
  runtime.value().block_on([]() -> Task<void> {
    auto won = co_await select(losing(probe::for_ever()), losing(value(41)));
    CHECK(std::move(won).match([] { return 0; }, [](int number) { return number + 1; }) == 42);
  });
}

TEST_CASE("TK14: select: nested twenty deep, with more branches than there are slots") {
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

TEST_CASE("TK15: join: gives all values; an exception in one destroys the others and passes on") {
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

TEST_CASE("TK15: try_join: the first error in time ends the others") {
  probe::on_every_flavor([]() -> Task<void> {
    auto good = co_await try_join(result_after(1, 1), result_after(3, 2));
    CHECK(std::get<0>(good.value()) + std::get<1>(good.value()) == 3);
    auto bad = co_await try_join(result_after(1000000, 1), result_after(3, Errc::Closed), result_after(9, Errc::TimedOut));
    REQUIRE_FALSE(bad);
    CHECK(bad.error() == Errc::Closed);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: a timeout as a branch, whose own scope must drain first, ends when that is done") {
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

TEST_CASE("TK14: select: a branch that was put off and lost may be awaited again") {
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

TEST_CASE("TK14: select: a branch whose condition is false never starts") {
  probe::on_every_flavor([]() -> Task<void> {
    bool started = false;
    auto notes = [](bool& flag) -> Task<int> {
      flag = true;
      co_return 1;
    };
    for (int i = 0; i < 20; ++i) {
      auto won = co_await select(when(false, losing(notes(started))), when(true, losing(probe::count_to(2))));
      CHECK(won.index() == 1);
      CHECK(won.get<1>() == 2);
    }
    CHECK_FALSE(started);
    // What is left out may not even be there.
    std::vector<Task<int>> none(1);
    auto [tx, rx] = mpsc<int>(1);
    CHECK((co_await select(when(false, none[0]), when(false, rx.recv()), yield_now()).biased()).index() == 2);
  });
}

TEST_CASE("TK14: select: a result that is refused disables its branch, and the select waits on") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto is_even = [](int number) { return number % 2 == 0; };
    for (int turns = 0; turns < 4; ++turns) {
      auto won = co_await select(accept_if(losing(probe::after(turns, 1)), is_even),
                                 accept_if(losing(probe::after(2, 3)), is_even),
                                 accept_if(losing(probe::after(9, 4)), is_even));
      CHECK(won.index() == 2);
      CHECK(won.get<2>() == 4);
      CHECK(probe::living.load() == 0);
    }
    // An awaiter as well: what it gave is dropped, what follows stays.
    auto [tx, rx] = mpsc<int>(4);
    static_cast<void>(tx.try_send(1));
    static_cast<void>(tx.try_send(2));
    auto won = co_await select(accept_if(rx.recv(), [](const std::optional<int>& item) { return item == 5; }), yield_now());
    CHECK(won.index() == 1);
    CHECK((co_await rx.recv()) == 2);
    // By name, and then there is nothing left of it.
    auto task = probe::after(2, 1);
    CHECK((co_await select(accept_if(task, is_even), losing(probe::after(9, 0)))).index() == 1);
    CHECK_FALSE(task);
    // A branch without a value is asked about nothing.
    bool open = false;
    auto last = co_await select(accept_if(losing(nothing()), [&] { return open; }), yield_now()).biased();
    CHECK(last.index() == 1);
  });
}

TEST_CASE("TK14: select: what a branch or its predicate throws passes on") {
  probe::on_every_flavor([]() -> Task<void> {
    int caught = 0;
    try {
      static_cast<void>(co_await select(accept_if(losing(throws_after(2)), [](int) { return false; }), losing(probe::never())));
    } catch (const std::runtime_error&) {
      ++caught;
    }
    try {
      static_cast<void>(co_await select(
          accept_if(losing(probe::after(2, 1)), [](int) -> bool { throw std::runtime_error("predicate"); }),
          losing(probe::never())));
    } catch (const std::runtime_error&) {
      ++caught;
    }
    CHECK(caught == 2);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: otherwise gives the value where every branch is disabled, and only there") {
  probe::on_every_flavor([]() -> Task<void> {
    auto closed = co_await select(when(false, losing(probe::never())), when(false, yield_now()), otherwise([] { return 7; }));
    CHECK(closed.index() == 2);
    CHECK(closed.get<2>() == 7);
    auto refused = co_await select(accept_if(losing(probe::after(3, 1)), [](int) { return false; }),
                                   accept_if(losing(value(1)), [](int) { return false; }), otherwise([] {}));
    CHECK(refused.index() == 2);
    bool called = false;
    auto open = co_await select(when(false, losing(probe::never())), losing(probe::after(1, 1)), otherwise([&] { called = true; }));
    CHECK(open.index() == 1);
    CHECK_FALSE(called);
    CHECK(probe::living.load() == 0);
  });
  CHECK(support::aborts_with("every branch of this select is disabled; add otherwise(function)", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime.value().block_on([]() -> Task<void> {
      static_cast<void>(co_await select(when(false, yield_now()), accept_if(yield_now(), [] { return false; })));
    });
  }));
}

TEST_CASE("TK14: select: a Task its author calls cancel_safe, or given by name, needs no losing") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK((co_await select(cancel_safe(probe::never()), cancel_safe(probe::after(2, 1)))).index() == 1);
    auto safe = cancel_safe(probe::after(4, 6));
    CHECK((co_await select(safe, yield_now()).biased()).index() == 1);
    CHECK((co_await select(safe, losing(probe::never()))).get<0>() == 6);
    CHECK(co_await cancel_safe(probe::after(1, 5)) == 5);
    static_assert(decltype(select(losing(value(1)), yield_now()))::cancel_safety == CancelSafety::Loses);
    static_assert(decltype(join(yield_now(), cancel_safe(value(1))))::cancel_safety == CancelSafety::Safe);
  });
}

TEST_CASE("TK14: select: biased goes on in order, too") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      auto won = co_await select(losing(probe::after(3, 0)), losing(probe::after(3, 1)), losing(probe::after(3, 2))).biased();
      CHECK(won.index() == 0);
    }
  });
}

TEST_CASE("TK14: select: one that is a branch itself ends what it has begun when it loses") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int i = 0; i < 4; ++i) {
      auto won = co_await select(losing(select(losing(probe::never()), losing(probe::after(i, 1)))),
                                 losing(join(probe::after(2, 1), probe::after(1, 2))));
      if (won.index() == 1) CHECK(std::get<1>(won.get<1>()) == 2);
      CHECK(probe::living.load() == 0);
    }
  });
}

namespace {

Task<void> notes_its_runs(std::vector<int>* order, int name, int runs) {
  for (int i = 0; i < runs; ++i) {
    order->push_back(name);
    co_await yield_now();
  }
}

}  // namespace

TEST_CASE("TK15: join: another branch goes first in each run, unless it is biased") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<int> order;
    static_cast<void>(co_await join(notes_its_runs(&order, 0, 4), notes_its_runs(&order, 1, 4), notes_its_runs(&order, 2, 4)));
    CHECK(order == std::vector<int>{0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2});
    order.clear();
    static_cast<void>(
        co_await join(notes_its_runs(&order, 0, 3), notes_its_runs(&order, 1, 3), notes_its_runs(&order, 2, 3)).biased());
    CHECK(order == std::vector<int>{0, 1, 2, 0, 1, 2, 0, 1, 2});
    order.clear();
    auto in_turn = [](std::vector<int>* runs, int name) -> Task<Result<void>> {
      co_await notes_its_runs(runs, name, 2);
      co_return Result<void>();
    };
    CHECK(co_await try_join(in_turn(&order, 0), in_turn(&order, 1)));
    CHECK(order == std::vector<int>{0, 1, 1, 0});
    order.clear();
    CHECK(co_await try_join(in_turn(&order, 0), in_turn(&order, 1)).biased());
    CHECK(order == std::vector<int>{0, 1, 0, 1});
  });
}

TEST_CASE("TK15: try_join: takes whatever gives a Result; an exception destroys the others and passes on") {
  probe::on_every_flavor([]() -> Task<void> {
    auto handle = spawn(probe::after(2, 4));
    auto mixed = co_await try_join(handle, result_after(1, 2), timeout(std::chrono::seconds(10), probe::after(1, 3)));
    static_assert(std::is_same_v<decltype(mixed)::error_type, Error>);
    REQUIRE(mixed);
    CHECK(std::get<0>(*mixed) + std::get<1>(*mixed) + std::get<2>(*mixed) == 9);

    auto gone = spawn(probe::never());
    gone.abort();
    auto alike = co_await try_join(gone, handle_of(1));
    static_assert(std::is_same_v<decltype(alike)::error_type, JoinError>);
    CHECK(alike.error().is_cancelled());

    bool caught = false;
    auto throws = []() -> Task<Result<int>> {
      static_cast<void>(co_await throws_after(3));
      co_return 0;
    };
    try {
      static_cast<void>(co_await try_join(result_after(1'000'000, 1), throws()));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(probe::living.load() == 0);
  });
}
