#include "base/spin_lock.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

using rondeau::base::SpinLock;

TEST_CASE("spin lock: one at a time, also where there are more threads than cores") {
  constexpr int kThreads = 8;
  constexpr int kTimes = 5000;
  SpinLock lock;
  long sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < kTimes; ++k) {
          const std::lock_guard guard(lock);
          ++sum;
          if (k % 1000 == 0) std::this_thread::yield();  // others come while it is held, and beyond their spins
        }
      });
    }
  }
  CHECK(sum == kThreads * kTimes);
}
