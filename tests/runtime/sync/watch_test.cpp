#include <rondeau/sync/watch.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"
#include "support/aborts.h"

using namespace sync_test;

namespace {

template <class T>
void drop(T value) {
  static_cast<void>(value);
}

bool is_new(WatchReceiver<int>& receiver) {
  return receiver.has_changed().value();
}

}  // namespace

TEST_CASE("SY8: watch: a receiver sees the latest value only") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = watch<std::string>("first");
      CHECK(*rx.borrow() == "first");
      CHECK(tx.send("second"));
      CHECK(tx.send("third"));
      CHECK(co_await rx.changed());
      CHECK(*rx.borrow() == "third");
      CHECK(rx.borrow()->size() == 5);
      CHECK_FALSE(rx.has_changed().value());
    });
  });
}

TEST_CASE("SY8: watch: a subscriber starts with the present value seen, a clone with what its original has seen") {
  auto [tx, rx] = watch(1);
  CHECK_FALSE(is_new(rx));
  CHECK(tx.send(2));
  WatchReceiver<int> subscriber = tx.subscribe();
  WatchReceiver<int> clone = rx;
  CHECK_FALSE(is_new(subscriber));
  CHECK(is_new(clone));
  CHECK(*clone.borrow_and_update() == 2);
  CHECK(is_new(rx));  // by itself
  CHECK(tx.receiver_count() == 3);
}

TEST_CASE("SY8: watch: borrow leaves a value unseen, borrow_and_update and the mark functions do not") {
  auto [tx, rx] = watch(1);
  CHECK(tx.send(2));
  CHECK(rx.borrow().has_changed());
  CHECK(is_new(rx));
  CHECK(rx.borrow_and_update().has_changed());
  CHECK_FALSE(rx.borrow().has_changed());
  CHECK_FALSE(is_new(rx));
  rx.mark_changed();
  CHECK(is_new(rx));
  rx.mark_unchanged();
  CHECK_FALSE(is_new(rx));
}

TEST_CASE("SY8: watch: send fails without receivers and keeps the value, send_replace never fails") {
  auto [tx, rx] = watch(std::make_unique<int>(1));
  CHECK_FALSE(tx.is_closed());
  drop(std::move(rx));
  CHECK(tx.is_closed());
  auto refused = tx.send(std::make_unique<int>(2));
  REQUIRE_FALSE(refused);
  CHECK(*refused.error().value() == 2);
  CHECK(**tx.borrow() == 1);
  CHECK(*tx.send_replace(std::make_unique<int>(3)) == 1);
  CHECK(**tx.borrow() == 3);
  CHECK(**tx.subscribe().borrow() == 3);
  CHECK(tx.receiver_count() == 0);
}

TEST_CASE("SY8: watch: send_modify changes in place; send_if_modified makes a new value only where it says so") {
  auto [tx, rx] = watch(1);
  tx.send_modify([](int& value) { value = 5; });
  CHECK(*rx.borrow_and_update() == 5);
  CHECK_FALSE(tx.send_if_modified([](int& value) {
    value = 6;  // to be sent with a later change
    return false;
  }));
  CHECK_FALSE(is_new(rx));
  CHECK(tx.send_if_modified([](int& value) { return ++value > 0; }));
  CHECK(is_new(rx));
  CHECK(*rx.borrow_and_update() == 7);
  CHECK_THROWS_AS(tx.send_modify([](int&) { throw std::runtime_error("no"); }), std::runtime_error);
  CHECK_FALSE(is_new(rx));
  CHECK(tx.send(8));  // unlocked
}

TEST_CASE("SY8: watch: send_if_modified wakes only where it says so") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = watch(1);
    auto waiter = spawn([end = std::move(rx)]() mutable -> Task<int> {
      static_cast<void>(co_await end.changed());
      co_return *end.borrow();
    });
    co_await settle();
    tx.send_if_modified([](int& value) { return ++value < 0; });
    co_await settle();
    CHECK_FALSE(waiter.is_finished());
    tx.send_if_modified([](int& value) { return ++value > 0; });
    CHECK((co_await waiter).value() == 3);
  });
}

TEST_CASE("SY8: watch: a send wakes every receiver that waits, and each sees the last value in the end") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      static constexpr int kLast = 50;
      auto [tx, rx] = watch(0);
      std::vector<JoinHandle<int>> watchers;
      for (int i = 0; i < 100; ++i) {
        watchers.push_back(spawn([end = rx]() mutable -> Task<int> {
          int last = 0;
          while (co_await end.changed()) {
            const int now = *end.borrow_and_update();
            CHECK(now > last);
            last = now;
          }
          co_return last;
        }));
      }
      drop(std::move(rx));
      for (int i = 1; i <= kLast; ++i) {
        CHECK(tx.send(i));
        if (i % 7 == 0) co_await yield_now();
      }
      drop(std::move(tx));
      for (auto& watcher : watchers) CHECK((co_await watcher).value() == kLast);
    });
  });
}

TEST_CASE("SY8: watch: when the last sender is gone the last value is still seen, then there is an error") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = watch(1);
    std::optional<WatchSender<int>> second = tx;
    CHECK(tx.sender_count() == 2);
    CHECK(second->same_channel(tx));
    auto waiter = spawn([end = rx]() mutable -> Task<bool> { co_return (co_await end.changed()).has_value(); });
    co_await settle();
    drop(std::move(tx));
    co_await settle();
    CHECK_FALSE(waiter.is_finished());
    second.reset();
    CHECK_FALSE((co_await waiter).value());
    CHECK(rx.has_changed().error() == Errc::Closed);
    rx.mark_changed();
    CHECK(is_new(rx));
    CHECK(co_await rx.changed());
    CHECK((co_await rx.changed()).error() == Errc::Closed);
    CHECK(*rx.borrow() == 1);
  });
}

TEST_CASE("SY8: watch: a cancelled changed, waiting or woken, leaves the value unseen") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool woken : {false, true}) {
      auto [tx, rx] = watch(1);
      auto waiter = spawn([&end = rx]() -> Task<void> { static_cast<void>(co_await end.changed()); });
      co_await settle();
      if (woken) CHECK(tx.send(2));
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      if (!woken) CHECK(tx.send(2));
      CHECK(is_new(rx));
      CHECK(co_await rx.changed());
      auto changed = rx.changed();
      for (int i = 0; i < 3; ++i) CHECK((co_await select(changed, yield_now())).index() == 1);
      CHECK(tx.send(3));
      CHECK((co_await select(changed, yield_now()).biased()).index() == 0);
    }
  });
}

TEST_CASE("SY8: watch: wait_for looks at the present value first, then at each that comes, and marks it as seen") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = watch(1);
      CHECK(**co_await rx.wait_for([](int value) { return value == 1; }) == 1);
      std::atomic<int> asked{0};
      auto waiter = spawn([&, end = rx]() mutable -> Task<int> {
        auto found = co_await end.wait_for([&](const int& value) {
          ++asked;
          return value >= 3;
        });
        CHECK_FALSE(end.has_changed().value());
        co_return **found;
      });
      co_await until([&] { return asked == 1; });
      CHECK(tx.send(2));
      co_await until([&] { return asked == 2; });
      CHECK(tx.send(3));
      CHECK((co_await waiter).value() == 3);
      CHECK(tx.send(4));  // the borrow is over
    });
  });
}

TEST_CASE("SY8: watch: wait_for gives an error when the senders are gone, unless the last value does") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = watch(1);
    auto waiter = spawn([end = rx]() mutable -> Task<bool> {
      co_return (co_await end.wait_for([](int value) { return value > 5; })).has_value();
    });
    co_await settle();
    drop(std::move(tx));
    CHECK_FALSE((co_await waiter).value());
    CHECK(co_await rx.wait_for([](int value) { return value == 1; }));
    CHECK((co_await rx.wait_for([](int value) { return value == 2; })).error() == Errc::Closed);
  });
}

TEST_CASE("SY8: watch: a cancelled wait_for has marked nothing as seen and holds no lock") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool woken : {false, true}) {
      auto [tx, rx] = watch(1);
      auto waiter = spawn([&end = rx]() -> Task<void> {
        static_cast<void>(co_await end.wait_for([](int value) { return value == 3; }));
      });
      co_await settle();
      CHECK(tx.send(2));
      co_await settle();  // looked at, and not what it waits for
      if (woken) CHECK(tx.send(3));
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      CHECK(is_new(rx));
      CHECK(tx.send(3));
      CHECK(**co_await rx.wait_for([](int value) { return value == 3; }) == 3);
    }
  });
}

TEST_CASE("SY8: watch: a wait_for that is found inside a join lets go of the lock while the join waits") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = watch(1);
    auto both =
        co_await join(rx.wait_for([](int value) { return value == 1; }), [](WatchSender<int> end) -> Task<void> {
          co_await yield_now();
          CHECK(end.send(2));
        }(tx));
    CHECK(**std::get<0>(both) == 2);
  });
}

TEST_CASE("SY8: watch: what a predicate throws comes out of wait_for") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = watch(1);
    auto waiter = spawn([end = rx]() mutable -> Task<bool> {
      co_return (co_await end.wait_for([](int value) {
        return value > 1 ? throw std::runtime_error("no") : false;
      })).has_value();
    });
    co_await settle();
    CHECK(tx.send(2));
    CHECK((co_await waiter).error().is_exception());
    CHECK(tx.send(3));
  });
}

TEST_CASE("SY8: watch: closed() waits until the last receiver is gone, again after a new one came") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = watch(1);
      std::optional<WatchReceiver<int>> last = rx;
      auto watcher = spawn([end = tx]() mutable -> Task<void> { co_await end.closed(); });
      co_await settle();
      drop(std::move(rx));
      co_await settle();
      CHECK_FALSE(watcher.is_finished());
      last.reset();
      (co_await watcher).value();
      last = tx.subscribe();
      CHECK((co_await select(tx.closed(), yield_now()).biased()).index() == 1);
      last.reset();
      co_await tx.closed();
    });
  });
}

TEST_CASE("SY8: watch: no wake is lost between senders, cancelled waits and receivers that come and go") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        static constexpr int kLast = 200;
        auto [tx, rx] = watch(0);
        std::vector<JoinHandle<void>> tasks;
        for (int i = 0; i < 24; ++i) {
          tasks.push_back(spawn([i, end = rx]() mutable -> Task<void> {
            for (int k = 0; *end.borrow_and_update() != kLast; ++k) {
              if ((i + k) % 3 == 0) {
                static_cast<void>(co_await select(end.changed(), yield_now()));
              } else if ((i + k) % 3 == 1) {
                static_cast<void>(co_await end.wait_for([k](int value) { return value > k || value == kLast; }));
                if (k % 4 == 0) end = WatchReceiver<int>(end);
              } else {
                static_cast<void>(co_await end.changed());
              }
            }
          }));
        }
        drop(std::move(rx));
        auto second = spawn([end = tx]() mutable -> Task<void> {
          for (int i = 0; i < kLast / 2; ++i) {
            end.send_modify([](int& value) { ++value; });
            if (i % 8 == 0) co_await yield_now();
          }
        });
        for (int i = 0; i < kLast / 2; ++i) {
          tx.send_modify([](int& value) { ++value; });
          if (i % 8 == 0) co_await yield_now();
        }
        (co_await second).value();
        for (auto& task : tasks) (co_await task).value();
        co_await tx.closed();
      });
    });
  }
}

TEST_CASE("SY8: watch: plain threads send and look") {
  auto [tx, rx] = watch(0);
  std::thread sender([end = tx]() mutable {
    for (int i = 1; i <= 1000; ++i) CHECK(end.send(i));
  });
  int last = 0;
  while (last != 1000) {
    const int now = *rx.borrow_and_update();
    CHECK(now >= last);
    last = now;
  }
  sender.join();
}

#ifndef NDEBUG
TEST_CASE("SY8: watch: debug builds abort where a borrow is kept over a co_await") {
  CHECK(support::aborts_with("kept over a co_await", [] {
    current_thread().block_on([]() -> Task<void> {
      auto [tx, rx] = watch(1);
      auto look = rx.borrow();
      co_await yield_now();
    });
  }));
}

TEST_CASE("SY8: watch: debug builds abort where a borrow would wait for itself") {
  CHECK(support::aborts_with("let the borrow() end first", [] {
    auto [tx, rx] = watch(1);
    auto look = rx.borrow();
    tx.send_replace(2);
  }));
  auto [tx, rx] = watch(1);
  auto [other, watcher] = watch(1);
  auto look = rx.borrow();
  other.send_replace(2);
  auto moved = std::move(look);
  CHECK(*moved == 1);
}
#endif
