// mpsc, Mutex, Semaphore.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/yield_now.h>

#include "harness.h"

namespace micro {
namespace {

constexpr std::size_t kMessages = 1'000'000;

Task<void> produce(sync::Sender<std::size_t> tx, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) static_cast<void>(co_await tx.send(i));
}

Task<void> channel(std::size_t producers) {
  auto [tx, rx] = sync::mpsc<std::size_t>(1000);
  for (std::size_t i = 0; i < producers; ++i) spawn(produce(tx, kMessages / producers)).detach();
  { auto last = std::move(tx); }
  std::size_t received = 0;
  while (co_await rx.recv()) ++received;
  RONDEAU_ASSERT(received == kMessages);
}

Task<void> lock_often(std::shared_ptr<sync::Mutex<std::uint64_t>> mutex, int times) {
  for (int i = 0; i < times; ++i) {
    auto guard = co_await mutex->lock();
    ++*guard;
  }
}

Task<void> mutex(int tasks, int times) {
  auto shared = std::make_shared<sync::Mutex<std::uint64_t>>();
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < tasks; ++i) handles.push_back(spawn(lock_often(shared, times)));
  for (auto& handle : handles) static_cast<void>(co_await handle);
}

Task<void> acquire_often(std::shared_ptr<sync::Semaphore> semaphore) {
  for (int i = 0; i < 100'000; ++i) {
    auto permit = co_await semaphore->acquire();
    co_await yield_now();
  }
}

Task<void> semaphore() {
  auto shared = std::make_shared<sync::Semaphore>(2);
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 4; ++i) handles.push_back(spawn(acquire_often(shared)));
  for (auto& handle : handles) static_cast<void>(co_await handle);
}

}  // namespace

void bench_channels_and_locks(Bench& bench) {
  bench.run("mpsc_1_1", 1e6, 3, [&] { bench.inside([] { return channel(1); }); });
  bench.run("mpsc_4_1", 1e6, 3, [&] { bench.inside([] { return channel(4); }); });
  bench.run("mutex_uncontended", 1e6, 3, [&] { bench.inside([] { return mutex(1, 1'000'000); }); });
  bench.run("mutex_contended", 1e6, 3, [&] { bench.inside([] { return mutex(2, 500'000); }); });
  bench.run("semaphore_contended", 400'000, 3, [&] { bench.inside([] { return semaphore(); }); });
}

}  // namespace micro
