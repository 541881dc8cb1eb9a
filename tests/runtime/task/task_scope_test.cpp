#include <rondeau/task/task_scope.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <rondeau/task/context.h>

#include "probe.h"
#include "support/captured_stderr.h"

using namespace rondeau;
using probe::Alive;

namespace {

Task<Result<int>> fails_after(int turns, Errc code) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) co_await yield_now();
  co_return code;
}

/// A parent whose local is borrowed by children that write to it until they are destroyed.
Task<int> lends_its_local() {
  std::atomic<int> local{0};
  const auto result = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> {
    for (int i = 0; i < 3; ++i) {
      scope.spawn([&local]() -> Task<void> {
        const Alive alive;
        for (;;) {
          local.fetch_add(1);
          co_await yield_now();
        }
      }).detach();
    }
    scope.spawn_blocking([&local] {
      for (int i = 0; i < 100; ++i) {
        local.fetch_add(1);
        std::this_thread::yield();
      }
    }).detach();
    co_await probe::for_ever();
    co_return local.load();
  });
  co_return result.value_or(-1);
}

Task<void> throws_later() {
  co_await yield_now();
  throw std::runtime_error("child");
}

}  // namespace

TEST_CASE("CA1: scope: run returns only when every child has ended") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> sum{0};
    const auto result = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> {
      for (int i = 1; i <= 10; ++i) {
        scope.spawn([&sum](int number) -> Task<void> { sum.fetch_add(co_await probe::count_to(number)); }, i).detach();
      }
      co_return 7;
    });
    CHECK(result.value() == 7);
    CHECK(sum.load() == 55);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("CA1: scope: the first error cancels siblings and body and is the result; later ones are counted") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto result = co_await TaskScope::run([](TaskScope& scope) -> Task<Result<int>> {
      scope.spawn(probe::for_ever()).detach();
      scope.spawn(fails_after(3, Errc::Closed)).detach();
      co_await probe::for_ever();
      co_return 1;
    });
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::Closed);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("CA1: scope: an exception of a child passes to who awaits the scope") {
  probe::on_every_flavor([]() -> Task<void> {
    bool caught = false;
    try {
      co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
        scope.spawn(probe::for_ever()).detach();
        scope.spawn(throws_later()).detach();
        co_await probe::for_ever();
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("CA1: scope: an exception told to the scope is not reported as one that nobody waits for") {
  probe::on_every_flavor([]() -> Task<void> {
    const support::CapturedStderr stderr_lines;
    bool caught = false;
    try {
      co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
        for (int i = 0; i < 3; ++i) scope.spawn(throws_later()).detach();
        co_await probe::for_ever();
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(stderr_lines.text().find("child") == std::string::npos);
  });
}

TEST_CASE("CA1: scope: a child's normal end ends the others only when the scope says so") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto result = co_await TaskScope::run(
        [](TaskScope& scope) -> Task<Result<int>> {
          scope.spawn(probe::for_ever()).detach();
          scope.spawn(probe::count_to(2)).detach();
          co_return 3;
        },
        EndAll::OnFirst);
    CHECK(result.value() == 3);
  });
}

TEST_CASE("CA1: scope: spawning into a cancelled scope gives a cancelled handle") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto result = co_await TaskScope::run([](TaskScope& scope) -> Task<Result<bool>> {
      scope.cancel();
      auto handle = scope.spawn(probe::count_to(1));
      const auto joined = co_await handle;
      co_return !joined && joined.error().is_cancelled();
    });
    CHECK(result.value());
  });
}

TEST_CASE("CA1: scope: the first reason it is cancelled with stays, and is told to those inside") {
  probe::on_every_flavor([]() -> Task<void> {
    std::string told;
    co_await TaskScope::run([&told](TaskScope& scope) -> Task<void> {
      CHECK(scope.reason().empty());
      scope.spawn([&told, &scope]() -> Task<void> {
             struct Asks {
               std::string* into;
               TaskScope* scope;
               ~Asks() {
                 *into = scope->reason();
                 CHECK(Context::cancel_reason() == CancelReason::Scope);
               }
             };
             const Asks asks{&told, &scope};
             co_await probe::for_ever();
           })
          .detach();
      co_await probe::count_to(20);
      {
        const std::string words = "moved to another node";
        scope.cancel(words);
      }
      scope.cancel("later");
      co_await scope.join();
      CHECK(scope.reason() == "moved to another node");
    });
    CHECK((told.empty() || told == "moved to another node"));  // empty: it was ended before it ran

    // One that was cancelled without words stays without.
    co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
      scope.cancel();
      scope.cancel("later");
      CHECK(scope.reason().empty());
      co_return;
    });
  });
}

TEST_CASE("CA1: scope: aborted, or lost in a select, at any time, its children end before what they borrow") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 12; ++turns) {
      auto handle = spawn(lends_its_local());
      for (int i = 0; i < turns; ++i) co_await yield_now();
      handle.abort();
      CHECK_FALSE(co_await handle);
      CHECK(probe::living.load() == 0);

      const auto won = co_await select(losing(lends_its_local()), losing(probe::count_to(turns)));
      CHECK(won.index() == 1);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("CA1: scope: the result of a detached child is destroyed before the scope is over") {
  struct InsideScope {
    explicit InsideScope(std::atomic<bool>* open) noexcept : open_(open) {}
    InsideScope(InsideScope&& other) noexcept : open_(std::exchange(other.open_, nullptr)) {}
    ~InsideScope() {
      if (open_ != nullptr) CHECK(open_->load());
    }
    std::atomic<bool>* open_;
  };
  probe::on_every_flavor([]() -> Task<void> {
    for (int round = 0; round < 500; ++round) {
      std::atomic<bool> open = true;
      co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
        for (int i = 0; i < 4; ++i) {
          scope.spawn([&]() -> Task<InsideScope> { co_return InsideScope(&open); }).detach();
          scope.spawn_blocking([&] { return InsideScope(&open); }).detach();
        }
        co_return;
      });
      open = false;
    }
  });
}
