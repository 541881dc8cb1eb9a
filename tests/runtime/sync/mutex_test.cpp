#include <rondeau/sync/mutex.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

struct Session {
  int visits = 0;
  std::string name = "nobody";
};

constinit Mutex<int> global_mutex{41};
constinit Mutex<void> global_lock;

}  // namespace

TEST_CASE("SY9: mutex: it may be a global with static initialisation") {
  {
    auto guard = global_mutex.try_lock();
    REQUIRE(guard);
    ++**guard;
    CHECK_FALSE(global_mutex.try_lock());
  }
  CHECK(**global_mutex.try_lock() == 42);
  CHECK(global_lock.try_lock());
}

TEST_CASE("SY9: mutex: increments across an await are never lost") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Mutex<int> counter(0);
      std::vector<JoinHandle<void>> tasks;
      for (int i = 0; i < 50; ++i) {
        tasks.push_back(spawn([&counter]() -> Task<void> {
          for (int k = 0; k < 20; ++k) {
            auto guard = co_await counter.lock();
            const int before = *guard;
            if (k % 4 == 0) co_await yield_now();
            *guard = before + 1;
          }
        }));
      }
      for (auto& task : tasks) (co_await task).value();
      CHECK(*co_await counter.lock() == 1000);
    });
  });
}

TEST_CASE("SY9: mutex: unlocking hands the lock to the oldest waiter; a newcomer does not barge") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Mutex<std::vector<int>> order;
    std::vector<JoinHandle<void>> tasks;
    {
      auto guard = co_await order.lock();
      for (int i = 0; i < 10; ++i) {
        tasks.push_back(spawn([&order, i]() -> Task<void> { (co_await order.lock())->push_back(i); }));
        co_await settle();
      }
    }
    CHECK_FALSE(order.try_lock());  // the first waiter has it, although it has not run yet
    for (auto& task : tasks) (co_await task).value();
    CHECK(*co_await order.lock() == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  });
}

TEST_CASE("SY9: mutex: a cancelled waiter, waiting or chosen, does not keep the lock") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Mutex<void> mutex;
    for (const bool chosen : {false, true}) {
      std::optional<MutexGuard<void>> held = co_await mutex.lock();
      auto waiter = spawn([&mutex]() -> Task<void> { auto guard = co_await mutex.lock(); });
      co_await settle();
      if (chosen) held.reset();
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      held.reset();
      CHECK(mutex.try_lock());
    }
  });
}

TEST_CASE("SY9: mutex: there is no poisoning; an exception or an abort under the lock unlocks") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Mutex<int> mutex(7);
      auto thrower = spawn([&mutex]() -> Task<void> {
        auto guard = co_await mutex.lock();
        throw std::runtime_error("under the lock");
      });
      CHECK((co_await thrower).error().is_exception());
      std::atomic<bool> locked{false};
      auto aborted = spawn([&]() -> Task<void> {
        auto guard = co_await mutex.lock();
        locked = true;
        for (;;) co_await yield_now();
      });
      co_await until([&] { return locked.load(); });
      aborted.abort();
      CHECK((co_await aborted).error().is_cancelled());
      CHECK(*co_await mutex.lock() == 7);
    });
  });
}

TEST_CASE("SY9: mutex: a guard maps to a member and keeps the lock") {
  Mutex<Session> mutex;
  {
    auto name = std::move(*mutex.try_lock()).map(&Session::name);
    *name = "ann";
    CHECK_FALSE(mutex.try_lock());
    auto first = std::move(name).map([](std::string& text) -> char& { return text.front(); });
    *first = 'A';
    CHECK_FALSE(mutex.try_lock());
  }
  CHECK((*mutex.try_lock())->name == "Ann");
}

TEST_CASE("SY9: mutex: an owned guard, mapped or not, keeps the mutex alive") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto mutex = std::make_shared<Mutex<Session>>();
      const std::weak_ptr<Mutex<Session>> watched = mutex;
      {
        auto guard = co_await Mutex<Session>::lock_owned(std::move(mutex));
        guard->visits = 1;
        auto visits = std::move(guard).map(&Session::visits);
        CHECK(*visits == 1);
        CHECK_FALSE(watched.expired());
      }
      CHECK(watched.expired());
    });
  });
}

TEST_CASE("SY9: mutex: a guard may end on another thread than it began") {
  Mutex<int> mutex(1);
  std::optional<MutexGuard<int>> guard = mutex.try_lock();
  std::thread([held = std::move(guard)]() mutable { held.reset(); }).join();
  guard.reset();
  CHECK(mutex.try_lock());
}

TEST_CASE("SY9: mutex: try_lock_owned and blocking_lock_owned; a Mutex<void> guards nothing but itself") {
  auto mutex = std::make_shared<Mutex<void>>();
  {
    auto guard = Mutex<void>::blocking_lock_owned(mutex);
    CHECK_FALSE(Mutex<void>::try_lock_owned(mutex));
  }
  auto guard = Mutex<void>::try_lock_owned(mutex);
  REQUIRE(guard);
  mutex.reset();
  guard.reset();  // the last owner
}

TEST_CASE(
    "SY9: mutex: a lock, borrowed or owned, that lost a select waits again; a cancelled owned one keeps nothing") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto mutex = std::make_shared<Mutex<int>>(1);
    std::optional<MutexGuard<int>> held = co_await mutex->lock();
    auto cancelled = spawn([mutex]() -> Task<void> { auto guard = co_await Mutex<int>::lock_owned(mutex); });
    co_await settle();
    {
      auto lock = mutex->lock();
      auto owned = Mutex<int>::lock_owned(mutex);
      for (int i = 0; i < 3; ++i) CHECK((co_await select(lock, owned, yield_now())).index() == 2);
      held.reset();
      cancelled.abort();  // has the lock, and has not run
      CHECK((co_await cancelled).error().is_cancelled());
      CHECK((co_await select(owned, yield_now()).biased()).index() == 0);
      CHECK((co_await select(lock, yield_now()).biased()).index() == 0);
    }
    CHECK(mutex->try_lock());
    CHECK(mutex.use_count() == 1);
  });
}

TEST_CASE("SY9: mutex: plain threads and tasks exclude each other") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    Mutex<int> counter(0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&counter] {
        for (int k = 0; k < 200; ++k) ++*counter.blocking_lock();
      });
    }
    runtime.block_on([&counter]() -> Task<void> {
      for (int k = 0; k < 200; ++k) {
        auto guard = co_await counter.lock();
        ++*guard;
        co_await yield_now();
      }
    });
    for (std::thread& thread : threads) thread.join();
    CHECK(std::move(counter).release() == 600);
  });
}
