#include "timer/wheel.h"

#include <doctest/doctest.h>

#include <barrier>
#include <chrono>
#include <cstdint>
#include <vector>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("timer: four workers arm and cancel timers, and none finds a lock taken") {
  constexpr std::size_t kWorkers = 4;
  constexpr int kTimers = 20'000;
  // Nobody helps a late worker out: here there are more of them than cores.
  auto runtime =
      runtime::Builder::multi_thread().worker_threads(kWorkers).watchdog(0ms).rescue_after(1h).build().value();
  std::barrier together(kWorkers);
  std::vector<std::uint64_t> contended(kWorkers);
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<void>> handles;
    for (std::size_t i = 0; i < kWorkers; ++i) {
      handles.push_back(spawn([&, i]() -> Task<void> {
        together.arrive_and_wait();  // blocks its worker, so each of the four has one for itself
        const std::uint64_t before = base::WordMutex::contended();
        for (int k = 0; k < kTimers; ++k) {
          static_cast<void>(co_await select(sleep_for(std::chrono::milliseconds(1000 + (k & 1023))), losing(probe::count_to(0))).biased());
        }
        contended[i] = base::WordMutex::contended() - before;
        together.arrive_and_wait();
      }));
    }
    for (auto& handle : handles) CHECK(co_await handle);
  });
  for (const std::uint64_t times : contended) CHECK(times == 0);
}
