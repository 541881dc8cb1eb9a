#include <rondeau/task/block_in_place.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "support/aborts.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using runtime::Builder;

runtime::Runtime workers(std::size_t count) { return Builder::multi_thread().worker_threads(count).build().value(); }

/// Runs `body() -> Task<void>` on a worker.
template <class Body>
void inside(const runtime::Runtime& runtime, Body body) {
  runtime.block_on([&]() -> Task<void> { CHECK(co_await spawn(body)); });
}

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

TEST_CASE("TK8: block_in_place gives what its function gives, and lets its exception through") {
  const auto runtime = workers(1);
  inside(runtime, []() -> Task<void> {
    CHECK(block_in_place([] { return 7; }) == 7);
    int value = 1;
    int& same = block_in_place([&]() -> int& { return value; });
    CHECK(&same == &value);
    CHECK(*block_in_place([owned = std::make_unique<int>(3)]() mutable { return std::move(owned); }) == 3);
    CHECK_THROWS_AS(block_in_place([] { throw std::runtime_error("blocked"); }), std::runtime_error);
    co_await yield_now();
  });
}

TEST_CASE("TK8: while a task blocks in place, the others of the only worker go on: ready ones, timers, sockets") {
  const auto runtime = workers(1);
  inside(runtime, []() -> Task<void> {
    auto [one, other] = net::UnixStream::pair().value();
    std::atomic<int> served = 0;
    auto ready = spawn([&]() -> Task<void> {  // in the slot of the task that is next
      co_await yield_now();
      ++served;
    });
    auto timer = spawn([&]() -> Task<void> {
      co_await sleep_for(2ms);
      ++served;
    });
    auto reader = spawn([&]() -> Task<void> {
      std::byte byte{};
      CHECK(co_await other.read_exact(std::span(&byte, 1)));
      ++served;
    });
    const int here = ::gettid();
    block_in_place([&] {
      CHECK(::gettid() == here);
      CHECK_FALSE(runtime::worker_index());
      const char byte = 1;
      CHECK(::write(one.fd(), &byte, 1) == 1);
      while (served != 3) std::this_thread::yield();
    });
    CHECK(::gettid() == here);
    for (auto* handle : {&ready, &timer, &reader}) CHECK(co_await *handle);
  });
}

TEST_CASE("TK8: any number of tasks block at once, and the runtime goes on") {
  constexpr int kMany = 20;
  for (const std::size_t count : {1U, 2U}) {
    CAPTURE(count);
    const auto runtime = workers(count);
    for (int round = 0; round < 5; ++round) {
      runtime.block_on([&]() -> Task<void> {
        std::atomic<int> met = 0;
        std::vector<JoinHandle<int>> handles;
        for (int i = 0; i < kMany; ++i) {
          handles.push_back(spawn([&met]() -> Task<int> {
            block_in_place([&] {
              for (++met; met < kMany;) std::this_thread::yield();
            });
            co_return co_await probe::count_to(3);
          }));
        }
        for (auto& handle : handles) CHECK((co_await handle).value() == 3);
      });
    }
    while (runtime.metrics().num_alive_tasks() != 0) std::this_thread::yield();
  }
  CHECK(probe::living == 0);
}

TEST_CASE("TK8: a call that does not block costs no thread in the long run: the worker is taken back, or one stands by") {
  const auto runtime = workers(1);
  inside(runtime, []() -> Task<void> {
    for (int i = 0; i < 1000; ++i) {
      block_in_place([] {});
      if (i % 10 == 0) co_await yield_now();
    }
  });
  // The caller's, the watchdog's, the worker's, and stand-ins.
  CHECK(threads() <= 8);
}

TEST_CASE("TK8: no more threads stand in than the pool \"blocking\" may have; who comes back takes the next worker") {
  std::atomic<int> started = 0;
  const auto runtime = Builder::multi_thread()
                           .worker_threads(1)
                           .max_blocking_threads(1)
                           .on_thread_start([&] { ++started; })
                           .build()
                           .value();
  runtime.block_on([&]() -> Task<void> {
    std::binary_semaphore go{0};
    std::atomic<bool> blocked = false;
    std::atomic<bool> ran = false;
    auto first = spawn([&]() -> Task<void> {
      block_in_place([&] {
        blocked = true;
        go.acquire();
      });
      co_return;
    });
    while (!blocked) co_await yield_now();
    auto second = spawn([&]() -> Task<void> {
      spawn([&]() -> Task<void> {
        ran = true;
        co_return;
      }).detach();
      block_in_place([&] {
        CHECK(runtime.block_on(probe::count_to(3)) == 3);
        CHECK_FALSE(ran);  // nobody has the worker
        go.release();
        while (!ran) std::this_thread::yield();
      });
      co_return;
    });
    CHECK(co_await second);
    CHECK(co_await first);
  });
  CHECK(started == 2);
}

TEST_CASE("TK8: stand-ins end when they were not needed for long") {
  const std::ptrdiff_t before = threads();
  const auto runtime = Builder::multi_thread().worker_threads(1).thread_keep_alive(1ms).watchdog(0ms).report_deadlock_after(0ms).build().value();
  inside(runtime, []() -> Task<void> {
    std::atomic<bool> ran = false;
    auto other = spawn([&]() -> Task<void> {
      ran = true;
      co_return;
    });
    block_in_place([&] {
      while (!ran) std::this_thread::yield();
    });
    CHECK(co_await other);
  });
  while (threads() != before + 1) std::this_thread::yield();
  inside(runtime, []() -> Task<void> { CHECK(block_in_place([] { return 1; }) == 1); co_return; });
}

TEST_CASE("TK8: block_on works inside, spawning does, and blocking in place again does") {
  const auto runtime = workers(1);
  inside(runtime, [&]() -> Task<void> {
    const int sum = block_in_place([&] {
      auto spawned = spawn(probe::count_to(2));
      const int waited = runtime.block_on([&]() -> Task<int> {
        const int nested = block_in_place([&] { return runtime.block_on(probe::count_to(5)); });
        co_return nested + (co_await spawned).value();
      });
      return waited + block_in_place([] { return 1; });
    });
    CHECK(sum == 8);
    co_await yield_now();
  });
}

TEST_CASE("TK8: the budget of the task is not used inside") {
  const auto runtime = workers(1);
  inside(runtime, [&]() -> Task<void> {
    co_await yield_now();
    for (int i = 0; i < 120; ++i) {
      sync::Notify ready;
      ready.notify_one();
      co_await ready.notified();
    }
    block_in_place([&] {
      runtime.block_on([]() -> Task<void> {
        for (int i = 0; i < 100; ++i) {
          sync::Notify ready;
          ready.notify_one();
          co_await ready.notified();
        }
      });
    });
    CHECK(runtime.metrics().budget_forced_yield_count() == 0);
    for (int i = 0; i < 8; ++i) {
      sync::Notify ready;
      ready.notify_one();
      co_await ready.notified();
    }
    CHECK(runtime.metrics().budget_forced_yield_count() == 0);
  });
}

TEST_CASE("TK8: an abort that comes meanwhile takes effect after the call, and destroys the frames") {
  const auto runtime = workers(1);
  runtime.block_on([]() -> Task<void> {
    std::binary_semaphore go{0};
    std::atomic<bool> blocked = false;
    std::atomic<bool> returned = false;
    auto task = spawn([&]() -> Task<void> {
      const probe::Alive alive;
      block_in_place([&] {
        blocked = true;
        go.acquire();
      });
      returned = true;
      co_await probe::for_ever();
    });
    while (!blocked) co_await yield_now();
    task.abort();
    CHECK_FALSE(task.is_finished());
    go.release();
    CHECK((co_await task).error().is_cancelled());
    CHECK(returned);
  });
  CHECK(probe::living == 0);
}

TEST_CASE("TK8: a shutdown waits for what blocks in place, up to its limit") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    {
      const auto runtime = workers(2);
      for (int i = 0; i < 3; ++i) {
        runtime
            .spawn([&]() -> Task<void> {
              const probe::Alive alive;
              block_in_place([&] {
                ++begun;
                std::this_thread::sleep_for(2ms);
                ++ended;
              });
              co_await probe::for_ever();
            })
            .detach();
      }
      while (begun == 0) std::this_thread::yield();
    }
    REQUIRE(begun == ended);
    REQUIRE(probe::living == 0);
  }
}

TEST_CASE("TK8: hooks and histograms bear it when a task leaves its worker") {
  std::atomic<int> before = 0;
  std::atomic<int> after = 0;
  std::optional<runtime::Runtime> runtime = Builder::multi_thread()
                                                .worker_threads(2)
                                                .poll_time_histogram()
                                                .on_before_task_poll([&](const TaskMeta&) { ++before; })
                                                .on_after_task_poll([&](const TaskMeta&) { ++after; })
                                                .build()
                                                .value();
  runtime->block_on([]() -> Task<void> {
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < 10; ++i) {
      handles.push_back(spawn([]() -> Task<void> {
        for (int k = 0; k < 10; ++k) {
          block_in_place([] { std::this_thread::yield(); });
          co_await yield_now();
        }
      }));
    }
    for (auto& handle : handles) CHECK(co_await handle);
  });
  runtime.reset();
  CHECK(before == 110);
  CHECK(after == 110);
}

TEST_CASE("TK8: on a current_thread runtime it aborts in a task; outside of tasks it just calls") {
  CHECK(support::aborts_with("co_await blocking(...)", [] {
    const auto runtime = Builder::current_thread().build().value();
    runtime.block_on([]() -> Task<void> {
      block_in_place([] {});
      co_return;
    });
  }));
  CHECK(block_in_place([] { return 1; }) == 1);
  const auto current = Builder::current_thread().build().value();
  {
    const auto entered = current.enter();
    CHECK(block_in_place([] { return 2; }) == 2);
  }
  current.block_on([]() -> Task<void> {
    CHECK((co_await spawn_blocking([] { return block_in_place([] { return 3; }); })).value() == 3);
  });
  const auto runtime = workers(1);
  CHECK(runtime.block_on([]() -> Task<int> { co_return block_in_place([] { return 4; }); }) == 4);
}

TEST_CASE("TK8: workers change threads under load, and every task ends") {
  const auto runtime = workers(2);
  runtime.block_on([]() -> Task<void> {
    std::atomic<int> sum = 0;
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < 200; ++i) {
      handles.push_back(spawn([&sum, i]() -> Task<void> {
        for (int k = 0; k < 10; ++k) {
          if ((i + k) % 4 == 0) {
            block_in_place([] { std::this_thread::yield(); });
          } else {
            co_await yield_now();
          }
          sum += 1;
        }
      }));
    }
    for (auto& handle : handles) CHECK(co_await handle);
    CHECK(sum == 2000);
  });
}

}  // namespace
