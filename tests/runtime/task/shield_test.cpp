#include <rondeau/task/shield.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>

#include <rondeau/sync/oneshot.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "probe.h"

using namespace rondeau;
using namespace std::chrono_literals;
using probe::Alive;

namespace {

/// Work of some turns and combinators, that says when it was done.
Task<int> work(std::atomic<int>* done, int turns = 5) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) {
    co_await yield_now();
    static_cast<void>(co_await select(losing(probe::for_ever()), losing(probe::count_to(2))));
    auto child = spawn(probe::count_to, 1);
    static_cast<void>(co_await join(child, probe::count_to(1)));
  }
  co_await sleep_for(1ms);
  done->fetch_add(1);
  co_return 7;
}

Task<int> shielded(std::atomic<int>* done) { co_return co_await shield(work(done)); }

Task<void> works_once_told(std::atomic<bool>* begun, OneshotReceiver<int> go, std::atomic<int>* done) {
  *begun = true;
  co_await go;
  co_await work(done);
}

/// Two children, which it waits for.
Task<void> works_in_a_scope(std::atomic<int>* done) {
  static_cast<void>(co_await TaskScope::run([done](TaskScope& scope) -> Task<Result<void>> {
    scope.spawn(work, done, 5).detach();
    scope.spawn(work, done, 5).detach();
    co_await scope.join();
    co_return {};
  }));
}

}  // namespace

TEST_CASE("CA2: shield: gives the value, or passes the exception on") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> done{0};
    CHECK(co_await shield(work(&done)) == 7);
    co_await shield([]() -> Task<void> { co_return; }());
    bool caught = false;
    try {
      co_await shield([]() -> Task<void> {
        co_await yield_now();
        throw std::runtime_error("inside");
      }());
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
  });
}

TEST_CASE("CA2: shield: an abort waits for the end of the work, and nothing after the shield runs") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> done{0};
    std::atomic<bool> begun{false};
    std::atomic<bool> after{false};
    auto [tell, told] = oneshot<int>();
    auto handle = spawn([&](OneshotReceiver<int> go) -> Task<void> {
      const Alive alive;
      co_await shield(works_once_told(&begun, std::move(go), &done));
      after = true;
    }, std::move(told));
    while (!begun) co_await yield_now();
    handle.abort();
    co_await yield_now();
    CHECK_FALSE(handle.is_finished());
    CHECK(std::move(tell).send(1));
    const auto result = co_await handle;
    REQUIRE_FALSE(result);
    CHECK(result.error().is_cancelled());
    CHECK(done == 1);
    CHECK_FALSE(after);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("CA2: shield: a deadline and a lost select wait for it as well, wherever it stands") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> done{0};
    const auto then_for_ever = [](std::atomic<int>* count) -> Task<void> {
      co_await shield(work(count, 20));
      co_await probe::for_ever();
    };
    CHECK_FALSE(co_await timeout(1ms, then_for_ever(&done)));
    CHECK(done == 1);
    const auto won = co_await select(losing(shielded(&done)), losing(probe::count_to(2))).biased();
    CHECK(won.index() == 1);
    CHECK(done == 2);
    // Deep inside: in a branch of a join, in a scope's body, beside something that is cut.
    const auto deep = co_await select(
        losing([](std::atomic<int>* count) -> Task<int> {
          static_cast<void>(co_await join(probe::for_ever(), shielded(count)));
          co_return 1;
        }(&done)),
        losing(probe::count_to(2))).biased();
    CHECK(deep.index() == 1);
    CHECK(done == 3);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("CA2: shield: inside a scope's child whose sibling fails") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> done{0};
    const auto result = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> {
      auto [tell, told] = oneshot<int>();
      scope.spawn([&done](OneshotSender<int> begun) -> Task<void> {
        co_await shield([](std::atomic<int>* count, OneshotSender<int> begin) -> Task<void> {
          static_cast<void>(std::move(begin).send(1));
          co_await work(count);
        }(&done, std::move(begun)));
        co_await probe::for_ever();
      }, std::move(tell)).detach();
      co_await told;
      co_return Errc::Other;
    });
    CHECK_FALSE(result);
    CHECK(done == 1);
  });
}

TEST_CASE("CA2: shield: a scope in it keeps its children, one around it waits") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> done{0};
    static_cast<void>(co_await timeout(1ms, shield(works_in_a_scope(&done))));
    CHECK(done == 2);
  });
}

TEST_CASE("CA2: shield: a shutdown waits for it as long as it has time, then breaks it") {
  for (const bool threads : {false, true}) {
    CAPTURE(threads);
    std::atomic<int> done{0};
    {
      auto builder = threads ? runtime::Builder::multi_thread() : runtime::Builder::current_thread();
      auto runtime = builder.build().value();
      std::atomic<int> begun{0};
      auto short_one = runtime.spawn([&]() -> Task<void> {
        ++begun;
        co_await shield(work(&done));
      });
      auto endless = runtime.spawn([&]() -> Task<void> {
        ++begun;
        const Alive alive;
        co_await shield(probe::never());
      });
      runtime.block_on([&]() -> Task<void> {
        while (begun != 2) co_await yield_now();
      });
      CHECK(std::move(runtime).shutdown_timeout(200ms).left_behind() == 0);
      CHECK(short_one.is_finished());
      CHECK(endless.is_finished());
    }
    CHECK(done == 1);
    CHECK(probe::living.load() == 0);
  }
}
