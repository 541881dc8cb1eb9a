#include "blocking/pool.h"

#include <atomic>
#include <semaphore>
#include <thread>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>

#include <doctest/doctest.h>

#include "support/counting_driver.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// Queues a call past the public functions, so that it can be mandatory.
template <class F>
JoinHandle<void> submit(threads::Pool& pool, threads::Mandatory mandatory, F function) {
  detail::Header* call = detail::BlockingCell<void, F>::make(&detail::require_scheduler(), std::move(function));
  JoinHandle<void> handle(call);
  REQUIRE(pool.room().try_take(1) == detail::Permits::Take::Taken);
  REQUIRE(pool.submit(call, mandatory) == threads::Pool::Submitted::Queued);
  detail::drop_task_reference(call);
  return handle;
}

}  // namespace

TEST_CASE("pool: at shutdown mandatory calls that wait still run, others are cancelled") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto entered = runtime.enter();
  threads::Pool pool("test", {.max_threads = 1}, nullptr);
  std::binary_semaphore begun{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> mandatory_ran{false};
  std::atomic<bool> other_ran{false};
  auto running = submit(pool, threads::Mandatory::No, [&] {
    begun.release();
    go_on.acquire();
  });
  begun.acquire();
  auto other = submit(pool, threads::Mandatory::No, [&] { other_ran = true; });
  auto mandatory = submit(pool, threads::Mandatory::Yes, [&] { mandatory_ran = true; });
  CHECK(pool.busy());
  CHECK(pool.running() == 1);
  CHECK(pool.queued() == 2);
  CHECK(pool.shutdown(Instant::now()).size() == 2);  // too soon: one runs, the mandatory one waits
  CHECK(other.is_finished());
  go_on.release();
  CHECK(pool.shutdown(std::nullopt).empty());
  CHECK(mandatory_ran);
  CHECK_FALSE(other_ran);
  CHECK_FALSE(pool.busy());
}

TEST_CASE("pool: a sealed pool takes no call") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto entered = runtime.enter();
  threads::Pool pool("test", {.max_threads = 1}, nullptr);
  CHECK(pool.shutdown(std::nullopt).empty());
  CHECK(pool.room().try_take(1) == detail::Permits::Take::Closed);
}

TEST_CASE("ME3: pool: how many calls were taken, and how long they waited, is counted for each pool") {
  support::CountingDriver driver;
  driver.clock = 1'000'000'000;
  for (const bool workers : {false, true}) {
    CAPTURE(workers);
    auto builder = workers ? runtime::Builder::multi_thread().worker_threads(1) : runtime::Builder::current_thread();
    const auto runtime = builder.driver(driver).max_blocking_threads(1).build().value();
    const RuntimeMetrics metrics = runtime.metrics();
    CHECK(metrics.blocking_taken_count() == 0);
    CHECK(metrics.blocking_waiting_time() == 0ns);
    std::binary_semaphore begun{0};
    std::binary_semaphore go_on{0};
    auto first = runtime.spawn_blocking([&] {
      begun.release();
      go_on.acquire();
    });
    begun.acquire();
    auto second = runtime.spawn_blocking([] {});
    driver.clock += 5'000'000;
    auto third = runtime.spawn_blocking([] {});
    driver.clock += 2'000'000;
    CHECK(metrics.blocking_running_count() == 1);
    CHECK(metrics.blocking_queue_depth() == 2);
    CHECK(metrics.blocking_taken_count() == 1);
    CHECK(metrics.blocking_waiting_time() == 0ns);
    go_on.release();
    runtime.block_on([&]() -> Task<void> {
      CHECK(co_await first);
      CHECK(co_await second);
      CHECK(co_await third);
    });
    CHECK(metrics.blocking_taken_count() == 3);
    CHECK(metrics.blocking_waiting_time() == 7ms + 2ms);
    CHECK(metrics.blocking_taken_count(BuiltInPool::Fs) == 0);
    CHECK(metrics.blocking_waiting_time(BuiltInPool::Fs) == 0ns);
  }
}

TEST_CASE("ME3: pool: one of one's own counts as well, with the clock of those who call") {
  support::CountingDriver driver;
  driver.clock = 1'000'000'000;
  BlockingPool pool({.max_threads = 1});
  const auto runtime = runtime::Builder::multi_thread().worker_threads(1).driver(driver).build().value();
  const auto entered = runtime.enter();
  std::binary_semaphore begun{0};
  std::binary_semaphore go_on{0};
  auto first = spawn_blocking(pool, [&] {
    begun.release();
    go_on.acquire();
  });
  begun.acquire();
  auto second = spawn_blocking(pool, [] {});
  driver.clock += 3'000'000;
  CHECK(pool.queued() == 1);
  CHECK(pool.running() == 1);
  go_on.release();
  while (!second.is_finished()) std::this_thread::yield();
  CHECK(pool.taken() == 2);
  CHECK(pool.waiting_time() == 3ms);
}
