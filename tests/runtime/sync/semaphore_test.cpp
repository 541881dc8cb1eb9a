#include <rondeau/sync/semaphore.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"
#include "support/aborts.h"

using namespace sync_test;

namespace {

constinit Semaphore global_semaphore{2};

Task<void> take_and_note(Semaphore& semaphore, std::size_t count, int name, std::vector<int>& order) {
  auto permit = co_await semaphore.acquire_many(count);
  if (permit) order.push_back(name);
}

}  // namespace

TEST_CASE("SY11: semaphore: a permit is taken, counted and given back when it is destroyed") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Semaphore semaphore(3);
      {
        auto two = co_await semaphore.acquire_many(2);
        REQUIRE(two);
        CHECK(two->count() == 2);
        CHECK(semaphore.available_permits() == 1);
        CHECK(semaphore.try_acquire_many(2).error() == Errc::WouldBlock);
        CHECK(semaphore.try_acquire());
      }
      CHECK(semaphore.available_permits() == 3);
    });
  });
}

TEST_CASE("SY11: semaphore: it may be a global with static initialisation") {
  const auto permit = global_semaphore.try_acquire();
  CHECK(permit);
  CHECK(global_semaphore.available_permits() == 1);
}

TEST_CASE("SY11: semaphore: waiters are served in the order they came") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(0);
    std::vector<int> order;
    std::vector<JoinHandle<void>> waiters;
    for (int i = 0; i < 100; ++i) {
      waiters.push_back(spawn(take_and_note(semaphore, 1, i, order)));
      co_await settle();
    }
    semaphore.add_permits(1);  // given on 100 times
    for (auto& waiter : waiters) (co_await waiter).value();
    std::vector<int> expected;
    for (int i = 0; i < 100; ++i) expected.push_back(i);
    CHECK(order == expected);
    CHECK(semaphore.available_permits() == 1);
  });
}

TEST_CASE("SY11: semaphore: a large request at the head gathers permits and blocks smaller ones behind it") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(2);
    std::vector<int> order;
    auto large = spawn(take_and_note(semaphore, 3, 3, order));
    co_await settle();
    auto small = spawn(take_and_note(semaphore, 1, 1, order));
    co_await settle();
    CHECK(order.empty());
    CHECK(semaphore.available_permits() == 0);
    CHECK(semaphore.try_acquire().error() == Errc::WouldBlock);
    semaphore.add_permits(1);
    (co_await large).value();
    (co_await small).value();
    CHECK(order == std::vector<int>{3, 1});
    CHECK(semaphore.available_permits() == 3);
  });
}

TEST_CASE("SY11: semaphore: a cancelled acquire loses its place only; gathered permits return") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(2);
    std::vector<int> order;
    auto large = spawn(take_and_note(semaphore, 3, 3, order));
    co_await settle();
    auto small = spawn(take_and_note(semaphore, 2, 2, order));
    co_await settle();
    large.abort();
    CHECK((co_await large).error().is_cancelled());
    (co_await small).value();
    CHECK(order == std::vector<int>{2});
    CHECK(semaphore.available_permits() == 2);
  });
}

TEST_CASE("SY11: semaphore: an acquire that was chosen and destroyed before it ran passes its permits on") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(0);
    std::vector<int> order;
    auto first = spawn(take_and_note(semaphore, 1, 1, order));
    auto second = spawn(take_and_note(semaphore, 1, 2, order));
    co_await settle();
    semaphore.add_permits(1);
    first.abort();  // chosen already, not resumed yet
    CHECK((co_await first).error().is_cancelled());
    (co_await second).value();
    CHECK(order == std::vector<int>{2});
    CHECK(semaphore.available_permits() == 1);
  });
}

TEST_CASE("SY11: semaphore: closing tells those who wait, keeps permits valid and gives gathered ones back") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Semaphore semaphore(2);
      auto held = co_await semaphore.acquire();
      std::vector<JoinHandle<bool>> waiters;
      for (std::size_t i = 0; i < 70; ++i) {
        waiters.push_back(
            spawn([&semaphore]() -> Task<bool> { co_return (co_await semaphore.acquire_many(2)).has_value(); }));
      }
      co_await settle();
      semaphore.close();
      for (auto& waiter : waiters) CHECK_FALSE((co_await waiter).value());
      CHECK(semaphore.is_closed());
      CHECK(semaphore.try_acquire().error() == Errc::Closed);
      CHECK((co_await semaphore.acquire()).error() == Errc::Closed);
      CHECK(semaphore.available_permits() == 1);
      CHECK(held->count() == 1);
    });
  });
}

TEST_CASE("SY11: semaphore: permits merge, split and are forgotten") {
  Semaphore semaphore(10);
  {
    auto permit = semaphore.try_acquire_many(5).value();
    permit.merge(semaphore.try_acquire_many(2).value());
    CHECK(permit.count() == 7);
    auto part = permit.split(3);
    CHECK(part.count() == 3);
    CHECK(permit.count() == 4);
    std::move(part).forget();
    CHECK(semaphore.available_permits() == 3);
  }
  CHECK(semaphore.available_permits() == 7);
  CHECK(semaphore.forget_permits(100) == 7);
  CHECK(semaphore.available_permits() == 0);
}

TEST_CASE("SY11: semaphore: an owned permit keeps the semaphore alive") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto semaphore = std::make_shared<Semaphore>(1);
      const std::weak_ptr<Semaphore> watched = semaphore;
      {
        auto permit = co_await Semaphore::acquire_owned(std::move(semaphore));
        CHECK(permit);
        CHECK_FALSE(watched.expired());
      }
      CHECK(watched.expired());
    });
  });
}

TEST_CASE("SY11: semaphore: every way to acquire has an owned and a blocking one") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto semaphore = std::make_shared<Semaphore>(5);
    runtime.block_on([&]() -> Task<void> {
      auto three = co_await Semaphore::acquire_many_owned(semaphore, 3);
      auto one = Semaphore::try_acquire_owned(semaphore);
      CHECK(three->count() + one->count() == 4);
      CHECK(Semaphore::try_acquire_many_owned(semaphore, 2).error() == Errc::WouldBlock);
      auto rest = Semaphore::try_acquire_many_owned(semaphore, 1);
      CHECK(Semaphore::try_acquire_owned(semaphore).error() == Errc::WouldBlock);
    });
    auto one = semaphore->blocking_acquire();
    auto owned = Semaphore::blocking_acquire_owned(semaphore);
    auto two = Semaphore::blocking_acquire_many_owned(semaphore, 2);
    CHECK(one->count() + owned->count() + two->count() == 4);
    CHECK(semaphore->available_permits() == 1);
    semaphore->close();
    CHECK(semaphore->blocking_acquire().error() == Errc::Closed);
  });
}

TEST_CASE("SY11: semaphore: it counts to SIZE_MAX >> 3, above it aborts; so do permits that do not fit together") {
  Semaphore full(Semaphore::kMaxPermits);
  CHECK(Semaphore::kMaxPermits == ~std::size_t{0} >> 3);
  CHECK(full.try_acquire_many(Semaphore::kMaxPermits));
  CHECK(support::aborts_with("SIZE_MAX >> 3", [] { static_cast<void>(Semaphore(Semaphore::kMaxPermits + 1)); }));
  CHECK(support::aborts_with("SIZE_MAX >> 3", [&] { full.add_permits(1); }));
  CHECK(support::aborts_with("SIZE_MAX >> 3", [&] { static_cast<void>(full.acquire_many(~std::size_t{0})); }));
  Semaphore other(2);
  auto permit = other.try_acquire().value();
  CHECK(support::aborts_with("different semaphores", [&] { permit.merge(full.try_acquire().value()); }));
  CHECK(support::aborts_with("more than it holds", [&] { static_cast<void>(permit.split(2)); }));
}

TEST_CASE("SY11: semaphore: blocking_acquire inside a task aborts and says what to type instead") {
  CHECK(support::aborts_with("co_await the other one", [] {
    current_thread().block_on([]() -> Task<void> {
      Semaphore semaphore(1);
      static_cast<void>(semaphore.blocking_acquire());
      co_return;
    });
  }));
}

TEST_CASE("SY11: semaphore: a zero request is served at once, also behind waiters") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(0);
    CHECK((co_await semaphore.acquire_many(0)).value().count() == 0);
  });
}

TEST_CASE("SY11: semaphore: a plain thread waits with blocking_acquire") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto semaphore = std::make_shared<Semaphore>(0);
    std::atomic<bool> served{false};
    std::thread thread([&] {
      const auto permit = semaphore->blocking_acquire_many(2);
      served = permit.has_value();
    });
    runtime.block_on([&]() -> Task<void> {
      semaphore->add_permits(1);
      co_await yield_now();
      semaphore->add_permits(1);
    });
    thread.join();
    CHECK(served);
    CHECK(semaphore->available_permits() == 2);
  });
}

TEST_CASE("SY11: semaphore: a select that another branch won leaves the queue and may wait again") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Semaphore semaphore(0);
    auto acquire = semaphore.acquire_many(2);
    for (int i = 0; i < 3; ++i) {
      auto won = co_await select(acquire, yield_now());
      CHECK(won.index() == 1);
    }
    semaphore.add_permits(1);
    CHECK(semaphore.available_permits() == 1);
    semaphore.add_permits(1);
    auto won = co_await select(acquire, yield_now()).biased();
    REQUIRE(won.index() == 0);
    CHECK(won.get<0>()->count() == 2);
  });
}

TEST_CASE("SY11: semaphore: never more holders than permits, and none is lost, under random cancels") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        static constexpr std::size_t kPermits = 3;
        Semaphore semaphore(kPermits);
        std::atomic<std::size_t> holders{0};
        std::atomic<bool> too_many{false};
        std::vector<JoinHandle<void>> tasks;
        for (std::size_t i = 0; i < 64; ++i) {
          tasks.push_back(spawn([&, i]() -> Task<void> {
            for (std::size_t k = 0; k < 20; ++k) {
              const std::size_t count = 1 + (i + k) % kPermits;
              auto permit = co_await semaphore.acquire_many(count);
              if (holders.fetch_add(count) + count > kPermits) too_many = true;
              struct Leave {
                std::atomic<std::size_t>& holders;
                std::size_t count;
                ~Leave() { holders -= count; }
              } const leave{holders, count};
              co_await yield_now();
            }
          }));
        }
        for (std::size_t i = 0; i < tasks.size(); i += 3) {
          co_await yield_now();
          tasks[i].abort();
        }
        for (auto& task : tasks) static_cast<void>(co_await task);
        CHECK_FALSE(too_many);
        CHECK(semaphore.available_permits() == kPermits);
      });
    });
  }
}
