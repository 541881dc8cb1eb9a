// Spawning, joining, yielding, blocking calls.
#include <atomic>
#include <latch>
#include <memory>
#include <semaphore>
#include <utility>
#include <vector>

#include <rondeau/sync/oneshot.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>

#include "harness.h"

namespace micro {
namespace {

Task<void> empty() { co_return; }

Task<void> spawn_join_million() {
  std::vector<JoinHandle<void>> handles;
  handles.reserve(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) handles.push_back(spawn(empty()));
  for (auto& handle : handles) static_cast<void>(co_await handle);
}

struct Countdown {
  explicit Countdown(int count, sync::OneshotSender<int> last) : remaining(count), done(std::move(last)) {}
  std::atomic<int> remaining;
  sync::OneshotSender<int> done;
};

Task<void> count_down(std::shared_ptr<Countdown> countdown) {
  if (countdown->remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    static_cast<void>(std::move(countdown->done).send(0));
  }
  co_return;
}

Task<void> spawn_many_local() {
  auto [tx, rx] = sync::oneshot<int>();
  auto countdown = std::make_shared<Countdown>(10'000, std::move(tx));
  for (int i = 0; i < 10'000; ++i) spawn(count_down(countdown)).detach();
  countdown.reset();
  static_cast<void>(co_await rx);
}

void spawn_many_remote(const runtime::Runtime& runtime) {
  std::vector<JoinHandle<void>> handles;
  handles.reserve(10'000);
  for (int i = 0; i < 10'000; ++i) handles.push_back(runtime.spawn(empty()));
  runtime.block_on([&]() -> Task<void> {
    for (auto& handle : handles) static_cast<void>(co_await handle);
  });
}

Task<void> yield_thousand(std::shared_ptr<std::latch> done) {
  for (int i = 0; i < 1000; ++i) co_await yield_now();
  done->count_down();
}

Task<void> pong(sync::OneshotReceiver<int> ping, sync::OneshotSender<int> pong) {
  static_cast<void>(co_await ping);
  static_cast<void>(std::move(pong).send(0));
}

Task<void> ping(std::shared_ptr<std::latch> done) {
  auto [tx1, rx1] = sync::oneshot<int>();
  auto [tx2, rx2] = sync::oneshot<int>();
  spawn(pong(std::move(rx1), std::move(tx2))).detach();
  static_cast<void>(std::move(tx1).send(0));
  static_cast<void>(co_await rx2);
  done->count_down();
}

Task<void> ping_pong(std::shared_ptr<std::latch> done) {
  for (int i = 0; i < 1000; ++i) spawn(ping(done)).detach();
  co_return;
}

Task<void> chain(std::shared_ptr<std::binary_semaphore> done, int depth) {
  if (depth == 0) {
    done->release();
  } else {
    spawn(chain(std::move(done), depth - 1)).detach();
  }
  co_return;
}

Task<void> thousand_blocking_calls() {
  std::vector<JoinHandle<void>> handles;
  handles.reserve(1000);
  for (int i = 0; i < 1000; ++i) handles.push_back(spawn_blocking([] {}));
  for (auto& handle : handles) static_cast<void>(co_await handle);
}

}  // namespace

void bench_tasks(Bench& bench) {
  bench.run("spawn_join_1m", 1e6, 3, [&] { bench.inside(spawn_join_million); });
  bench.run("spawn_many_local", 1e6, 3, [&] {
    for (int i = 0; i < 100; ++i) bench.inside(spawn_many_local);
  });
  bench.run("spawn_many_remote", 1e6, 3, [&] {
    for (int i = 0; i < 100; ++i) spawn_many_remote(bench.runtime());
  });
  bench.run("yield_many", 200'000, 5, [&] {
    const auto done = std::make_shared<std::latch>(200);
    for (int i = 0; i < 200; ++i) bench.runtime().spawn(yield_thousand(done)).detach();
    done->wait();
  });
  bench.run("ping_pong", 50'000, 5, [&] {
    for (int i = 0; i < 50; ++i) {
      const auto done = std::make_shared<std::latch>(1000);
      bench.runtime().spawn(ping_pong(done)).detach();
      done->wait();
    }
  });
  bench.run("chained_spawn", 200'000, 5, [&] {
    for (int i = 0; i < 200; ++i) {
      const auto done = std::make_shared<std::binary_semaphore>(0);
      bench.runtime().spawn(chain(done, 1000)).detach();
      done->acquire();
    }
  });
  bench.run("spawn_blocking", 100'000, 3, [&] {
    bench.inside([]() -> Task<void> {
      for (int i = 0; i < 100; ++i) co_await thousand_blocking_calls();
    });
  });
  bench.run("spawn_blocking_4", 100'000, 3, [&] {
    // Four that submit at once, one for each worker where there are as many.
    bench.inside([]() -> Task<void> {
      std::vector<JoinHandle<void>> submitters;
      for (int i = 0; i < 4; ++i) {
        submitters.push_back(spawn([]() -> Task<void> {
          for (int k = 0; k < 25; ++k) co_await thousand_blocking_calls();
        }));
      }
      for (auto& submitter : submitters) static_cast<void>(co_await submitter);
    });
  });
}

}  // namespace micro
