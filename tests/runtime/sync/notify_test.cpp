#include <rondeau/sync/notify.h>

#include <atomic>
#include <memory>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

constinit Notify global_notify;

Task<void> wait_and_note(Notify& notify, int name, std::vector<int>& order) {
  co_await notify.notified();
  order.push_back(name);
}

/// Is a permit stored? It stays, since who was notified and goes passes that on.
bool has_permit(Notify& notify) {
  auto notified = notify.notified();
  return notified.enable();
}

}  // namespace

TEST_CASE("SY12: notify: it may be a global with static initialisation") {
  global_notify.notify_one();
  CHECK(has_permit(global_notify));
}

TEST_CASE("SY12: notify: notify_one without a waiter stores exactly one permit") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Notify notify;
    notify.notify_one();
    notify.notify_one();
    co_await notify.notified();
    auto second = co_await select(notify.notified(), yield_now()).biased();
    CHECK(second.index() == 1);
  });
}

TEST_CASE("SY12: notify: notify_one wakes the oldest waiter, notify_last the youngest") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Notify notify;
    std::vector<int> order;
    std::vector<JoinHandle<void>> waiters;
    for (int i = 0; i < 3; ++i) {
      waiters.push_back(spawn(wait_and_note(notify, i, order)));
      co_await settle();
    }
    notify.notify_last();
    co_await settle();
    CHECK(order == std::vector<int>{2});
    notify.notify_one();
    co_await settle();
    CHECK(order == std::vector<int>{2, 0});
    notify.notify_one();
    for (auto& waiter : waiters) (co_await waiter).value();
    CHECK(order == std::vector<int>{2, 0, 1});
    CHECK_FALSE(has_permit(notify));
  });
}

TEST_CASE("SY12: notify: notify_waiters wakes all who exist, awaited or not, and stores nothing") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Notify notify;
      std::atomic<int> woken{0};
      std::atomic<int> created{0};
      std::vector<JoinHandle<void>> waiters;
      for (int i = 0; i < 100; ++i) {
        waiters.push_back(spawn([&]() -> Task<void> {
          auto notified = notify.notified();
          ++created;
          co_await notified;
          ++woken;
        }));
      }
      co_await until([&] { return created == 100; });
      auto mine = notify.notified();
      notify.notify_waiters();
      auto late = notify.notified();
      co_await mine;
      for (auto& waiter : waiters) (co_await waiter).value();
      CHECK(woken == 100);
      CHECK_FALSE(late.enable());
    });
  });
}

TEST_CASE("SY12: notify: notify_waiters keeps a stored permit") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Notify notify;
    notify.notify_one();
    notify.notify_waiters();
    CHECK(has_permit(notify));
    co_await notify.notified();
    CHECK_FALSE(has_permit(notify));
  });
}

TEST_CASE("SY12: notify: an enabled waiter holds its place before it is awaited") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    Notify notify;
    auto early = notify.notified();
    CHECK_FALSE(early.enable());
    std::vector<int> order;
    auto late = spawn(wait_and_note(notify, 1, order));
    co_await settle();
    notify.notify_one();
    co_await early;
    CHECK(order.empty());
    notify.notify_one();
    (co_await late).value();
  });
}

TEST_CASE("SY12: notify: a notified waiter that is destroyed passes its notification on") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool last : {false, true}) {
      Notify notify;
      std::vector<int> order;
      std::vector<JoinHandle<void>> waiters;
      for (int i = 0; i < 3; ++i) waiters.push_back(spawn(wait_and_note(notify, i, order)));
      co_await settle();
      last ? notify.notify_last() : notify.notify_one();
      waiters[last ? 2 : 0].abort();  // chosen, not resumed yet
      co_await settle();
      CHECK(order == std::vector<int>{1});
      waiters[last ? 0 : 2].abort();  // only waiting
      co_await settle();
      CHECK_FALSE(has_permit(notify));
    }
  });
}

TEST_CASE("SY12: notify: a notification for all that is destroyed is passed to nobody") {
  Notify notify;
  {
    auto notified = notify.notified();
    notified.enable();
    notify.notify_waiters();
  }
  CHECK_FALSE(has_permit(notify));
}

TEST_CASE("SY12: notify: the last waiter leaving does not swallow a permit") {
  Notify notify;
  {
    auto notified = notify.notified();
    CHECK_FALSE(notified.enable());
  }
  notify.notify_one();
  CHECK(has_permit(notify));
}

TEST_CASE("SY12: notify: notified_owned keeps the notify alive") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto notify = std::make_shared<Notify>();
    const std::weak_ptr<Notify> watched = notify;
    auto waiter =
        spawn([](std::shared_ptr<Notify> owned) -> Task<void> { co_await Notify::notified_owned(std::move(owned)); },
              std::move(notify));
    co_await settle();
    REQUIRE_FALSE(watched.expired());
    watched.lock()->notify_one();
    (co_await waiter).value();
    CHECK(watched.expired());
  });
}

TEST_CASE("SY12: notify: no notification is lost between tasks that wait, leave and notify at once") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        // As a lock: a notification is the right to go on. If one got lost nobody would.
        Notify notify;
        std::atomic<int> inside{0};
        std::atomic<bool> two{false};
        std::vector<JoinHandle<void>> tasks;
        for (int i = 0; i < 32; ++i) {
          tasks.push_back(spawn([&, i]() -> Task<void> {
            for (int k = 0; k < 20; ++k) {
              if ((i + k) % 5 == 0) {
                auto won = co_await select(notify.notified(), yield_now());
                if (won.index() == 1) continue;
              } else {
                co_await notify.notified();
              }
              if (inside.fetch_add(1) != 0) two = true;
              co_await yield_now();
              inside.fetch_sub(1);
              notify.notify_one();
            }
          }));
        }
        notify.notify_one();
        for (auto& task : tasks) (co_await task).value();
        CHECK_FALSE(two);
        CHECK(has_permit(notify));
      });
    });
  }
}
