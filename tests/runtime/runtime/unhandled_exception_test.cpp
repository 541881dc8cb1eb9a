#include <rondeau/task/unhandled_exception.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

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
