#include <rondeau/time/with_cleanup.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include <rondeau/sync/notify.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

using Owned = std::unique_ptr<int>;

struct Cleaned {
  std::atomic<int> begun{0};
  std::atomic<int> done{0};
};

auto cleanup_of(Cleaned& cleaned, Duration takes = 1ms) {
  return [&cleaned, takes](Owned resource) -> Task<void> {
    ++cleaned.begun;
    if (*resource != 5) co_return;
    co_await sleep_for(takes);
    ++cleaned.done;
  };
}

}  // namespace

TEST_CASE("CA7: with_cleanup: once after a value, an error, an exception, and before the result") {
  probe::on_every_flavor([]() -> Task<void> {
    Cleaned cleaned;
    const int value = co_await with_cleanup(std::make_unique<int>(5), [](Owned& it) -> Task<int> {
      co_await yield_now();
      co_return *it + 1;
    }, cleanup_of(cleaned));
    CHECK(value == 6);
    CHECK(cleaned.done == 1);
    const Result<int> error = co_await with_cleanup(std::make_unique<int>(5), [](Owned&) -> Task<Result<int>> {
      co_return Errc::Closed;
    }, cleanup_of(cleaned));
    CHECK(error.error() == Errc::Closed);
    CHECK(cleaned.done == 2);
    std::string what;
    try {
      co_await with_cleanup(std::make_unique<int>(5), [](Owned&) -> Task<void> {
        co_await yield_now();
        throw std::runtime_error("body");
      }, cleanup_of(cleaned));
    } catch (const std::runtime_error& thrown) {
      what = thrown.what();
    }
    CHECK(what == "body");
    CHECK(cleaned.done == 3);
    CHECK(cleaned.begun == 3);
  });
}

TEST_CASE("CA7: with_cleanup: when the body is destroyed the cleanup goes on by itself, under no deadline but its own") {
  probe::on_every_flavor([]() -> Task<void> {
    Cleaned cleaned;
    std::atomic<int> bodies{0};
    auto guarded = [&]() -> Task<int> {
      return with_cleanup(std::make_unique<int>(5), [&bodies](Owned&) -> Task<int> {
        ++bodies;
        co_return co_await probe::never();
      }, cleanup_of(cleaned));
    };
    CHECK_FALSE(co_await timeout(1ms, guarded()));
    while (cleaned.done != 1) co_await sleep_for(1ms);
    auto handle = spawn(guarded);
    co_await yield_now();
    handle.abort();
    static_cast<void>(co_await handle);
    // One that was ended before it ran has nothing to clean; else its cleanup may not have begun yet.
    while (cleaned.done != bodies) co_await sleep_for(1ms);
    CHECK(cleaned.begun == bodies);
  });
}

TEST_CASE("CA7: with_cleanup: a task that is aborted while it cleans up finishes that first") {
  probe::on_every_flavor([]() -> Task<void> {
    Cleaned cleaned;
    auto handle = spawn([&]() -> Task<int> {
      return with_cleanup(std::make_unique<int>(5), [](Owned&) -> Task<int> { co_return 1; }, cleanup_of(cleaned, 3ms));
    });
    while (cleaned.begun == 0) co_await yield_now();
    handle.abort();
    static_cast<void>(co_await handle);
    CHECK(cleaned.done == 1);
    CHECK(cleaned.begun == 1);
  });
}

TEST_CASE("CA7: with_cleanup: a cleanup that takes longer than its budget is ended") {
  probe::on_every_flavor([]() -> Task<void> {
    Cleaned cleaned;
    co_await with_cleanup(std::make_unique<int>(5), [](Owned&) -> Task<void> { co_return; }, cleanup_of(cleaned, 1h), 3ms);
    CHECK(cleaned.begun == 1);
    CHECK(cleaned.done == 0);
  });
}

TEST_CASE("CA7: with_cleanup: a runtime that ends waits for it, up to its budget") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    Cleaned cleaned;
    Cleaned endless;
    {
      auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
      if (workers != 0) builder.worker_threads(workers);
      auto runtime = builder.build().value();
      std::atomic<int> begun{0};
      for (int i = 0; i < 10; ++i) {
        runtime.spawn([&]() -> Task<void> {
          return with_cleanup(std::make_unique<int>(5), [&](Owned&) -> Task<void> {
            ++begun;
            co_await probe::for_ever();
          }, cleanup_of(cleaned, 3ms));
        }).detach();
      }
      runtime.spawn([&]() -> Task<void> {
        return with_cleanup(std::make_unique<int>(5), [&](Owned&) -> Task<void> {
          ++begun;
          co_await probe::for_ever();
        }, cleanup_of(endless, 1h), 10ms);
      }).detach();
      runtime.block_on([&]() -> Task<void> {
        while (begun != 11) co_await yield_now();
      });
    }
    CHECK(cleaned.done == 10);
    CHECK(endless.begun == 1);
    CHECK(endless.done == 0);
    CHECK(detail::live_frames() == 0);
  }
}
