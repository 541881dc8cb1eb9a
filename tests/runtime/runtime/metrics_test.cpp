#include <rondeau/runtime/metrics.h>

#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

namespace {

using namespace rondeau;
using namespace std::chrono_literals;

runtime::Runtime make(std::size_t workers) {
  auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
  if (workers != 0) builder.worker_threads(workers);
  return builder.build().value();
}

template <class Read>
std::uint64_t sum(const RuntimeMetrics& metrics, Read read) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < metrics.num_workers(); ++i) total += (metrics.*read)(i);
  return total;
}

Task<void> nothing() {
  co_return;
}

TEST_CASE("ME1: metrics: tasks are counted when they are spawned, and as long as they live") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    const RuntimeMetrics metrics = runtime.metrics();
    CHECK(metrics.num_workers() == (workers == 0 ? 1 : workers));
    CHECK(metrics.spawned_tasks_count() == 0);
    runtime.block_on([&]() -> Task<void> {
      sync::Notify go;
      std::vector<JoinHandle<void>> handles;
      for (int i = 0; i < 10; ++i) handles.push_back(spawn([&]() -> Task<void> { co_await go.notified(); }));
      CHECK(metrics.num_alive_tasks() == 10);
      while (metrics.num_alive_tasks() != 0) {
        go.notify_one();
        co_await yield_now();
      }
      CHECK(metrics.spawned_tasks_count() == 10);
    });
    CHECK(metrics.spawned_tasks_count() == 10);
  }
}

TEST_CASE("ME1: metrics: what comes from outside is counted, and waits in the queue of all") {
  const runtime::Runtime runtime = make(0);
  const RuntimeMetrics metrics = runtime.metrics();
  for (int i = 0; i < 5; ++i) runtime.spawn(nothing()).detach();
  CHECK(metrics.global_queue_depth() == 5);
  CHECK(metrics.remote_schedule_count() == 5);
  CHECK(metrics.worker_local_schedule_count(0) == 0);
  runtime.block_on([]() -> Task<void> {
    spawn(nothing()).detach();
    co_await yield_now();
  });
  CHECK(metrics.global_queue_depth() == 0);
  CHECK(metrics.worker_local_queue_depth(0) == 0);
  CHECK(metrics.worker_local_schedule_count(0) >= 2);
  CHECK(metrics.worker_poll_count(0) >= 7);
}

TEST_CASE("TK13, ME1: metrics: a task that finds everything ready yields in the end, and that is counted") {
  for (const std::size_t workers : {0U, 2U}) {
    const runtime::Runtime runtime = make(workers);
    runtime.block_on([]() -> Task<void> {
      for (int i = 0; i < 1000; ++i) {
        sync::Notify ready;
        ready.notify_one();
        co_await ready.notified();
      }
    });
    CHECK(runtime.metrics().budget_forced_yield_count() == 1000 / 128);
  }
}

TEST_CASE("ME1: metrics: blocking threads, idle ones, and the calls that wait for them") {
  auto runtime = runtime::Builder::current_thread().max_blocking_threads(1).build().value();
  const RuntimeMetrics metrics = runtime.metrics();
  CHECK(metrics.num_blocking_threads() == 0);
  runtime.block_on([&]() -> Task<void> {
    std::promise<void> go;
    std::promise<void> begun;
    auto first = spawn_blocking([&] {
      begun.set_value();
      go.get_future().wait();
    });
    begun.get_future().wait();
    auto second = spawn_blocking([] {});
    CHECK(metrics.num_blocking_threads() == 1);
    CHECK(metrics.num_idle_blocking_threads() == 0);
    CHECK(metrics.blocking_queue_depth() == 1);
    go.set_value();
    CHECK(co_await first);
    CHECK(co_await second);
    CHECK(metrics.blocking_queue_depth() == 0);
  });
  while (metrics.num_idle_blocking_threads() != 1) std::this_thread::yield();
}

TEST_CASE("ME1: metrics: descriptors come and go, and their readiness is counted") {
  const runtime::Runtime runtime = make(1);
  const RuntimeMetrics metrics = runtime.metrics();
  runtime.block_on([&]() -> Task<void> {
    {
      auto [one, other] = net::UnixStream::pair().value();
      CHECK(metrics.io_driver_fd_registered_count() == 2);
      std::byte byte{1};
      CHECK(co_await one.write_all(std::span(&byte, 1)));
      CHECK(co_await other.read_exact(std::span(&byte, 1)));
      while (metrics.io_driver_ready_count() == 0) co_await yield_now();
    }
    CHECK(metrics.io_driver_fd_deregistered_count() == 2);
    co_return;
  });
}

TEST_CASE("ME2: metrics: a worker sleeps, wakes, and says so") {
  const runtime::Runtime runtime = make(2);
  const RuntimeMetrics metrics = runtime.metrics();
  for (int i = 0; i < 20; ++i) runtime.block_on([]() -> Task<void> { CHECK(co_await spawn(nothing())); }());
  while (metrics.worker_park_unpark_count(0) % 2 == 0 || metrics.worker_park_unpark_count(1) % 2 == 0) {
    std::this_thread::yield();
  }
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(metrics.worker_park_count(i) > 0);
    CHECK(metrics.worker_thread_id(i) > 0);
    CHECK(metrics.worker_noop_count(i) <= metrics.worker_park_count(i));
  }
  CHECK(metrics.worker_thread_id(0) != metrics.worker_thread_id(1));
  CHECK(sum(metrics, &RuntimeMetrics::worker_poll_count) >= 20);
}

TEST_CASE("ME2: metrics: a full queue overflows, and others take from it") {
  const runtime::Runtime runtime = make(2);
  const RuntimeMetrics metrics = runtime.metrics();
  std::atomic<int> left = 0;
  std::atomic<bool> other_is_busy = false;
  std::atomic<bool> all_spawned = false;
  auto work = [&]() -> Task<void> {
    --left;
    co_return;
  };
  // Keeps the other worker from taking any before the queue was full.
  auto blocker = [&]() -> Task<void> {
    other_is_busy = true;
    while (!all_spawned) {
    }
    co_return;
  };
  auto spawner = [&]() -> Task<void> {
    while (!other_is_busy) {
    }
    left = 1000;
    for (int i = 0; i < 1000; ++i) spawn(work).detach();
    all_spawned = true;
    while (left != 0) {
    }
    co_return;
  };
  runtime.block_on([&]() -> Task<void> {
    auto busy = spawn(blocker);
    CHECK(co_await spawn(spawner));
    CHECK(co_await busy);
  });
  CHECK(sum(metrics, &RuntimeMetrics::worker_overflow_count) > 0);
  CHECK(sum(metrics, &RuntimeMetrics::worker_steal_operations) > 0);
  CHECK(sum(metrics, &RuntimeMetrics::worker_steal_count) >= sum(metrics, &RuntimeMetrics::worker_steal_operations));
  CHECK(sum(metrics, &RuntimeMetrics::worker_local_schedule_count) >= 1000);
}

TEST_CASE("ME2: metrics: busy time grows while one task runs for long, and rests while the worker sleeps") {
  const runtime::Runtime runtime = make(1);
  const RuntimeMetrics metrics = runtime.metrics();
  std::promise<void> go;
  std::promise<void> begun;
  auto handle = runtime.spawn([&]() -> Task<void> {
    begun.set_value();
    go.get_future().wait();
    co_return;
  });
  begun.get_future().wait();
  const Duration first = metrics.worker_total_busy_duration(0);
  for (const Instant begin = Instant::now(); begin.elapsed() < 5ms;) std::this_thread::yield();
  const Duration second = metrics.worker_total_busy_duration(0);
  CHECK(second >= first + 4ms);
  go.set_value();
  runtime.block_on([&]() -> Task<void> { CHECK(co_await handle); });
  while (metrics.worker_park_unpark_count(0) % 2 == 0) std::this_thread::yield();
  const Duration asleep = metrics.worker_total_busy_duration(0);
  CHECK(asleep >= second);
  CHECK(metrics.worker_total_busy_duration(0) == asleep);
  CHECK(metrics.worker_mean_poll_time(0) > Duration::zero());
}

}  // namespace
