#include <rondeau/task/blocking.h>

#include <pthread.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include <doctest/doctest.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

template <class Test>
void on_each_flavor(Test&& test) {
  {
    INFO("current_thread");
    const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
    test(runtime);
  }
  for (const std::size_t workers : {1U, 2U, 4U}) {
    INFO("workers: " << workers);
    const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(workers).build().value();
    test(runtime);
  }
}

template <class Condition>
Task<void> until(Condition condition) {
  while (!condition()) co_await yield_now();
}

/// One thread, held by a call until open() is called.
struct HeldPool {
  explicit HeldPool(std::size_t queue_limit)
      : pool({.name = "held", .max_threads = 1, .queue_limit = queue_limit, .keep_alive = 10s}) {}
  ~HeldPool() { open(); }

  Task<void> hold() {
    // The call has left the queue for good only when its closure runs.
    spawn_blocking(pool, [this] {
      held = true;
      gate.acquire();
    }).detach();
    co_await until([this] { return held.load(); });
  }
  void open() {
    if (!opened) gate.release();
    opened = true;
  }

  std::binary_semaphore gate{0};
  std::atomic<bool> held = false;
  bool opened = false;
  BlockingPool pool;
};

}  // namespace

TEST_CASE("blocking: a call runs on another thread and gives its value, or what it threw") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      const std::thread::id here = std::this_thread::get_id();
      CHECK((co_await spawn_blocking([] { return std::this_thread::get_id(); })).value() != here);
      CHECK((co_await spawn_blocking([](int a, std::unique_ptr<int> b) { return a + *b; }, 1, std::make_unique<int>(2)))
                .value() == 3);
      CHECK((co_await task::blocking([] { return std::string("text"); })).value() == "text");
      CHECK(co_await task::blocking([] {}));
      auto thrown = co_await task::blocking([]() -> int { throw std::runtime_error("no"); });
      REQUIRE_FALSE(thrown);
      CHECK(thrown.error().is_exception());
    });
  });
}

TEST_CASE("blocking: a call may spawn tasks of the runtime it came from") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const int value = runtime.block_on([]() -> Task<int> {
      auto handle = co_await spawn_blocking([] { return spawn([]() -> Task<int> { co_return 5; }); });
      co_return (co_await *handle).value();
    });
    CHECK(value == 5);
  });
}

TEST_CASE("blocking: over the queue limit spawn_blocking reports overloaded, at once") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      HeldPool held(2);
      co_await held.hold();
      auto first = spawn_blocking(held.pool, [] { return 1; });
      auto second = spawn_blocking(held.pool, [] { return 2; });
      auto third = spawn_blocking(held.pool, [] { return 3; });
      CHECK(third.is_finished());
      CHECK((co_await third).error().is_overloaded());
      held.open();
      CHECK((co_await first).value() == 1);
      CHECK((co_await second).value() == 2);
    });
  });
}

TEST_CASE("blocking: co_await blocking waits for room in order, before later spawn_blocking calls") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    HeldPool held(1);
    std::vector<int> order;  // one thread runs the calls
    co_await held.hold();
    auto queued = spawn_blocking(held.pool, [&order] { order.push_back(0); });
    std::vector<JoinHandle<void>> waiting;
    for (int i = 1; i <= 5; ++i) {
      waiting.push_back(spawn(
          [&, i]() -> Task<void> { CHECK(co_await task::blocking(held.pool, [&order, i] { order.push_back(i); })); }));
      co_await yield_now();
    }
    auto barged = spawn_blocking(held.pool, [] {});
    CHECK((co_await barged).error().is_overloaded());
    held.open();
    for (auto& task : waiting) (co_await task).value();
    (co_await queued).value();
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5});
  });
}

TEST_CASE("blocking: abort works only before the call begins; its closure is destroyed then") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      HeldPool held(8);
      co_await held.hold();
      auto counted = std::make_shared<int>(0);
      std::atomic<bool> ran{false};
      auto queued = spawn_blocking(held.pool, [counted, &ran] { ran = true; });
      queued.abort();
      held.open();
      CHECK((co_await queued).error().is_cancelled());
      CHECK_FALSE(ran);
      co_await until([&] { return counted.use_count() == 1; });

      std::binary_semaphore begun{0};
      std::binary_semaphore go_on{0};
      auto running = spawn_blocking(held.pool, [&] {
        begun.release();
        go_on.acquire();
        return 7;
      });
      begun.acquire();
      running.abort();
      go_on.release();
      CHECK((co_await running).value() == 7);
    });
  });
}

TEST_CASE("blocking: a destroyed await that waits for room never begins, and its place goes to the next") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    for (const bool chosen : {false, true}) {
      HeldPool held(1);
      co_await held.hold();
      std::atomic<bool> ran{false};
      auto filler = spawn_blocking(held.pool, [] {});
      auto counted = std::make_shared<int>(0);
      auto cancelled = spawn([&, counted]() -> Task<void> {
        static_cast<void>(co_await task::blocking(held.pool, [counted, &ran] { ran = true; }));
      });
      co_await yield_now();
      auto next = spawn([&]() -> Task<void> { CHECK(co_await task::blocking(held.pool, [] {})); });
      co_await yield_now();
      if (chosen) {
        held.open();
        filler.abort();
        while (held.pool.queued() > 0) std::this_thread::yield();  // room was given, the waiter has not run yet
      }
      cancelled.abort();
      CHECK((co_await cancelled).error().is_cancelled());
      held.open();
      (co_await next).value();
      static_cast<void>(co_await filler);
      CHECK_FALSE(ran);
      CHECK(counted.use_count() == 1);
    }
  });
}

TEST_CASE("blocking: a destroyed await of a running call loses the result; the call runs to its end") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto counted = std::make_shared<int>(0);
    runtime.block_on([&]() -> Task<void> {
      std::binary_semaphore begun{0};
      std::binary_semaphore go_on{0};
      std::atomic<bool> ended{false};
      auto waiter = spawn([&]() -> Task<void> {
        static_cast<void>(co_await task::blocking([&, counted] {
          begun.release();
          go_on.acquire();
          ended = true;
          return counted;
        }));
      });
      co_await until([&] { return begun.try_acquire(); });
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      CHECK_FALSE(ended);
      go_on.release();
      co_await until([&] { return ended && counted.use_count() == 1; });
    });
  });
}

TEST_CASE("blocking: a burst of short calls is served by few threads, calls that block get one each") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([]() -> Task<void> {
    static constexpr std::size_t kBlocked = 40;
    BlockingPool pool({.max_threads = kBlocked});
    std::barrier<> all_here(kBlocked);  // returns only when as many threads run
    std::vector<JoinHandle<void>> calls;
    for (std::size_t i = 0; i < kBlocked; ++i) {
      calls.push_back(spawn_blocking(pool, [&all_here] { all_here.arrive_and_wait(); }));
    }
    for (auto& call : calls) (co_await call).value();
    CHECK(pool.threads() == kBlocked);

    BlockingPool quick({.max_threads = 512});
    for (int batch = 0; batch < 5; ++batch) {
      calls.clear();
      for (int i = 0; i < 1000; ++i) calls.push_back(spawn_blocking(quick, [] {}));
      for (auto& call : calls) (co_await call).value();
    }
    CHECK(quick.threads() < 256);
  });
}

TEST_CASE("blocking: never more threads than max_threads, and idle ones end after the keep-alive") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      BlockingPool pool({.max_threads = 3, .keep_alive = 1ms});
      std::atomic<int> running{0};
      std::atomic<int> most{0};
      std::vector<JoinHandle<void>> calls;
      for (int i = 0; i < 100; ++i) {
        calls.push_back(spawn_blocking(pool, [&] {
          const int now = ++running;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::yield();
          --running;
        }));
      }
      for (auto& call : calls) (co_await call).value();
      CHECK(most <= 3);
      co_await until([&] { return pool.threads() == 0; });
      CHECK((co_await spawn_blocking(pool, [] { return 1; })).value() == 1);
    });
  });
}

TEST_CASE("blocking: threads carry the pool's name, cut to 15 bytes") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    BlockingPool pool({.name = "a-name-that-is-too-long", .max_threads = 1});
    auto name = co_await spawn_blocking(pool, [] {
      char text[32] = {};
      ::pthread_getname_np(::pthread_self(), text, sizeof text);
      return std::string(text);
    });
    CHECK(*name == "a-name-that-is-");
  });
}

TEST_CASE("blocking: destroying a pool cancels calls that wait and waits for those that run") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto held = std::make_unique<HeldPool>(8);
      co_await held->hold();
      auto waiting = spawn_blocking(held->pool, [] { return 1; });
      std::thread opener([&gate = held->gate, &pool = held->pool] {
        while (pool.queued() > 0) std::this_thread::yield();  // sealed: the call that waited was ended
        gate.release();
      });
      held->opened = true;
      held.reset();
      opener.join();
      CHECK((co_await waiting).error().is_cancelled());
    });
  });
}

TEST_CASE("blocking: a runtime that shuts down cancels queued calls and waits for running ones up to its limit") {
  std::binary_semaphore begun{0};
  std::binary_semaphore go_on{0};
  std::promise<void> ended;
  std::atomic<bool> second_ran{false};
  {
    runtime::Runtime runtime =
        runtime::Builder::multi_thread().worker_threads(1).max_blocking_threads(1).build().value();
    {
      const auto entered = runtime.enter();
      spawn_blocking([&] {
        begun.release();
        go_on.acquire();
        ended.set_value();
      }).detach();
      begun.acquire();
      spawn_blocking([&] { second_ran = true; }).detach();
    }
    CHECK(std::move(runtime).shutdown_timeout(20ms).left_behind() == 1);
  }
  go_on.release();
  ended.get_future().wait();
  CHECK_FALSE(second_ran);
}

TEST_CASE("blocking: a spawn_blocking after shutdown gives a cancelled handle") {
  runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  const runtime::Handle handle = runtime.handle();
  std::move(runtime).shutdown_background();
  const auto entered = handle.enter();
  auto late = spawn_blocking([] { return 1; });
  CHECK(late.is_finished());
}

TEST_CASE("blocking: calls from several threads, aborts and dropped handles all end") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto counted = std::make_shared<int>(0);
    runtime.block_on([&]() -> Task<void> {
      BlockingPool pool({.max_threads = 4, .queue_limit = 16});
      std::vector<JoinHandle<void>> tasks;
      for (int i = 0; i < 16; ++i) {
        tasks.push_back(spawn([&, i, counted]() -> Task<void> {
          for (int k = 0; k < 30; ++k) {
            if ((i + k) % 3 == 0) {
              auto handle = spawn_blocking(pool, [counted] {});
              if (k % 2 == 0) handle.abort();
              if (k % 5 != 0)
                static_cast<void>(co_await handle);
              else
                handle.detach();
            } else {
              CHECK(co_await task::blocking(pool, [counted] {}));
            }
          }
        }));
        if (i % 5 == 4) {
          co_await yield_now();
          tasks.back().abort();
        }
      }
      for (auto& task : tasks) static_cast<void>(co_await task);
    });
    CHECK(counted.use_count() == 1);
  });
}
