#include <rondeau/task/async_generator.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/suspend.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/aborts.h"

#include "probe.h"

using namespace rondeau;
using probe::Alive;
using namespace std::chrono_literals;

namespace {

AsyncGenerator<int> count(int from, int to) {
  const Alive alive;
  for (int i = from; i < to; ++i) co_yield i;
}
AsyncGenerator<int> slow_count(int from, int to) {
  const Alive alive;
  for (int i = from; i < to; ++i) {
    co_await probe::count_to(2);
    co_yield i;
  }
}
/// Everything that comes, as a source that waits.
AsyncGenerator<int> all_of(Receiver<int> rx) {
  const Alive alive;
  while (auto item = co_await rx.recv()) co_yield *item;
}
/// The next item of one of the two.
Task<std::optional<int>> either(AsyncGenerator<int>& left, Receiver<int>& right) {
  const Alive alive;
  auto won = co_await select(left.next(), losing([](Receiver<int>& from) -> Task<std::optional<int>> {
    const Alive in_branch;
    co_return std::get<0>(co_await join(from.recv(), probe::after(1, 0)));
  }(right)));
  co_return won.is<0>() ? won.get<0>() : won.get<1>();
}
/// Drives an awaitable in a task of its own, to be aborted wherever it waits.
Task<int> first_of(AsyncGenerator<int> generator) { co_return (co_await generator.next()).value_or(-1); }

/// Lets everyone else come to rest.
Task<void> settle() {
  for (int i = 0; i < 20; ++i) co_await yield_now();
}

}  // namespace

TEST_CASE("GE1: an AsyncGenerator gives its items in order, then nothing, and nothing again") {
  probe::on_every_flavor([]() -> Task<void> {
    for (auto* make : {&count, &slow_count}) {
      auto generator = make(0, 200);
      int expected = 0;
      while (auto item = co_await generator.next()) CHECK(*item == expected++);
      CHECK(expected == 200);
      CHECK_FALSE(co_await generator.next());
      CHECK_FALSE(co_await generator.next());
    }
    AsyncGenerator<int> none;
    CHECK_FALSE(co_await none.next());
  });
}

TEST_CASE("GE1: nothing of the body runs before next() and none between two of them; it is one frame") {
  probe::on_every_flavor([]() -> Task<void> {
    int ran = 0;
    const auto body = [](int* at) -> AsyncGenerator<int> {
      *at = 1;
      co_yield 1;
      *at = 2;
      co_await yield_now();
      co_yield 2;
      *at = 3;
    };
    const std::size_t before = detail::live_frames();
    auto generator = body(&ran);
    CHECK(detail::live_frames() == before + 1);
    co_await settle();
    CHECK(ran == 0);
    CHECK(co_await generator.next() == 1);
    co_await settle();
    CHECK(ran == 1);
    CHECK(co_await generator.next() == 2);
    CHECK(detail::live_frames() == before + 1);
    CHECK(ran == 2);
    CHECK_FALSE(co_await generator.next());
    CHECK(ran == 3);
  });
}

TEST_CASE("GE1: items are moved, never copied, and one that nobody takes is destroyed with the generator") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto body = []() -> AsyncGenerator<std::unique_ptr<Alive>> {
      for (;;) co_yield std::make_unique<Alive>();
    };
    auto generator = body();
    auto item = co_await generator.next();
    CHECK(probe::living == 1);
    auto both = co_await join(generator.next(), probe::after(1, 2));
    CHECK(std::get<0>(both));
    CHECK(probe::living == 2);
  });
}

TEST_CASE("GE1: what the body throws comes out of next() and is its end") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto body = [](bool waits) -> AsyncGenerator<int> {
      const Alive alive;
      co_yield 1;
      if (waits) co_await yield_now();
      throw std::runtime_error("body");
    };
    for (const bool waits : {false, true}) {
      auto generator = body(waits);
      CHECK(co_await generator.next() == 1);
      bool caught = false;
      try {
        static_cast<void>(co_await generator.next());
      } catch (const std::runtime_error& error) {
        caught = std::string(error.what()) == "body";
      }
      CHECK(caught);
      CHECK(probe::living == 0);
      CHECK_FALSE(co_await generator.next());
    }
  });
}

TEST_CASE("GE1: it can be destroyed before it runs, at a co_yield, and at a co_await of what it awaits") {
  probe::on_every_flavor([]() -> Task<void> {
    { auto never_run = count(0, 3); }
    {
      auto at_yield = slow_count(0, 3);
      CHECK(co_await at_yield.next() == 0);
      CHECK(probe::living == 1);
    }
    CHECK(probe::living == 0);
    {
      sync::Notify never;
      auto waits = [](sync::Notify& notify) -> AsyncGenerator<int> {
        const Alive alive;
        co_await [](sync::Notify& inner) -> Task<void> {
          const Alive one_more;
          co_await inner.notified();
        }(notify);
        co_yield 1;
      }(never);
      CHECK_FALSE(co_await timeout(1ms, waits.next()));
      CHECK(probe::living == 2);
    }
    CHECK(probe::living == 0);
  });
}

TEST_CASE("GE1: a task aborted at every suspension of a next() leaves nothing behind") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 12; ++turns) {
      auto handle = spawn(first_of(slow_count(7, 9)));
      for (int i = 0; i < turns; ++i) co_await yield_now();
      handle.abort();
      auto ended = co_await handle;
      CHECK((ended ? *ended == 7 : ended.error().is_cancelled()));
    }
    CHECK(probe::living == 0);
  });
}

TEST_CASE("GE1: a next() that lost a select leaves the body where it waits, and no item is lost") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 4; ++turns) {
      auto generator = slow_count(0, 50);
      int expected = 0;
      int lost = 0;
      for (;;) {
        auto won = co_await select(generator.next(), losing(probe::after(turns, 0))).biased();
        if (won.is<1>()) {
          // Never more often than that: a lost next() makes headway when the other branch waits at all.
          REQUIRE(++lost < 10000);
          if (turns == 0) {
            auto item = co_await generator.next();
            if (!item) break;
            REQUIRE(*item == expected++);
          }
          continue;
        }
        if (!won.get<0>()) break;
        REQUIRE(*won.get<0>() == expected++);
      }
      CHECK(expected == 50);
    }
  });
}

TEST_CASE("GE1: while no next() waits the body does not go on, whatever it waits for") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(8);
    auto generator = all_of(std::move(rx));
    CHECK_FALSE(co_await timeout(1ms, generator.next()));
    CHECK(co_await tx.send(1));
    CHECK(co_await tx.send(2));
    co_await settle();
    CHECK(tx.capacity() == 6);  // nothing was received for nobody
    CHECK(co_await generator.next() == 1);
    CHECK(co_await generator.next() == 2);
    CHECK_FALSE(co_await timeout(1ms, generator.next()));
    spawn([](Sender<int> sender) -> Task<void> {
      co_await yield_now();
      static_cast<void>(co_await sender.send(3));
    }, std::move(tx)).detach();
    CHECK(co_await generator.next() == 3);
    CHECK_FALSE(co_await generator.next());
  });
}

TEST_CASE("GE1: a permit given to a body whose next() lost goes back") {
  probe::on_every_flavor([]() -> Task<void> {
    Semaphore semaphore(1);
    auto held = co_await semaphore.acquire();
    auto generator = [](Semaphore& from) -> AsyncGenerator<int> {
      auto permit = co_await from.acquire();
      co_yield 1;
    }(semaphore);
    CHECK_FALSE(co_await timeout(1ms, generator.next()));
    { auto released = std::move(held); }
    CHECK(semaphore.try_acquire());  // nobody else has it
    CHECK(co_await generator.next() == 1);
    CHECK_FALSE(semaphore.try_acquire());
  });
}

TEST_CASE("GE1: combinators in the body are paused with it: select, join, timeout, another generator") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(8);
    auto [other_tx, other_rx] = mpsc<int>(8);
    auto generator = [](Receiver<int> left, Receiver<int> right) -> AsyncGenerator<int> {
      const Alive alive;
      auto inner = all_of(std::move(left));
      while (const auto item = (co_await timeout(10s, either(inner, right))).value()) co_yield *item;
    }(std::move(rx), std::move(other_rx));
    for (int round = 0; round < 20; ++round) {
      CHECK_FALSE(co_await timeout(1us, generator.next()));
      CHECK(co_await tx.send(round));
      co_await settle();
      CHECK(tx.capacity() == 7);
      CHECK(co_await generator.next() == round);
      CHECK_FALSE(co_await timeout(1us, generator.next()));
      CHECK(co_await other_tx.send(-round));
      co_await settle();
      CHECK(other_tx.capacity() == 7);
      CHECK(co_await generator.next() == -round);
    }
    // Woken while it waits, by the inner generator's leaf and by the slot of a branch.
    for (auto* sender : {&tx, &other_tx}) {
      auto handle = spawn([](Sender<int> to) -> Task<void> {
        co_await probe::count_to(3);
        static_cast<void>(co_await to.send(5));
      }, *sender);
      CHECK(co_await generator.next() == 5);
      CHECK(co_await handle);
    }
    CHECK_FALSE(co_await timeout(1us, generator.next()));
    // Destroyed while it is paused, with all of that in it.
  });
}

TEST_CASE("GE1: the time of a timeout in the body runs on while it is paused") {
  auto runtime = runtime::Builder::current_thread().start_paused().build();
  runtime->block_on([]() -> Task<void> {
    sync::Notify never;
    auto generator = [](sync::Notify& notify) -> AsyncGenerator<bool> {
      for (;;) {
        const auto in_time = co_await timeout(2s, notify.notified());
        co_yield static_cast<bool>(in_time);
      }
    }(never);
    const auto begin = Instant::now();
    CHECK_FALSE(co_await timeout(1s, generator.next()));
    co_await sleep_for(3s);
    CHECK(co_await generator.next() == false);
    CHECK(begin.elapsed() == 4s);
    // And one that is not over is armed again.
    CHECK_FALSE(co_await timeout(1s, generator.next()));
    CHECK(co_await generator.next() == false);
    CHECK(begin.elapsed() == 6s);
  }());
}

TEST_CASE("GE1: a paused generator goes on in another task, also after the first one is gone") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int round = 0; round < 30; ++round) {
      auto [tx, rx] = mpsc<int>(8);
      std::optional<AsyncGenerator<int>> moved;
      {
        // Paused at a leaf, and below a select, in the first task, which ends.
        auto handle = spawn([](Receiver<int> from) -> Task<AsyncGenerator<int>> {
          auto generator = [](Receiver<int> receiver) -> AsyncGenerator<int> {
            const Alive alive;
            for (;;) {
              auto won = co_await select(receiver.recv(), losing(probe::never()));
              if (!won.get<0>()) break;
              co_yield *won.get<0>();
            }
          }(std::move(from));
          CHECK_FALSE(co_await timeout(1us, generator.next()));
          co_return std::move(generator);
        }, std::move(rx));
        auto ended = co_await handle;
        REQUIRE(ended);
        moved.emplace(*std::move(ended));
      }
      auto consumer = spawn([](AsyncGenerator<int> generator) -> Task<int> {
        int sum = 0;
        while (auto item = co_await generator.next()) sum += *item;
        co_return sum;
      }, *std::move(moved));
      for (int i = 1; i <= 10; ++i) CHECK(co_await tx.send(i));
      { auto closed = std::move(tx); }
      CHECK((co_await consumer).value() == 55);
    }
  });
}

TEST_CASE("GE1: a callback's wake that comes while the body is paused is found, and the callback is not begun again") {
  probe::on_every_flavor([]() -> Task<void> {
    int begun = 0;
    std::optional<Waker> waker;
    auto generator = [](int& count, std::optional<Waker>& out) -> AsyncGenerator<int> {
      co_await suspend([&](Waker given) {
        ++count;
        out = std::move(given);
      });
      co_yield count;
    }(begun, waker);
    CHECK_FALSE(co_await timeout(1us, generator.next()));
    CHECK_FALSE(co_await timeout(1us, generator.next()));
    waker->wake();
    CHECK(co_await generator.next() == 1);
  });
}

TEST_CASE("GE1: a blocking call in the body is made once, however often its next() is lost") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> calls{0};
    auto generator = [](std::atomic<int>& count) -> AsyncGenerator<int> {
      const auto result = co_await blocking([&count] { return ++count; });
      co_yield result.value();
    }(calls);
    for (int i = 0; i < 3; ++i) {
      auto won = co_await select(generator.next(), yield_now()).biased();
      if (won.is<0>()) {
        CHECK(won.get<0>() == 1);
        co_return;
      }
    }
    CHECK(co_await generator.next() == 1);
  });
}

TEST_CASE("GE1: a scope in the body outlives a next() that lost, and the generator goes on with it") {
  probe::on_every_flavor([]() -> Task<void> {
    sync::Notify go;
    auto generator = [](sync::Notify& notify) -> AsyncGenerator<int> {
      const int result = co_await TaskScope::run([&](TaskScope& scope) -> Task<int> {
        auto child = scope.spawn([&notify]() -> Task<int> {
          const Alive alive;
          co_await notify.notified();
          co_return 9;
        });
        co_return (co_await child).value();
      });
      co_yield result;
    }(go);
    CHECK_FALSE(co_await timeout(1us, generator.next()));
    CHECK((co_await select(generator.next(), losing(probe::count_to(2))).biased()).is<1>());
    CHECK(probe::living == 1);
    go.notify_one();
    while (probe::living != 0) co_await yield_now();  // the child ends while the body is paused
    CHECK(co_await generator.next() == 9);
    CHECK_FALSE(co_await generator.next());
  });
}

namespace {

AsyncGenerator<int> with_open_scope() {
  const Alive alive;
  co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
    const Alive in_body;
    scope.spawn(probe::for_ever()).detach();
    co_await probe::for_ever();
  });
  co_yield 1;
}

}  // namespace

TEST_CASE("GE1: co_await cancel(generator) ends the scopes of its body first, then the body") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 5; ++turns) {
      auto generator = with_open_scope();
      static_cast<void>(co_await select(generator.next(), losing(probe::after(turns, 0))).biased());
      co_await cancel(generator);
      CHECK(probe::living == 0);
      CHECK_FALSE(co_await generator.next());
    }
    AsyncGenerator<int> none;
    co_await cancel(none);
    auto fresh = count(0, 3);
    co_await cancel(fresh);
    auto at_yield = count(0, 3);
    CHECK(co_await at_yield.next() == 0);
    co_await cancel(at_yield);
    CHECK(probe::living == 0);
    // As a branch that loses: the scope is waited for.
    auto generator = with_open_scope();
    CHECK_FALSE(co_await timeout(1us, generator.next()));
    static_cast<void>(co_await select(yield_now(), cancel(generator)));
    co_await cancel(generator);
    CHECK(probe::living == 0);
  });
}

TEST_CASE("GE1: a task that is aborted in a next() whose body has an open scope ends the scope first") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 10; ++turns) {
      auto handle = spawn(first_of(with_open_scope()));
      for (int i = 0; i < turns; ++i) co_await yield_now();
      handle.abort();
      CHECK((co_await handle).error().is_cancelled());
      CHECK(probe::living == 0);
      // The same where a select's loser is the frame that awaits.
      static_cast<void>(co_await select(losing(first_of(with_open_scope())), losing(probe::after(turns, 0))).biased());
      CHECK(probe::living == 0);
    }
  });
}

TEST_CASE("GE1: a generator that outlives the frame that awaited it goes on, with an open scope's children ended") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto borrow = [](AsyncGenerator<int>& from) -> Task<int> { co_return (co_await from.next()).value_or(-1); };
    for (int turns = 0; turns < 5; ++turns) {
      auto numbers = slow_count(0, 3);
      static_cast<void>(co_await select(losing(borrow(numbers)), losing(probe::after(turns, 0))).biased());
      CHECK(co_await numbers.next());
      CHECK(probe::living == 1);
      auto generator = []() -> AsyncGenerator<bool> {
        const bool cancelled = co_await TaskScope::run([](TaskScope& scope) -> Task<bool> {
          auto child = co_await scope.spawn(probe::for_ever());
          co_return child.error().is_cancelled();
        });
        co_yield cancelled;
      }();
      auto next = [](AsyncGenerator<bool>& from) -> Task<void> { static_cast<void>(co_await from.next()); };
      static_cast<void>(co_await select(losing(next(generator)), losing(probe::count_to(5))).biased());
      CHECK(probe::living == 1);
      CHECK(co_await generator.next() == true);
    }
  });
}

TEST_CASE("GE1: destroying a generator whose body has an open scope aborts and says what to type") {
  CHECK(support::aborts_with("co_await cancel(generator)", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime->block_on([]() -> Task<void> {
      auto generator = with_open_scope();
      static_cast<void>(co_await select(generator.next(), losing(probe::after(5, 0))));
    }());
  }));
}

namespace {

/// As an open scope.
struct Held final : detail::Hold {
  bool drained() noexcept override { return true; }
  void end() noexcept override {}
  void move_to(detail::Wake) noexcept override {}
  void for_each_child(detail::ChildVisitor&) const noexcept override {}
};

}  // namespace

TEST_CASE("GE1: co_yield inside a scope aborts, and so does a second next() at once") {
  CHECK(support::aborts_with("co_yield inside a scope", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime->block_on([]() -> Task<void> {
      auto generator = []() -> AsyncGenerator<int> {
        Held held;
        (co_await detail::ThisStrand{}).add_hold(held);
        co_yield 1;
      }();
      static_cast<void>(co_await generator.next());
    }());
  }));
  CHECK(support::aborts_with("one user at a time", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime->block_on([]() -> Task<void> {
      auto generator = []() -> AsyncGenerator<int> {
        co_await probe::for_ever();
        co_yield 1;
      }();
      static_cast<void>(co_await join(generator.next(), generator.next()));
    }());
  }));
}

TEST_CASE("GE1: a generator that never waits lets others go first now and then, and its loop does not grow the stack") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<bool> other_ran{false};
    auto other = spawn([&]() -> Task<void> {
      other_ran = true;
      co_return;
    });
    auto generator = []() -> AsyncGenerator<int> {
      for (int i = 0;; ++i) co_yield i;
    }();
    int seen = 0;
    while (!other_ran || seen < 200000) {
      REQUIRE(co_await generator.next() == seen);
      ++seen;
    }
    CHECK(co_await other);
  });
}
