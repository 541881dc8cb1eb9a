#include <rondeau/test/stuck.h>

#include <memory>
#include <thread>

#include <rondeau/sync/mutex.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "support/aborts.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

Task<void> turns(int count) {
  for (int i = 0; i < count; ++i) co_await yield_now();
}

}  // namespace

TEST_CASE("TE5: stuck: tasks that wait for each other are explained, and assert_no_stuck aborts") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    auto first = std::make_shared<Mutex<int>>(0);
    auto second = std::make_shared<Mutex<int>>(0);
    const auto lock_both = [](std::shared_ptr<Mutex<int>> one, std::shared_ptr<Mutex<int>> other) -> Task<void> {
      auto guard = co_await one->lock();
      co_await yield_now();
      auto rest = co_await other->lock();
    };
    auto a = spawn(lock_both, first, second);
    auto b = spawn(lock_both, second, first);
    CHECK(test::explain_stuck(runtime::Handle::current()).empty());  // they can run
    co_await turns(4);
    const std::string text = test::explain_stuck(runtime::Handle::current());
    CHECK(text.find("DEADLOCK:") != std::string::npos);
    CHECK(text.find("waits for Mutex::lock") != std::string::npos);
    CHECK(support::aborts_with("tasks wait for what will never come", [] { test::assert_no_stuck(); }));
    a.abort();
    b.abort();
    static_cast<void>(co_await a);
    static_cast<void>(co_await b);
    test::assert_no_stuck();
  });
}

TEST_CASE("TE5: stuck: who waits for a timer, a blocking call, a peer, or one who can run is not stuck") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    Notify notify;
    auto waits = spawn([&]() -> Task<void> { co_await notify.notified(); });
    {
      auto sleeps = spawn([]() -> Task<void> { co_await sleep_for(1h); });
      co_await turns(2);
      CHECK(test::explain_stuck(runtime::Handle::current()).empty());
      sleeps.abort();
      static_cast<void>(co_await sleeps);
    }
    std::atomic<bool> go_on{false};
    auto call = spawn_blocking([&] {
      while (!go_on) std::this_thread::yield();
    });
    co_await turns(2);
    CHECK(test::explain_stuck(runtime::Handle::current()).empty());
    go_on = true;
    static_cast<void>(co_await call);
    while (runtime::Handle::current().metrics().blocking_running_count() != 0) co_await yield_now();
    auto busy = spawn(probe::for_ever);
    co_await turns(2);
    CHECK(test::explain_stuck(runtime::Handle::current()).empty());
    busy.abort();
    static_cast<void>(co_await busy);
    CHECK_FALSE(test::explain_stuck(runtime::Handle::current()).empty());
    notify.notify_one();
    static_cast<void>(co_await waits);
    CHECK(test::explain_stuck(runtime::Handle::current()).empty());
  });
}
