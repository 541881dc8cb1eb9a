#include "blocking/built_in_pools.h"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <source_location>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/blocking_operation.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../sync/flavors.h"
#include "support/aborts.h"

using namespace rondeau;
using namespace std::chrono_literals;
using sync_test::on_each_flavor;
using sync_test::until;

namespace {

std::string thread_name() {
  char text[32] = {};
  ::pthread_getname_np(::pthread_self(), text, sizeof text);
  return text;
}

runtime::Runtime one_thread_for_files(std::size_t queue_limit) {
  return runtime::Builder::multi_thread()
      .worker_threads(2)
      .blocking_pool("fs", {.max_threads = 1, .queue_limit = queue_limit})
      .build()
      .value();
}

/// Keeps the one thread of the pool "fs" from its next call until the gate opens.
struct HeldFiles {
  HeldFiles() {
    spawn_blocking(BuiltInPool::Fs, [this] {
      begun.release();
      gate.acquire();
    }).detach();
    begun.acquire();
  }
  std::binary_semaphore begun{0};
  std::binary_semaphore gate{0};
};

}  // namespace

TEST_CASE("RT3: pools: a call runs on a thread that bears the name of its pool") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      CHECK((co_await spawn_blocking(thread_name)).value() == "blocking");
      CHECK((co_await spawn_blocking(BuiltInPool::Fs, thread_name)).value() == "fs");
      CHECK((co_await task::blocking(BuiltInPool::Resolver, thread_name)).value() == "resolver");
    });
  });
}

TEST_CASE("RT3: pools: by default 512 threads for files, 4 and a queue of 256 for names, 64 calls a thread elsewhere") {
  const threads::BuiltInPools::Options pools = threads::BuiltInPools::bounded({}, 7s);
  const auto& fs = pools[static_cast<std::size_t>(BuiltInPool::Fs)];
  const auto& resolver = pools[static_cast<std::size_t>(BuiltInPool::Resolver)];
  CHECK(pools[0].max_threads == 512);
  CHECK(fs.max_threads == 512);
  CHECK_FALSE(fs.queue_limit);
  CHECK(resolver.max_threads == 4);
  CHECK(resolver.queue_limit == 256);
  CHECK(fs.keep_alive == 7s);

  const threads::Pool pool("sixty-four for each", {.max_threads = 3}, nullptr);
  CHECK(const_cast<threads::Pool&>(pool).room().available() == 192);
}

TEST_CASE("RT3: pools: the builder changes the bounds that are named, and leaves the others") {
  const runtime::Runtime runtime = one_thread_for_files(2);
  runtime.block_on([]() -> Task<void> {
    HeldFiles held;
    auto first = spawn_blocking(BuiltInPool::Fs, [] { return 1; });
    auto second = spawn_blocking(BuiltInPool::Fs, [] { return 2; });
    auto third = spawn_blocking(BuiltInPool::Fs, [] { return 3; });
    CHECK((co_await third).error().is_overloaded());
    // One pool that is full keeps nobody else waiting.
    CHECK((co_await spawn_blocking([] { return 4; })).value() == 4);
    CHECK((co_await spawn_blocking(BuiltInPool::Resolver, [] { return 5; })).value() == 5);
    held.gate.release();
    CHECK((co_await first).value() == 1);
    CHECK((co_await second).value() == 2);
  });
}

TEST_CASE("RT3: pools: a name that is none of the runtime's, and a bound of 0, abort with a sentence") {
  const auto settings = [](const char* name, task::PoolBounds bounds) {
    return [=] { runtime::Builder::multi_thread().blocking_pool(name, bounds); };
  };
  CHECK(support::aborts_with("make others with BlockingPool", settings("db", {.max_threads = 2})));
  CHECK(support::aborts_with("max_threads = 0", settings("fs", {.max_threads = 0})));
  CHECK(support::aborts_with("queue_limit = 0", settings("fs", {.queue_limit = 0})));
}

TEST_CASE("RT3: pools: each is made by its first call") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      // From several threads at once: one pool all the same.
      std::vector<JoinHandle<void>> calls;
      for (int i = 0; i < 8; ++i) {
        calls.push_back(spawn(
            []() -> Task<void> { CHECK((co_await spawn_blocking(BuiltInPool::Fs, thread_name)).value() == "fs"); }));
      }
      for (auto& call : calls) (co_await call).value();
    });
  });
}

TEST_CASE("RT3: pools: shutdown ends what waits in each of them and waits for what runs") {
  std::atomic<int> ended{0};
  std::vector<JoinHandle<void>> queued;
  std::vector<std::unique_ptr<std::binary_semaphore>> gates;
  std::thread opener;
  {
    const runtime::Runtime runtime = runtime::Builder::multi_thread()
                                         .worker_threads(1)
                                         .max_blocking_threads(1)
                                         .blocking_pool("fs", {.max_threads = 1})
                                         .blocking_pool("resolver", {.max_threads = 1})
                                         .build()
                                         .value();
    const auto entered = runtime.enter();
    for (const BuiltInPool pool : {BuiltInPool::Blocking, BuiltInPool::Fs, BuiltInPool::Resolver}) {
      auto& gate = *gates.emplace_back(std::make_unique<std::binary_semaphore>(0));
      std::binary_semaphore begun{0};
      spawn_blocking(pool, [&] {
        begun.release();
        gate.acquire();
        ++ended;
      }).detach();
      begun.acquire();
      queued.push_back(spawn_blocking(pool, [] {}));
    }
    opener = std::thread([&] {
      for (const auto& call : queued) {
        while (!call.is_finished()) std::this_thread::yield();  // all are ended before one that runs is waited for
      }
      for (const auto& gate : gates) gate->release();
    });
  }
  opener.join();
  CHECK(ended == 3);
}

TEST_CASE("RT3: pools: one that is asked for after the shutdown takes nothing") {
  runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  const runtime::Handle handle = runtime.handle();
  std::move(runtime).shutdown_background();
  const auto entered = handle.enter();
  CHECK(spawn_blocking(BuiltInPool::Fs, [] { return 1; }).is_finished());
}

TEST_CASE("RT3: pools: a call in any of them keeps a paused clock from jumping") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().start_paused().build().value();
  runtime.block_on([]() -> Task<void> {
    std::atomic<bool> done{false};
    auto call = spawn_blocking(BuiltInPool::Fs, [&] {
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      done = true;
    });
    co_await sleep_for(1h);
    CHECK(done);
    (co_await call).value();
  });
}

TEST_CASE("TK7: pools: a mandatory call that is queued runs, though its await is destroyed and the runtime ends") {
  for (const bool mandatory : {true, false}) {
    CAPTURE(mandatory);
    std::optional<HeldFiles> held;
    std::optional<JoinHandle<void>> sentinel;
    std::atomic<bool> ran{false};
    std::thread opener;
    {
      const runtime::Runtime runtime = one_thread_for_files(8);
      const auto entered = runtime.enter();
      held.emplace();
      const detail::PoolChoice where(BuiltInPool::Fs, mandatory ? detail::Mandatory::Yes : detail::Mandatory::No);
      std::atomic<bool> queued{false};
      auto waiter = runtime.spawn([&ran, &queued, where]() -> Task<void> {
        auto call = detail::blocking_on(std::source_location::current(), where, [&ran] { ran = true; });
        CHECK_FALSE(call.try_now());
        queued = true;
        static_cast<void>(co_await call);
      });
      while (!queued) std::this_thread::yield();
      waiter.abort();
      while (!waiter.is_finished()) std::this_thread::yield();
      sentinel = spawn_blocking(BuiltInPool::Fs, [] {});
      opener = std::thread([&] {
        while (!sentinel->is_finished()) std::this_thread::yield();  // the pool is sealed
        held->gate.release();
      });
    }
    opener.join();
    CHECK(ran == mandatory);
  }
}

TEST_CASE("TK7: pools: an operation gives the call's result, its error, or what it threw") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      CHECK((co_await detail::blocking_operation(BuiltInPool::Fs, []() -> Result<int> { return 3; })).value() == 3);
      const auto failed = co_await detail::blocking_operation(
          BuiltInPool::Fs, []() -> Result<int> { return Error(Errc::NotFound, "open x"); });
      CHECK(failed.error().message() == "open x: not found");
      bool thrown = false;
      try {
        static_cast<void>(
            co_await detail::blocking_operation(BuiltInPool::Fs, []() -> Result<int> { throw std::bad_alloc(); }));
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      CHECK(thrown);
      CHECK((co_await task::BlockingOperation<int>(Error(Errc::InvalidArgument))).error() == Errc::InvalidArgument);
    });
  });
}
