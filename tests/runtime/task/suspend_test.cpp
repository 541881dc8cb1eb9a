#include <rondeau/task/suspend.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "probe.h"

using namespace rondeau;

TEST_CASE("suspend: waits for a callback, from another thread or from within the call itself") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      int result = 0;
      std::thread other;
      co_await suspend([&](Waker waker) {
        other = std::thread([&result, waker] {
          result = 7;
          waker.wake();
          waker.wake();
        });
      });
      CHECK(result == 7);
      other.join();
      co_await suspend([](const Waker& waker) { waker.wake(); });
    }
  });
}

TEST_CASE("suspend: one that is dropped is woken in vain, and its task goes on") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<Waker> wakers;
    for (int i = 0; i < 10; ++i) {
      auto won =
          co_await select(losing(suspend([&](Waker waker) { wakers.push_back(std::move(waker)); })), yield_now()).biased();
      CHECK(won.index() == 1);
    }
    for (const Waker& waker : wakers) waker.wake();
    std::atomic<bool> waits = false;
    auto aborted = spawn([&]() -> Task<void> {
      const probe::Alive alive;
      co_await suspend([&](Waker waker) {
        wakers.push_back(std::move(waker));
        waits = true;
      });
    });
    while (!waits) co_await yield_now();
    aborted.abort();
    CHECK_FALSE(co_await aborted);
    CHECK(probe::living == 0);
    wakers.back().wake();
  });
}

TEST_CASE("suspend: a waker may outlive the runtime, and an exception of the call passes on") {
  std::optional<Waker> late;
  {
    auto runtime = runtime::Builder::current_thread().build().value();
    runtime.spawn([&]() -> Task<void> { co_await suspend([&](Waker waker) { late = std::move(waker); }); }).detach();
    runtime.block_on([&]() -> Task<void> {
      while (!late) co_await yield_now();
      bool thrown = false;
      try {
        co_await suspend([](const Waker&) { throw std::runtime_error("no library"); });
      } catch (const std::runtime_error&) {
        thrown = true;
      }
      CHECK(thrown);
    });
  }
  late->wake();
}
