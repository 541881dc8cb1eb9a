#include <rondeau/sync/set_once.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

constinit SetOnce<int> global_once;

}  // namespace

TEST_CASE("SY14: set once: it may be a global with static initialisation") {
  CHECK(global_once.get() == nullptr);
  CHECK(global_once.set(3));
  CHECK(*global_once.get() == 3);
}

TEST_CASE("SY14: set once: the first value stays, a second one comes back") {
  SetOnce<std::unique_ptr<int>> once;
  CHECK_FALSE(once.initialized());
  CHECK(once.set(std::make_unique<int>(1)));
  CHECK(once.initialized());
  auto refused = once.set(std::make_unique<int>(2));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().is_already_set());
  CHECK(*refused.error().value() == 2);
  CHECK(**once.get() == 1);
  CHECK(**std::move(once).release() == 1);
  CHECK(*SetOnce<int>(5).get() == 5);
}

TEST_CASE("SY14: set once: everyone who waits gets the value, before and after it is set") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      SetOnce<int> once;
      std::vector<JoinHandle<int>> waiters;
      for (int i = 0; i < 100; ++i) {
        waiters.push_back(spawn([&once]() -> Task<int> { co_return *co_await once.wait(); }));
      }
      co_await settle();
      CHECK(once.set(7));
      for (auto& waiter : waiters) CHECK((co_await waiter).value() == 7);
      CHECK(*co_await once.wait() == 7);
    });
  });
}

TEST_CASE("SY14: set once: a cancelled wait, waiting or woken, takes nothing away") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool woken : {false, true}) {
      SetOnce<int> once;
      auto waiter = spawn([&]() -> Task<void> { static_cast<void>(co_await once.wait()); });
      co_await settle();
      if (woken) CHECK(once.set(1));
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      auto wait = once.wait();
      if (!woken) CHECK((co_await select(wait, yield_now()).biased()).index() == 1);
      if (!woken) CHECK(once.set(1));
      CHECK(*co_await wait == 1);
    }
  });
}

TEST_CASE("SY14: set once: of many threads one sets the value that all see") {
  for (std::size_t round = 0; round < 50 * rounds(); ++round) {
    SetOnce<int> once;
    std::atomic<int> successes{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        if (once.set(i)) {
          ++successes;
          CHECK(*once.get() == i);
        }
      });
    }
    const runtime::Runtime runtime = current_thread();
    const int seen = runtime.block_on([&]() -> Task<int> { co_return *co_await once.wait(); });
    for (std::thread& thread : threads) thread.join();
    CHECK(successes == 1);
    CHECK(*once.get() == seen);
  }
}
