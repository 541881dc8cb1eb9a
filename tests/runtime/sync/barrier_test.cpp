#include <rondeau/sync/barrier.h>

#include <atomic>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

constinit Barrier global_barrier{1};

}  // namespace

TEST_CASE("SY13: barrier: nobody goes on before all have arrived, round after round, and one of each round leads") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        static constexpr std::size_t kTasks = 40;
        static constexpr std::size_t kRounds = 20;
        Barrier barrier(kTasks);
        std::atomic<std::size_t> arrived{0};
        std::atomic<std::size_t> leaders{0};
        std::atomic<bool> early{false};
        std::vector<JoinHandle<void>> tasks;
        for (std::size_t i = 0; i < kTasks; ++i) {
          tasks.push_back(spawn([&, i]() -> Task<void> {
            for (std::size_t k = 0; k < kRounds; ++k) {
              if ((i + k) % 4 == 0) co_await yield_now();
              ++arrived;
              if ((co_await barrier.wait()).is_leader()) ++leaders;
              if (arrived < (k + 1) * kTasks) early = true;
            }
          }));
        }
        for (auto& task : tasks) (co_await task).value();
        CHECK_FALSE(early);
        CHECK(leaders == kRounds);
      });
    });
  }
}

TEST_CASE("SY13: barrier: the last to arrive leads") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Barrier barrier(3);
    std::vector<JoinHandle<bool>> others;
    for (int i = 0; i < 2; ++i) {
      others.push_back(spawn([&]() -> Task<bool> { co_return (co_await barrier.wait()).is_leader(); }));
    }
    co_await settle();
    CHECK_FALSE(others[0].is_finished());
    CHECK((co_await barrier.wait()).is_leader());
    for (auto& other : others) CHECK_FALSE((co_await other).value());
  });
}

TEST_CASE("SY13: barrier: 0 acts as 1, and it may be a global with static initialisation") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Barrier none(0);
    for (int i = 0; i < 3; ++i) {
      CHECK((co_await none.wait()).is_leader());
      CHECK((co_await global_barrier.wait()).is_leader());
    }
  });
}

TEST_CASE("SY13: barrier: the arrival of a cancelled wait stays counted") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Barrier barrier(2);
    auto gone = spawn([&]() -> Task<void> { static_cast<void>(co_await barrier.wait()); });
    co_await settle();
    gone.abort();
    CHECK((co_await gone).error().is_cancelled());
    CHECK((co_await barrier.wait()).is_leader());
    CHECK((co_await select(losing(barrier.wait()), yield_now()).biased()).index() == 1);  // the next round has begun
  });
}

TEST_CASE("SY13: barrier: a wait that lost a select does not arrive twice") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Barrier barrier(2);
    auto wait = barrier.wait();
    for (int i = 0; i < 3; ++i) CHECK((co_await select(wait, yield_now())).index() == 1);
    auto other = spawn([&]() -> Task<bool> { co_return (co_await barrier.wait()).is_leader(); });
    CHECK((co_await other).value());
    CHECK_FALSE((co_await wait).is_leader());
  });
}
