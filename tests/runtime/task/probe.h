// Counts what lives, and runs a test on every flavour of runtime.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include <rondeau/detail/frame_cache.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/yield_now.h>

namespace probe {

using namespace rondeau;

inline std::atomic<int> living{0};

/// Alive while it is.
struct Alive {
  Alive() noexcept { living.fetch_add(1); }
  Alive(const Alive&) noexcept { living.fetch_add(1); }
  Alive& operator=(const Alive&) noexcept = default;
  ~Alive() { living.fetch_sub(1); }
};

inline Task<int> count_to(int limit) {
  const Alive alive;
  for (int i = 0; i < limit; ++i) co_await yield_now();
  co_return limit;
}

inline Task<void> for_ever() {
  const Alive alive;
  for (;;) co_await yield_now();
}

/// Gives `value` after so many turns of others.
inline Task<int> after(int turns, int value) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) co_await yield_now();
  co_return value;
}

inline Task<int> never() {
  co_await for_ever();
  co_return 0;
}

/// Runs `body() -> Task<void>` on current_thread, 1, 2 and 4 workers; afterwards nothing of ours lives.
template <class Body>
void on_every_flavor(Body body) {
  for (const std::size_t workers : {0U, 1U, 2U, 4U}) {
    CAPTURE(workers);
    {
      auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
      if (workers != 0) builder.worker_threads(workers);
      auto runtime = builder.build();
      REQUIRE(runtime);
      runtime->block_on(body());
    }
    CHECK(living.load() == 0);
    CHECK(detail::live_frames() == 0);
  }
}

}  // namespace probe
