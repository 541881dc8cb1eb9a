#include <rondeau/runtime/local_pool.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "support/aborts.h"
#include "support/captured_stderr.h"
#include "support/open_descriptors.h"
#include "support/sanitized.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using Sizes = std::vector<std::size_t>;

/// Notes the thread it is made on, and that it never is on another one.
class Bound {
 public:
  Bound() noexcept = default;
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;
  ~Bound() { check(); }
  void check() const { CHECK(::gettid() == thread_); }

 private:
  const int thread_ = ::gettid();
  probe::Alive alive_;
};

TEST_CASE("RT17: a pinned coroutine is made, runs and ends on one thread") {
  const LocalPool pool(2);
  const auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([&]() -> Task<void> {
    for (int i = 0; i < 20; ++i) {
      auto handle = pool.spawn_pinned(
          [](std::unique_ptr<int> value) -> Task<int> {
            const Bound bound;
            for (int k = 0; k < 3; ++k) {
              co_await yield_now();
              bound.check();
            }
            co_await sleep_for(1ms);
            bound.check();
            const int thread = ::gettid();
            auto child = spawn([thread]() -> Task<bool> { co_return ::gettid() == thread; });
            CHECK((co_await child).value());
            co_return *value;
          },
          std::make_unique<int>(i));
      CHECK((co_await handle).value() == i);
    }
  });
  CHECK(probe::living == 0);
}

TEST_CASE("RT17: the callable is called on the thread, and lives as long as its coroutine") {
  const LocalPool pool(1);
  std::atomic<int> called_on = 0;
  auto handle = pool.spawn_pinned([&called_on, kept = std::make_shared<int>(5)]() {
    called_on = ::gettid();
    return [](const std::shared_ptr<int>& value) -> Task<int> {
      co_await yield_now();
      co_return *value + (value.use_count() == 1 ? 0 : 100);
    }(kept);
  });
  const auto runtime = runtime::Builder::current_thread().build().value();
  CHECK(runtime.block_on([&]() -> Task<int> { co_return (co_await handle).value(); }) == 5);
  CHECK(called_on != 0);
  CHECK(called_on != ::gettid());
}

TEST_CASE("RT17: tasks go to the thread with the fewest, or where they are told" *
          doctest::skip(support::kThreadSanitized)) {
  const LocalPool pool(3);
  CHECK(pool.size() == 3);
  CHECK(pool.loads() == Sizes{0, 0, 0});
  std::vector<JoinHandle<void>> handles;
  const auto wait = []() -> Task<void> { co_await probe::for_ever(); };
  handles.push_back(pool.spawn_pinned_on(1, wait));
  handles.push_back(pool.spawn_pinned_on(1, wait));
  CHECK(pool.loads() == Sizes{0, 2, 0});
  for (int i = 0; i < 4; ++i) handles.push_back(pool.spawn_pinned(wait));
  CHECK(pool.loads() == Sizes{2, 2, 2});
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([&]() -> Task<void> {
    handles[0].abort();
    CHECK((co_await handles[0]).error().is_cancelled());
    CHECK(pool.loads() == Sizes{2, 1, 2});
    std::set<int> threads;
    for (std::size_t i = 0; i < 3; ++i) {
      threads.insert((co_await pool.spawn_pinned_on(i, []() -> Task<int> { co_return ::gettid(); })).value());
    }
    CHECK(threads.size() == 3);
    for (auto& handle : handles) handle.abort();
    for (std::size_t i = 1; i < handles.size(); ++i) CHECK((co_await handles[i]).error().is_cancelled());
  });
  CHECK(pool.loads() == Sizes{0, 0, 0});
  CHECK(support::aborts_with("no such thread", [] {
    const LocalPool small(1);
    small.spawn_pinned_on(1, []() -> Task<void> { co_return; }).detach();
  }));
  CHECK(support::aborts_with("1 is the least", [] { const LocalPool none(0); }));
}

TEST_CASE("RT17: an exception ends its own task only") {
  const support::CapturedStderr captured;
  const LocalPool pool(1);
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([&]() -> Task<void> {
    auto good = pool.spawn_pinned([] { return probe::count_to(50); });
    auto thrown = pool.spawn_pinned([]() -> Task<int> {
      co_await yield_now();
      throw std::runtime_error("bad");
    });
    // One that does not even return its coroutine.
    auto early = pool.spawn_pinned([]() -> Task<int> { throw std::runtime_error("worse"); });
    CHECK_THROWS_WITH((co_await thrown).error().rethrow(), "bad");
    CHECK_THROWS_WITH((co_await early).error().rethrow(), "worse");
    CHECK((co_await good).value() == 50);
  });
}

TEST_CASE("RT17: destroying the pool ends its tasks, each on its thread" *
          doctest::skip(support::kThreadSanitized)) {
  std::optional<JoinHandle<void>> waiting;
  {
    const LocalPool pool(2);
    std::atomic<int> begun = 0;
    for (int i = 0; i < 10; ++i) {
      waiting = pool.spawn_pinned([&begun]() -> Task<void> {
        const Bound bound;
        ++begun;
        sync::Notify never;
        co_await never.notified();
      });
    }
    while (begun != 10) std::this_thread::yield();
  }
  CHECK(probe::living == 0);
  CHECK(waiting->take_result().error().is_cancelled());
  CHECK(support::aborts_with("inside one of its own tasks", [] {
    std::optional<LocalPool> pool(1);
    pool->spawn_pinned([&]() -> Task<void> {
          pool.reset();
          co_return;
        })
        .detach();
    for (;;) std::this_thread::yield();
  }));
}

TEST_CASE("RT17: where its threads cannot have what they need, making a pool is an error that leaves nothing" *
          doctest::skip(support::kThreadSanitized)) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::ptrdiff_t descriptors = support::open_descriptors();
    const rlimit few{static_cast<rlim_t>(descriptors + 2), static_cast<rlim_t>(descriptors + 2)};
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto pool = LocalPool::make(4);
    ::_exit(!pool && pool.error() == Errc::TooManyOpenFiles && support::open_descriptors() == descriptors ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(LocalPool::make(2)->size() == 2);
}

}  // namespace
