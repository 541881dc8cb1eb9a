// The runtimes a test of a waiting primitive runs on, and ways to let others go first without sleeping.
#pragma once

#include <cstddef>
#include <cstdlib>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/yield_now.h>

namespace sync_test {

using namespace rondeau;

/// Tasks take turns in the order they became ready: what happens is known.
inline runtime::Runtime current_thread() {
  return runtime::Builder::current_thread().build().value();
}

/// Calls `test(runtime)` on current_thread and on 1, 2 and 4 workers.
template <class Test>
void on_each_flavor(Test&& test) {
  {
    INFO("current_thread");
    const runtime::Runtime runtime = current_thread();
    test(runtime);
  }
  for (const std::size_t workers : {1U, 2U, 4U}) {
    INFO("workers: " << workers);
    const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(workers).build().value();
    test(runtime);
  }
}

/// On current_thread: everyone who can run has run until it waits.
inline Task<void> settle() {
  for (int i = 0; i < 8; ++i) co_await yield_now();
}

/// Lets others run until it holds.
template <class Condition>
Task<void> until(Condition condition) {
  while (!condition()) co_await yield_now();
}

/// 1, or more where many rounds are asked for (the stress suite).
inline std::size_t rounds() {
  const char* text = std::getenv("RONDEAU_ROUNDS");
  const long asked = text == nullptr ? 1 : std::strtol(text, nullptr, 10);
  return asked > 0 ? static_cast<std::size_t>(asked) : 1;
}

}  // namespace sync_test
