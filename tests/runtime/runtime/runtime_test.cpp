#include <rondeau/runtime/runtime.h>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <rondeau/sync/oneshot.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"

using namespace rondeau;
using probe::Alive;

TEST_CASE("runtime: destroying it ends every task, whatever it waits for") {
  for (const std::size_t workers : {0U, 1U, 2U, 4U}) {
    CAPTURE(workers);
    {
      auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
      if (workers != 0) builder.worker_threads(workers);
      auto runtime = builder.build();
      REQUIRE(runtime);
      for (int i = 0; i < 20; ++i) {
        runtime->spawn(probe::for_ever()).detach();
        runtime->spawn([alive = Alive()]() -> Task<void> { co_await sleep_for(std::chrono::hours(1)); }).detach();
        runtime->spawn([alive = Alive()]() -> Task<void> {
          auto [tx, rx] = sync::oneshot<int>();
          static_cast<void>(co_await rx);
        }).detach();
      }
      runtime->block_on(probe::count_to(5));
    }
    CHECK(probe::living.load() == 0);
  }
}

TEST_CASE("runtime: spawning after shutdown gives a handle that says cancelled, and destroys the closure") {
  std::optional<runtime::Handle> handle;
  {
    auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
    handle = runtime->handle();
  }
  auto joined = handle->spawn([alive = Alive()]() -> Task<void> { co_return; });
  CHECK(joined.is_finished());
  CHECK(probe::living.load() == 0);
}

TEST_CASE("runtime: block_on passes the exception of its task on") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
  CHECK_THROWS_AS(runtime->block_on([]() -> Task<void> {
    co_await yield_now();
    throw std::runtime_error("root");
  }),
                  std::runtime_error);
}

TEST_CASE("runtime: on current_thread several threads may block_on, one drives and hands over") {
  auto runtime = runtime::Builder::current_thread().build();
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) sum.fetch_add(runtime->block_on(probe::count_to(t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sum.load() == 20 * (1 + 2 + 3 + 4));
}

TEST_CASE("runtime: tasks spawned from outside wake sleeping workers") {
  for (const std::size_t workers : {1U, 2U, 4U}) {
    auto runtime = runtime::Builder::multi_thread().worker_threads(workers).build();
    for (int i = 0; i < 200; ++i) {
      auto handle = runtime->spawn(probe::count_to(1));
      CHECK(runtime->block_on([&]() -> Task<int> { co_return (co_await handle).value(); }) == 1);
    }
  }
}

TEST_CASE("runtime: a task that spins does not keep the others from a second worker") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build();
  std::atomic<bool> stop{false};
  auto spinning = runtime->spawn([&stop]() -> Task<void> {
    while (!stop.load()) std::this_thread::yield();
    co_return;
  });
  int sum = 0;
  for (int i = 0; i < 50; ++i) {
    auto handle = runtime->spawn(probe::count_to(1));
    sum += runtime->block_on([&]() -> Task<int> { co_return (co_await handle).value(); });
  }
  CHECK(sum == 50);
  stop.store(true);
  runtime->block_on([&]() -> Task<void> { static_cast<void>(co_await spinning); });
}

TEST_CASE("runtime: shutdown_timeout leaves a blocking call behind and says so") {
  std::atomic<bool> release{false};
  std::atomic<bool> ran{false};
  {
    auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
    auto call = runtime->block_on([&]() -> Task<JoinHandle<void>> {
      co_return spawn_blocking([&] {
        ran.store(true);
        while (!release.load()) std::this_thread::yield();
      });
    });
    while (!ran.load()) std::this_thread::yield();
    CHECK(std::move(*runtime).shutdown_timeout(std::chrono::milliseconds(5)) == 1);
    release.store(true);
    while (!call.is_finished()) std::this_thread::yield();
  }
}

TEST_CASE("runtime: a thousand runtimes start and stop") {
  for (int i = 0; i < 1000; ++i) {
    auto runtime = runtime::Builder::current_thread().build();
    REQUIRE(runtime);
    runtime->spawn(probe::for_ever()).detach();
    if (i % 10 == 0) CHECK(runtime->block_on(probe::count_to(2)) == 2);
  }
  CHECK(probe::living.load() == 0);
}
