#include <rondeau/task/join_handle.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/task/catch_exceptions.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "probe.h"

using namespace rondeau;
using probe::Alive;

namespace {

/// A result whose destructor is counted.
struct Tracked {
  std::shared_ptr<Alive> alive = std::make_shared<Alive>();
};

enum class Ends { ByValue, ByException };
Task<Tracked> work(int steps, Ends ends) {
  const Alive alive;
  for (int i = 0; i < steps; ++i) co_await yield_now();
  if (ends == Ends::ByException) throw std::runtime_error("work failed");
  co_return Tracked{};
}

Task<void> let_run(int turns) {
  for (int i = 0; i < turns; ++i) co_await yield_now();
}

}  // namespace

TEST_CASE("TK3, TK5: join handle: gives the value, or the exception, of its task") {
  probe::on_every_flavor([]() -> Task<void> {
    auto good = spawn(work(3, Ends::ByValue));
    CHECK(co_await good);
    auto bad = spawn(work(3, Ends::ByException));
    const auto result = co_await bad;
    REQUIRE_FALSE(result);
    CHECK(result.error().is_exception());
    CHECK(result.error().message().find("work failed") != std::string::npos);
  });
}

TEST_CASE("TK3, TK4: join handle: every mixture of end, abort, drop and await leaves nothing behind") {
  // After Tokio's matrix: how the task ends × when it is aborted × when the handle goes × whether it is awaited.
  probe::on_every_flavor([]() -> Task<void> {
    for (const Ends ends : {Ends::ByValue, Ends::ByException}) {
      for (const int steps : {0, 1, 4}) {
        for (const int abort_after : {-1, 0, 1, 2, 8}) {
          for (const int drop_after : {-1, 0, 1, 2, 8}) {
            auto handle = std::make_unique<JoinHandle<Tracked>>(spawn(work(steps, ends)));
            const AbortHandle abort = handle->abort_handle();
            for (int turn = 0; turn <= 8; ++turn) {
              if (turn == abort_after) abort.abort();
              if (turn == drop_after) handle.reset();
              co_await yield_now();
            }
            if (handle) {
              const auto result = co_await *handle;
              if (abort_after < 0) CHECK(result.has_value() == (ends == Ends::ByValue));
              if (!result && ends == Ends::ByValue) CHECK(result.error().is_cancelled());
            }
            while (!abort.is_finished()) co_await yield_now();
          }
        }
      }
    }
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK4: join handle: a task aborted before its first run never runs, and its closure is destroyed") {
  auto runtime = runtime::Builder::current_thread().build();
  bool ran = false;
  runtime.value().block_on([&]() -> Task<void> {
    auto handle = spawn([&ran, alive = Alive()]() -> Task<void> {
      ran = true;
      co_return;
    });
    handle.abort();
    const auto result = co_await handle;
    CHECK_FALSE(result);
    CHECK(result.error().is_cancelled());
  });
  CHECK_FALSE(ran);
  CHECK(probe::living.load() == 0);
}

TEST_CASE("TK2: join handle: the closure given to spawn lives as long as its coroutine") {
  probe::on_every_flavor([]() -> Task<void> {
    auto handle = spawn(
        [text = std::string(100, 'x')](std::string more) -> Task<std::size_t> {
          co_await yield_now();
          co_return text.size() + more.size();
        },
        std::string(50, 'y'));
    CHECK((co_await handle).value() == 150);
  });
}

TEST_CASE("TK3: join handle: an await that is dropped and repeated loses nothing") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<bool> released{false};
    auto handle = spawn([&released]() -> Task<int> {
      while (!released.load()) co_await yield_now();
      co_return 20;
    });
    int losses = 0;
    for (;;) {
      auto won = co_await select(handle, losing(let_run(2))).biased();
      if (won.index() == 0) {
        CHECK(won.get<0>().value() == 20);
        break;
      }
      if (++losses == 3) released.store(true);
    }
    CHECK(losses >= 3);
  });
}

TEST_CASE("TK3: join handle: storms of spawn, abort and join from several tasks end clean") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<JoinHandle<int>> storms;
    for (int s = 0; s < 4; ++s) {
      storms.push_back(spawn([s]() -> Task<int> {
        int cancelled = 0;
        for (int i = 0; i < 500; ++i) {
          auto handle = spawn(probe::count_to((i * 7 + s) % 5));
          if (i % 3 == 0) handle.abort();
          if (i % 5 == 0) continue;  // detached
          const auto result = co_await handle;
          if (!result) ++cancelled;
        }
        co_return cancelled;
      }));
    }
    int cancelled = 0;
    for (auto& storm : storms) cancelled += (co_await storm).value();
    CHECK(cancelled >= 0);
    for (int i = 0; i < 1000 && probe::living.load() != 0; ++i) co_await yield_now();
  });
}

TEST_CASE("TK3: join handle: flatten makes one Result of two") {
  probe::on_every_flavor([]() -> Task<void> {
    auto gives = [](Result<int> result) -> Task<Result<int>> {
      const Alive alive;
      co_await yield_now();
      co_return result;
    };
    Result<int> good = co_await spawn(gives(4)).flatten();
    CHECK(good.value() == 4);
    Result<int> bad = co_await spawn(gives(Errc::Closed)).flatten();
    CHECK(bad.error() == Errc::Closed);
    auto flat = spawn([]() -> Task<Result<void>> {
                  co_await probe::for_ever();
                  co_return Result<void>();
                }).flatten();
    // The await may be dropped and repeated.
    for (int i = 0; i < 3; ++i) CHECK((co_await select(flat, losing(let_run(2))).biased()).index() == 1);
    CHECK_FALSE(flat.is_finished());
    flat.abort();
    Result<void> ended = co_await flat;
    REQUIRE_FALSE(ended);
    CHECK(ended.error().message().find("cancelled") != std::string::npos);
    CHECK(flat.is_finished());
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK5: catch_exceptions turns what a task throws into a value") {
  probe::on_every_flavor([]() -> Task<void> {
    auto good = co_await catch_exceptions(probe::after(2, 3));
    CHECK(good.value() == 3);
    auto bad = co_await catch_exceptions(work(2, Ends::ByException));
    REQUIRE_FALSE(bad);
    CHECK_THROWS_WITH_AS(std::rethrow_exception(bad.error()), "work failed", std::runtime_error);
    CHECK(co_await catch_exceptions(let_run(1)));
    // It ends with its caller like any task.
    CHECK((co_await select(losing(catch_exceptions(probe::never())), yield_now())).index() == 1);
    CHECK(probe::living.load() == 0);
  });
}
