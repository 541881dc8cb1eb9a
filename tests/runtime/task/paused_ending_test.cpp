// Tasks given by name whose end comes while they are paused: what is shielded in them, or around them, goes on.
#include <rondeau/task/select.h>
#include <rondeau/task/shield.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include <rondeau/sync/notify.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/join.h>
#include <rondeau/task/join_all.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "../../support/aborts.h"
#include "probe.h"

using namespace rondeau;
using namespace std::chrono_literals;
using probe::Alive;

namespace {

Task<void> turns(int count) {
  for (int i = 0; i < count; ++i) co_await yield_now();
}

/// What the tests look at; outlives all tasks.
struct Seen {
  std::atomic<int> begun{0};
  std::atomic<int> done{0};
  std::atomic<bool> after{false};  ///< something ran that was to be ended
};

/// Kinds of work whose inside waits in strands of its own.
enum class Work { Select, Join, Scope, ScopeWithBlocking, Timeout, JoinAll };
constexpr Work kAllWork[] = {Work::Select, Work::Join, Work::Scope, Work::ScopeWithBlocking, Work::Timeout, Work::JoinAll};

Task<void> works(Work work, Seen* seen) {
  const Alive alive;
  ++seen->begun;
  for (int i = 0; i < 4; ++i) {
    switch (work) {
      case Work::Select:
        static_cast<void>(co_await select(losing(probe::for_ever()), losing(turns(3))));
        break;
      case Work::Join:
        static_cast<void>(co_await join(turns(2), probe::count_to(3)));
        break;
      case Work::Scope:
      case Work::ScopeWithBlocking:
        co_await TaskScope::run([work](TaskScope& scope) -> Task<void> {
          if (work == Work::ScopeWithBlocking) scope.spawn_blocking([] {}).detach();
          scope.spawn(turns, 3).detach();
          co_await scope.join();
        });
        break;
      case Work::Timeout:
        CHECK(co_await timeout(1h, turns(2)));
        break;
      case Work::JoinAll: {
        std::vector<Task<void>> all;
        for (int k = 0; k < 3; ++k) all.push_back(turns(k));
        co_await join_all(std::move(all));
        break;
      }
    }
  }
  ++seen->done;
}

Task<void> shields(Work work, Seen* seen) {
  co_await shield(works(work, seen));
  seen->after = true;
}

/// Waits for a Task of its own by name, again and again, until that has ended.
Task<void> works_by_name(Work work, Seen* seen) {
  auto inner = works(work, seen);
  while ((co_await select(inner, losing(turns(2))).biased()).index() != 0) co_await turns(1);
}

}  // namespace

TEST_CASE("CA2: shield: in a paused Task of a task that is aborted the work goes on, and nothing after it runs") {
  for (const Work work : kAllWork) {
    CAPTURE(static_cast<int>(work));
    probe::on_every_flavor([work]() -> Task<void> {
      for (int k = 0; k < 12; ++k) {
        Seen seen;
        auto handle = spawn([work, k, &seen]() -> Task<void> {
          auto paused = shields(work, &seen);
          static_cast<void>(co_await select(paused, losing(turns(k))).biased());
          if (paused) co_await probe::for_ever();
        });
        while (seen.begun == 0) co_await yield_now();
        co_await turns(k);
        handle.abort();
        static_cast<void>(co_await handle);
        CHECK(seen.done == 1);
        CHECK(probe::living.load() == 0);
      }
    });
  }
}

TEST_CASE("CA2: shield: a paused Task of an aborted task ends where its shield ends") {
  probe::on_every_flavor([]() -> Task<void> {
    for (const Work work : kAllWork) {
      Seen seen;
      Notify go;
      auto handle = spawn([&seen, &go, work]() -> Task<void> {
        auto paused = [](Work what, Seen* look, Notify* told) -> Task<void> {
          co_await shield([](Work inner, Seen* to, Notify* until) -> Task<void> {
            ++to->begun;
            static_cast<void>(co_await select(losing(probe::for_ever()), until->notified()));
            co_await works(inner, to);
          }(what, look, told));
          look->after = true;
        }(work, &seen, &go);
        static_cast<void>(co_await select(paused, losing(turns(3))).biased());
        co_await probe::for_ever();
      });
      while (seen.begun == 0) co_await yield_now();
      co_await turns(8);
      handle.abort();
      co_await turns(3);
      CHECK_FALSE(handle.is_finished());
      go.notify_one();
      const auto result = co_await handle;
      REQUIRE_FALSE(result);
      CHECK(result.error().is_cancelled());
      CHECK(seen.done == 1);
      CHECK_FALSE(seen.after);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("CA2: shield: what fired while its Task was paused is not forgotten when the task is aborted") {
  probe::on_every_flavor([]() -> Task<void> {
    Seen seen;
    Notify go;
    auto handle = spawn([&seen, &go]() -> Task<void> {
      auto paused = [](Seen* look, Notify* told) -> Task<void> {
        co_await shield([](Seen* to, Notify* until) -> Task<void> {
          static_cast<void>(co_await select(losing(probe::for_ever()), until->notified()));
          ++to->done;
        }(look, told));
        look->after = true;
      }(&seen, &go);
      static_cast<void>(co_await select(paused, losing(turns(3))).biased());
      go.notify_one();
      co_await turns(3);
      ++seen.begun;
      Notify never;
      co_await never.notified();
    });
    while (seen.begun == 0) co_await yield_now();
    co_await turns(3);
    CHECK(seen.done == 0);
    handle.abort();
    CHECK_FALSE(co_await handle);
    CHECK(seen.done == 1);
    CHECK_FALSE(seen.after);
  });
}

TEST_CASE("CA2: shield: its work goes on with the Tasks it has paused, whatever is ended around it") {
  for (const Work work : kAllWork) {
    CAPTURE(static_cast<int>(work));
    probe::on_every_flavor([work]() -> Task<void> {
      for (int k = 0; k < 8; ++k) {
        Seen seen;
        auto handle = spawn([work, &seen]() -> Task<void> {
          co_await shield(works_by_name(work, &seen));
          co_await probe::for_ever();
        });
        while (seen.begun == 0) co_await yield_now();
        co_await turns(k);
        handle.abort();
        CHECK_FALSE(co_await handle);
        CHECK(seen.done == 1);
        // As a select's loser, which is ended while its task goes on.
        auto lost = co_await select(losing([](Work inner, Seen* look) -> Task<int> {
          co_await shield(works_by_name(inner, look));
          co_await probe::for_ever();
          co_return 0;
        }(work, &seen)), losing(turns(k))).biased();
        CHECK(lost.index() == 1);
        CHECK(seen.done == 2);
        CHECK(probe::living.load() == 0);
      }
    });
  }
}

TEST_CASE("CA2: shield: in a paused Task its work goes on with Tasks that are paused in there") {
  for (const Work work : kAllWork) {
    CAPTURE(static_cast<int>(work));
    probe::on_every_flavor([work]() -> Task<void> {
      for (int k = 0; k < 8; ++k) {
        Seen seen;
        auto handle = spawn([work, &seen]() -> Task<void> {
          auto outer = [](Work inner, Seen* look) -> Task<void> {
            co_await shield(works_by_name(inner, look));
            look->after = true;
          }(work, &seen);
          static_cast<void>(co_await select(outer, losing(turns(3))).biased());
          if (outer) co_await probe::for_ever();
        });
        while (seen.begun == 0) co_await yield_now();
        co_await turns(k);
        handle.abort();
        static_cast<void>(co_await handle);
        CHECK(seen.done == 1);
        CHECK(probe::living.load() == 0);
      }
    });
  }
}

TEST_CASE("CA2: shield: a paused Task that outlives the one it was started in ends with its task as well") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int k = 0; k < 8; ++k) {
      Seen seen;
      auto handle = spawn([&seen]() -> Task<void> {
        Task<void> kept;
        {
          auto outer = [](Task<void>* to, Seen* look) -> Task<void> {
            auto inner = shields(Work::Scope, look);
            static_cast<void>(co_await select(inner, losing(turns(1))).biased());
            *to = std::move(inner);
            co_await probe::for_ever();
          }(&kept, &seen);
          static_cast<void>(co_await select(outer, losing(turns(5))).biased());
        }
        co_await probe::for_ever();
      });
      while (seen.begun == 0) co_await yield_now();
      co_await turns(k);
      handle.abort();
      CHECK_FALSE(co_await handle);
      CHECK(seen.done == 1);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("CA2: shield: a shutdown that is out of time breaks one in a paused Task") {
  for (const bool threads : {false, true}) {
    CAPTURE(threads);
    {
      auto builder = threads ? runtime::Builder::multi_thread() : runtime::Builder::current_thread();
      auto runtime = builder.build().value();
      std::atomic<bool> begun{false};
      auto handle = runtime.spawn([&begun]() -> Task<void> {
        auto paused = [](std::atomic<bool>* to) -> Task<void> {
          co_await shield([](std::atomic<bool>* told) -> Task<void> {
            *told = true;
            const Alive alive;
            Notify one;
            Notify other;
            static_cast<void>(co_await select(one.notified(), other.notified()));
          }(to));
        }(&begun);
        static_cast<void>(co_await select(paused, losing(turns(3))).biased());
        co_await probe::for_ever();
      });
      runtime.block_on([&]() -> Task<void> {
        while (!begun) co_await yield_now();
        co_await turns(10);
      });
      CHECK(std::move(runtime).shutdown_timeout(50ms).left_behind() == 0);
      CHECK(handle.is_finished());
    }
    CHECK(probe::living.load() == 0);
    CHECK(detail::live_frames() == 0);
  }
}

namespace {

/// Shielded work that goes on in a strand of its own once `go` is notified.
Task<void> waits_shielded(Seen* seen, Notify* go) {
  co_await shield([](Seen* look, Notify* told) -> Task<void> {
    const Alive alive;
    ++look->begun;
    static_cast<void>(co_await select(losing(probe::for_ever()), told->notified()));
    co_await turns(1);
    ++look->done;
  }(seen, go));
  seen->after = true;
}

/// Starts it by name and cancels it, then does so in each further item.
AsyncGenerator<int> cancels(Seen* seen, Notify* go) {
  for (int i = 0;; ++i) {
    auto paused = waits_shielded(seen, go);
    static_cast<void>(co_await select(paused, losing(turns(1))).biased());
    co_await cancel(paused);
    co_yield i;
  }
}

}  // namespace

TEST_CASE("TK14: cancel: what fired while the Task was paused is asked") {
  probe::on_every_flavor([]() -> Task<void> {
    Seen seen;
    Notify go;
    auto paused = waits_shielded(&seen, &go);
    static_cast<void>(co_await select(paused, losing(turns(2))).biased());
    go.notify_one();
    co_await turns(3);
    CHECK(seen.done == 0);
    co_await cancel(paused);
    CHECK(seen.done == 1);
    CHECK_FALSE(seen.after);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: cancel: dropped and repeated it goes on with shielded work, which rests in between") {
  probe::on_every_flavor([]() -> Task<void> {
    Seen seen;
    Notify go;
    auto paused = waits_shielded(&seen, &go);
    static_cast<void>(co_await select(paused, losing(turns(2))).biased());
    CHECK((co_await select(cancel(paused), losing(turns(2))).biased()).index() == 1);
    go.notify_one();
    co_await turns(3);
    CHECK(seen.done == 0);
    co_await cancel(paused);
    CHECK(seen.done == 1);
    CHECK_FALSE(seen.after);
  });
}

TEST_CASE("TK14: cancel: inside a Task that is paused it rests, and goes on with that") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int k = 0; k < 6; ++k) {
      Seen seen;
      Notify go;
      auto outer = [](Seen* look, Notify* told) -> Task<int> {
        auto inner = waits_shielded(look, told);
        static_cast<void>(co_await select(inner, losing(turns(2))).biased());
        co_await cancel(inner);
        co_return 7;
      }(&seen, &go);
      static_cast<void>(co_await select(outer, losing(turns(4 + k))).biased());
      go.notify_one();
      co_await turns(3);
      CHECK(seen.done == 0);
      CHECK(co_await std::move(outer) == 7);
      CHECK(seen.done == 1);
      CHECK_FALSE(seen.after);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK14: cancel: in the body of a generator it rests between two calls, whatever fires") {
  probe::on_every_flavor([]() -> Task<void> {
    Seen seen;
    Notify go;
    auto items = cancels(&seen, &go);
    for (int i = 0; i < 3; ++i) {
      CHECK((co_await select(items.next(), losing(turns(5))).biased()).index() == 1);
      go.notify_one();
      co_await turns(3);
      CHECK(seen.done == i);
      const auto item = co_await items.next();
      CHECK(item == i);
      CHECK(seen.done == i + 1);
    }
    CHECK_FALSE(seen.after);
    co_await cancel(items);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: cancel: a task that is aborted ends what is cancelled inside a paused Task") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int k = 0; k < 6; ++k) {
      Seen seen;
      Notify go;
      auto handle = spawn([&seen, &go]() -> Task<void> {
        auto outer = [](Seen* look, Notify* told) -> Task<void> {
          auto inner = waits_shielded(look, told);
          static_cast<void>(co_await select(inner, losing(turns(1))).biased());
          co_await cancel(inner);
          co_await probe::for_ever();
        }(&seen, &go);
        static_cast<void>(co_await select(outer, losing(turns(6))).biased());
        Notify never;
        co_await never.notified();
      });
      while (seen.begun == 0) co_await yield_now();
      co_await turns(2 * k);
      handle.abort();
      co_await turns(3);
      CHECK_FALSE(handle.is_finished());
      go.notify_one();
      CHECK_FALSE(co_await handle);
      CHECK(seen.done == 1);
      CHECK_FALSE(seen.after);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK14: cancel: in the body of a generator that goes on in another task it aborts with a sentence") {
  CHECK(support::aborts_with("goes on in the task that started it", [] {
    auto runtime = runtime::Builder::current_thread().build().value();
    runtime.block_on([]() -> Task<void> {
      Seen seen;
      Notify go;
      auto items = cancels(&seen, &go);
      static_cast<void>(co_await select(items.next(), losing(turns(5))).biased());
      static_cast<void>(co_await spawn([](AsyncGenerator<int>& elsewhere) -> Task<void> {
        static_cast<void>(co_await elsewhere.next());
      }, std::ref(items)));
    }());
  }));
}
