#include <rondeau/task/unhandled_exception.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/select.h>
#include <rondeau/task/shield.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/with_cleanup.h>

#include "../task/probe.h"
#include "support/aborts.h"
#include "support/captured_stderr.h"
#include "support/sanitized.h"

namespace {

using namespace rondeau;
using runtime::Builder;

Task<void> broken() {
  co_await yield_now();
  throw std::runtime_error("the ledger is gone");
}

/// A broken task whose handle is gone before it ends: one that is dropped later has seen to the exception.
void leave_broken(const runtime::Handle& handle) {
  auto gone = std::make_shared<std::atomic<bool>>(false);
  handle
      .spawn([gone]() -> Task<void> {
        while (!*gone) co_await yield_now();
        co_await broken();
      })
      .detach();
  *gone = true;
}

template <class F>
void on_both(UnhandledException what, F body) {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    auto builder = workers == 0 ? Builder::current_thread() : Builder::multi_thread();
    if (workers != 0) builder.worker_threads(workers);
    auto runtime = builder.unhandled_exception(what).build().value();
    body(runtime);
  }
  CHECK(probe::living == 0);
}

Task<void> until_counted(RuntimeMetrics metrics, std::uint64_t count) {
  while (metrics.unhandled_exception_count() < count) co_await yield_now();
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("RT9: an exception nobody waits for is logged once and counted") {
  on_both(UnhandledException::Log, [](runtime::Runtime& runtime) {
    const support::CapturedStderr captured;
    runtime.block_on([&]() -> Task<void> {
      auto watched = spawn(broken);
      leave_broken(runtime::Handle::current());
      CHECK((co_await watched).error().is_exception());
      std::binary_semaphore gone{0};
      spawn_blocking([&] {
        gone.acquire();
        throw 7;
      }).detach();
      gone.release();
      co_await until_counted(runtime.metrics(), 2);
    });
    CHECK(runtime.metrics().unhandled_exception_count() == 2);
    CHECK(times(captured.text(), "nobody waits for: the ledger is gone") == 1);
    CHECK(times(captured.text(), "no std::exception") == 1);
  });
}

TEST_CASE("RT9: an ignored exception is only counted") {
  on_both(UnhandledException::Ignore, [](runtime::Runtime& runtime) {
    const support::CapturedStderr captured;
    runtime.block_on([&]() -> Task<void> {
      leave_broken(runtime::Handle::current());
      co_await until_counted(runtime.metrics(), 1);
    });
    CHECK(captured.text().empty());
  });
}

TEST_CASE("RT9: an exception that shuts the runtime down ends its tasks, and block_on throws it, then and later") {
  on_both(UnhandledException::ShutdownRuntime, [](runtime::Runtime& runtime) {
    const support::CapturedStderr captured;
    auto other = runtime.spawn(probe::for_ever());
    CHECK_THROWS_WITH(runtime.block_on([]() -> Task<void> {
      const probe::Alive alive;
      leave_broken(runtime::Handle::current());
      sync::Notify never;
      co_await never.notified();
    }),
                      "the ledger is gone");
    CHECK_THROWS_WITH(runtime.block_on([]() -> Task<void> { co_await sleep_for(std::chrono::hours(1)); }),
                      "the ledger is gone");
    auto late = runtime.spawn([alive = probe::Alive()]() -> Task<void> { co_return; });
    CHECK(late.is_finished());
    if (runtime.handle().flavor() == runtime::Flavor::MultiThread) {
      while (!other.is_finished()) std::this_thread::yield();
    }
    CHECK(times(captured.text(), "the ledger is gone") == 1);
  });
}

TEST_CASE("RT9: who waits in a block_on of another thread gets the exception as well") {
  on_both(UnhandledException::ShutdownRuntime, [](runtime::Runtime& runtime) {
    const support::CapturedStderr captured;
    std::atomic<int> waiting = 0;
    std::atomic<int> thrown = 0;
    const auto wait = [&] {
      try {
        runtime.block_on([&]() -> Task<void> {
          ++waiting;
          co_await probe::for_ever();
        });
      } catch (const std::runtime_error&) {
        ++thrown;
      }
    };
    std::thread one(wait);
    std::thread other(wait);
    while (waiting < 2) std::this_thread::yield();
    leave_broken(runtime.handle());
    one.join();
    other.join();
    CHECK(thrown == 2);
  });
}

/// Destroyed with what is being ended; gives the workers time to leave first, which they should not do.
struct LetsWorkersLeave {
  std::atomic<std::size_t>* left;
  std::size_t workers;
  LetsWorkersLeave(std::atomic<std::size_t>* count, std::size_t all) noexcept : left(count), workers(all) {}
  LetsWorkersLeave(const LetsWorkersLeave&) = delete;
  LetsWorkersLeave& operator=(const LetsWorkersLeave&) = delete;
  ~LetsWorkersLeave() {
    for (int i = 0; i < 2000 && workers != 0 && *left < workers; ++i) std::this_thread::yield();
  }
};

TEST_CASE("RT9, CA7: the cleanup of a block_on that the exception ends runs to its end") {
  for (const std::size_t workers : {0U, 1U, 2U, 4U}) {
    CAPTURE(workers);
    const support::CapturedStderr captured;
    std::atomic<int> begun = 0;
    std::atomic<int> done = 0;
    std::atomic<std::size_t> left = 0;
    {
      auto builder = workers == 0 ? Builder::current_thread() : Builder::multi_thread();
      if (workers != 0) builder.worker_threads(workers);
      auto runtime = builder.unhandled_exception(UnhandledException::ShutdownRuntime)
                         .on_thread_stop([&left] { ++left; })
                         .build()
                         .value();
      const auto wait = [&] {
        try {
          runtime.block_on([&]() -> Task<void> {
            return with_cleanup(std::make_unique<int>(5),
                                [&](std::unique_ptr<int>&) -> Task<void> {
                                  const LetsWorkersLeave lets_leave(&left, workers);
                                  ++begun;
                                  co_await probe::for_ever();
                                },
                                [&](std::unique_ptr<int> resource) -> Task<void> {
                                  const probe::Alive alive;
                                  for (int i = 0; i < 3; ++i) co_await sleep_for(std::chrono::microseconds(100));
                                  co_await yield_now();
                                  done += *resource / 5;
                                });
          });
          FAIL_CHECK("block_on did not throw");
        } catch (const std::runtime_error&) {
        }
      };
      std::thread one(wait);
      std::thread other(wait);
      while (begun < 2) std::this_thread::yield();
      leave_broken(runtime.handle());
      one.join();
      other.join();
    }
    CHECK(done == 2);
    CHECK(probe::living == 0);
    CHECK(detail::live_frames() == 0);
  }
}

TEST_CASE("RT9, CA2: a shutdown that is out of time breaks the shield of a block_on that the exception ends") {
  for (const std::size_t workers : {1U, 2U}) {
    CAPTURE(workers);
    const support::CapturedStderr captured;
    auto runtime = Builder::multi_thread()
                       .worker_threads(workers)
                       .unhandled_exception(UnhandledException::ShutdownRuntime)
                       .build()
                       .value();
    std::atomic<bool> begun = false;
    std::thread waits([handle = runtime.handle(), &begun] {
      CHECK_THROWS(handle.block_on([](std::atomic<bool>* told) -> Task<void> {
        co_await task::shield([](std::atomic<bool>* tells) -> Task<void> {
          const probe::Alive alive;
          *tells = true;
          sync::Notify never;
          co_await never.notified();
        }(told));
      }(&begun)));
    });
    while (!begun) std::this_thread::yield();
    leave_broken(runtime.handle());
    while (runtime.metrics().unhandled_exception_count() == 0) std::this_thread::yield();
    static_cast<void>(std::move(runtime).shutdown_timeout(std::chrono::milliseconds(20)));
    waits.join();
    CHECK(probe::living == 0);
  }
}

TEST_CASE("CA7: where a block_on outlives its runtime its resource is destroyed, and no cleanup runs") {
  for (const std::size_t workers : {1U, 2U}) {
    CAPTURE(workers);
    std::optional<runtime::Runtime> runtime = Builder::multi_thread().worker_threads(workers).build().value();
    CancellationToken token;
    std::atomic<bool> begun = false;
    std::atomic<int> cleaned = 0;
    std::thread outlives([&, handle = runtime->handle()] {
      handle.block_on([](CancellationToken until, std::atomic<bool>* told, std::atomic<int>* count) -> Task<void> {
        auto first = co_await select(
            losing(with_cleanup(std::make_unique<probe::Alive>(),
                                [told](std::unique_ptr<probe::Alive>&) -> Task<void> {
                                  *told = true;
                                  sync::Notify never;
                                  co_await never.notified();
                                },
                                [count](std::unique_ptr<probe::Alive>) -> Task<void> {
                                  ++*count;
                                  co_return;
                                })),
            until.cancelled());
        CHECK(first.index() == 1);
      }(token, &begun, &cleaned));
    });
    while (!begun) std::this_thread::yield();
    runtime.reset();
    token.cancel();
    outlives.join();
    CHECK(cleaned == 0);
    CHECK(probe::living == 0);
    CHECK(detail::live_frames() == 0);
  }
}

TEST_CASE("RT9: an exception that terminates says which it was" *
          doctest::skip(support::kThreadSanitized)) {
  for (const bool workers : {false, true}) {
    CHECK(support::aborts_with("nobody waits for: the ledger is gone", [workers] {
      std::set_terminate([] {
        try {
          std::rethrow_exception(std::current_exception());
        } catch (const std::runtime_error&) {
          std::abort();
        }
      });
      auto builder = workers ? Builder::multi_thread().worker_threads(1) : Builder::current_thread();
      const auto runtime = builder.unhandled_exception(UnhandledException::Terminate).build().value();
      runtime.block_on([]() -> Task<void> {
        leave_broken(runtime::Handle::current());
        co_await probe::for_ever();
      });
    }));
  }
}

}  // namespace
