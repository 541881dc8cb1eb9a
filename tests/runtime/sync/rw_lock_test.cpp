#include <rondeau/sync/rw_lock.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

struct Account {
  int balance = 0;
  std::string owner = "nobody";
};

constinit RwLock<int> global_lock{41};

Task<void> read_and_note(RwLock<int>& lock, char name, std::string& order) {
  auto guard = co_await lock.read();
  order += name;
  co_await settle();
}

Task<void> write_and_note(RwLock<int>& lock, char name, std::string& order) {
  auto guard = co_await lock.write();
  order += name;
  co_await settle();
}

template <class F>
Task<JoinHandle<void>> queued(F task) {
  auto handle = spawn(std::move(task));
  co_await settle();
  co_return handle;
}

}  // namespace

TEST_CASE("SY10: rw lock: it may be a global with static initialisation") {
  ++**global_lock.try_write();
  CHECK(**global_lock.try_read() == 42);
}

TEST_CASE("SY10: rw lock: many read at once, a writer is alone") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      RwLock<int> lock(7);
      {
        auto one = co_await lock.read();
        auto two = co_await lock.read();
        CHECK(*one + *two == 14);
        CHECK(lock.try_read());
        CHECK_FALSE(lock.try_write());
      }
      auto writer = co_await lock.write();
      CHECK_FALSE(lock.try_read());
      CHECK_FALSE(lock.try_write());
    });
  });
}

TEST_CASE("SY10: rw lock: a writer that waits goes before readers that come later") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    RwLock<int> lock(0);
    std::string order;
    std::optional<RwLockReadGuard<int>> held = co_await lock.read();
    auto first = co_await queued(write_and_note(lock, 'W', order));
    CHECK_FALSE(lock.try_read());  // does not barge
    auto second = co_await queued(read_and_note(lock, 'a', order));
    auto third = co_await queued(read_and_note(lock, 'b', order));
    auto fourth = co_await queued(write_and_note(lock, 'V', order));
    auto fifth = co_await queued(read_and_note(lock, 'c', order));
    CHECK(order.empty());
    held.reset();
    for (auto* task : {&first, &second, &third, &fourth, &fifth}) (co_await *task).value();
    CHECK(order == "WabVc");
    CHECK(lock.try_write());
  });
}

TEST_CASE("SY10: rw lock: a cancelled writer, waiting or chosen, lets the readers behind it go on") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool chosen : {false, true}) {
      RwLock<int> lock(0);
      std::string order;
      std::optional<RwLockReadGuard<int>> held = co_await lock.read();
      auto writer = co_await queued(write_and_note(lock, 'W', order));
      auto reader = co_await queued(read_and_note(lock, 'r', order));
      if (chosen) held.reset();  // the writer has the lock and has not run yet
      writer.abort();
      CHECK((co_await writer).error().is_cancelled());
      (co_await reader).value();  // the other reader may still be there
      CHECK(order == "r");
      held.reset();
      CHECK(lock.try_write());
    }
  });
}

TEST_CASE("SY10: rw lock: a cancelled reader, waiting or chosen, keeps no part of the lock") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool chosen : {false, true}) {
      RwLock<int> lock(0);
      std::string order;
      std::optional<RwLockWriteGuard<int>> held = co_await lock.write();
      auto reader = co_await queued(read_and_note(lock, 'r', order));
      if (chosen) held.reset();
      reader.abort();
      CHECK((co_await reader).error().is_cancelled());
      held.reset();
      CHECK(order.empty());
      CHECK(lock.try_write());
    }
  });
}

TEST_CASE("SY10: rw lock: a read or write that lost a select waits again") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    RwLock<int> lock(3);
    std::optional<RwLockWriteGuard<int>> held = co_await lock.write();
    auto read = lock.read();
    auto write = lock.write();
    for (int i = 0; i < 3; ++i) CHECK((co_await select(read, write, yield_now())).index() == 2);
    held.reset();
    {
      auto won = co_await select(read, yield_now()).biased();
      REQUIRE(won.index() == 0);
      CHECK(*won.get<0>() == 3);
    }
    CHECK((co_await select(write, yield_now()).biased()).index() == 0);
    CHECK(lock.try_write());
  });
}

TEST_CASE("SY10: rw lock: downgrading lets the waiting readers in, and no writer in between") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    RwLock<int> lock(0);
    std::string order;
    auto writer = co_await lock.write();
    auto reader = co_await queued(read_and_note(lock, 'r', order));
    auto next = co_await queued(write_and_note(lock, 'W', order));
    auto late = co_await queued(read_and_note(lock, 'l', order));
    *writer = 5;
    std::optional<RwLockReadGuard<int>> mine = std::move(writer).downgrade();
    (co_await reader).value();
    CHECK(order == "r");  // fair: the late reader stays behind the writer
    CHECK(**mine == 5);
    mine.reset();
    (co_await next).value();
    (co_await late).value();
    CHECK(order == "rWl");
  });
}

TEST_CASE("SY10: rw lock: guards map to a part and keep the lock they have") {
  RwLock<Account> lock;
  {
    auto owner = std::move(*lock.try_write()).map(&Account::owner);
    *owner = "ann";
    CHECK_FALSE(lock.try_read());
    *std::move(owner).map([](std::string& text) -> char& { return text.front(); }) = 'A';
  }
  {
    auto owner = std::move(*lock.try_read()).map(&Account::owner);
    auto first = std::move(owner).map([](const std::string& text) -> const char& { return text.front(); });
    CHECK(*first == 'A');
    CHECK(lock.try_read());
    CHECK_FALSE(lock.try_write());
  }
  {
    auto owner = std::move(*lock.try_write()).downgrade_map(&Account::owner);
    CHECK(*owner == "Ann");
    CHECK(lock.try_read());
    CHECK_FALSE(lock.try_write());
  }
  CHECK(lock.try_write());
}

TEST_CASE("SY10: rw lock: owned guards, mapped or downgraded, keep the lock alive") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      using Lock = RwLock<Account>;
      auto lock = std::make_shared<Lock>();
      const std::weak_ptr<Lock> watched = lock;
      {
        auto writer = co_await Lock::write_owned(lock);
        CHECK_FALSE(Lock::try_read_owned(lock));
        CHECK_FALSE(Lock::try_write_owned(lock));
        writer->balance = 3;
        auto balance = std::move(writer).downgrade_map(&Account::balance);
        auto reader = co_await Lock::read_owned(lock);
        CHECK(Lock::try_read_owned(lock));
        CHECK_FALSE(Lock::try_write_owned(lock));
        lock.reset();
        CHECK(reader->balance == *balance);
        CHECK_FALSE(watched.expired());
      }
      CHECK(watched.expired());
    });
  });
}

TEST_CASE("SY10: rw lock: no more than max_readers read at once") {
  auto lock = RwLock<int>::with_max_readers(2, 9);
  auto one = lock.try_read();
  {
    auto two = lock.try_read();
    CHECK(two);
    CHECK_FALSE(lock.try_read());
  }
  CHECK_FALSE(lock.try_write());
  one.reset();
  CHECK(**lock.try_write() == 9);
  CHECK(RwLock<int>::kMaxReaders == (1U << 29) - 1);
}

TEST_CASE("SY10: rw lock: there is no poisoning; an exception under the lock unlocks") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      RwLock<int> lock(1);
      auto thrower = spawn([&lock]() -> Task<void> {
        auto guard = co_await lock.write();
        *guard = 2;
        throw std::runtime_error("under the lock");
      });
      CHECK((co_await thrower).error().is_exception());
      CHECK(*co_await lock.read() == 2);
    });
  });
}

TEST_CASE("SY10: rw lock: plain threads and tasks share one lock") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto lock = std::make_shared<RwLock<int>>(0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([lock] {
        for (int k = 0; k < 100; ++k) {
          ++*lock->blocking_write();
          ++*RwLock<int>::blocking_write_owned(lock);
          CHECK(*lock->blocking_read() > 0);
          CHECK(*RwLock<int>::blocking_read_owned(lock) > 0);
        }
      });
    }
    runtime.block_on([&lock]() -> Task<void> {
      for (int k = 0; k < 100; ++k) {
        auto guard = co_await lock->write();
        ++*guard;
        co_await yield_now();
      }
    });
    for (std::thread& thread : threads) thread.join();
    CHECK(lock->inner() == 500);
    CHECK(std::move(*lock).release() == 500);
  });
}

TEST_CASE("SY10: rw lock: a writer never meets anyone and no permit is lost, under random cancels") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        RwLock<int> lock(0);
        std::atomic<int> inside{0};  // readers count 1, a writer 1000
        std::atomic<bool> met{false};
        struct Visit {
          Visit(std::atomic<int>& count, int size, std::atomic<bool>& bad, bool alone) : inside(count), weight(size) {
            const int before = inside.fetch_add(weight);
            if (before >= 1000 || (alone && before != 0)) bad = true;
          }
          ~Visit() { inside -= weight; }
          std::atomic<int>& inside;
          int weight;
        };
        std::vector<JoinHandle<void>> tasks;
        for (int i = 0; i < 48; ++i) {
          tasks.push_back(spawn([&, i]() -> Task<void> {
            for (int k = 0; k < 20; ++k) {
              if ((i + k) % 5 == 0) {
                auto guard = co_await lock.write();
                {
                  const Visit visit(inside, 1000, met, true);
                  co_await yield_now();
                }
                if (k % 2 == 0) {
                  auto reader = std::move(guard).downgrade();
                  const Visit visit(inside, 1, met, false);
                  co_await yield_now();
                }
              } else {
                auto guard = co_await lock.read();
                const Visit visit(inside, 1, met, false);
                co_await yield_now();
              }
            }
          }));
        }
        for (std::size_t i = 0; i < tasks.size(); i += 3) {
          co_await yield_now();
          tasks[i].abort();
        }
        for (auto& task : tasks) static_cast<void>(co_await task);
        CHECK_FALSE(met);
        CHECK(lock.try_write());
      });
    });
  }
}
