#include "blocking/pool.h"

#include <atomic>
#include <semaphore>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>

#include <doctest/doctest.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// Queues a call past the public functions, so that it can be mandatory.
template <class F>
JoinHandle<void> submit(threads::Pool& pool, threads::Mandatory mandatory, F function) {
  detail::Header* call = detail::BlockingCell<void, F>::make(&detail::require_scheduler(), std::move(function));
  JoinHandle<void> handle(call);
  REQUIRE(pool.room().try_take(1) == detail::Permits::Take::Taken);
  REQUIRE(pool.submit(call, mandatory) == threads::Pool::Submitted::Queued);
  detail::drop_task_reference(call);
  return handle;
}

}  // namespace

TEST_CASE("pool: at shutdown mandatory calls that wait still run, others are cancelled") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto entered = runtime.enter();
  threads::Pool pool("test", {.max_threads = 1}, nullptr);
  std::binary_semaphore begun{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> mandatory_ran{false};
  std::atomic<bool> other_ran{false};
  auto running = submit(pool, threads::Mandatory::No, [&] {
    begun.release();
    go_on.acquire();
  });
  begun.acquire();
  auto other = submit(pool, threads::Mandatory::No, [&] { other_ran = true; });
  auto mandatory = submit(pool, threads::Mandatory::Yes, [&] { mandatory_ran = true; });
  CHECK(pool.busy());
  CHECK(pool.running() == 1);
  CHECK(pool.queued() == 2);
  CHECK(pool.shutdown(Instant::now()).size() == 2);  // too soon: one runs, the mandatory one waits
  CHECK(other.is_finished());
  go_on.release();
  CHECK(pool.shutdown(std::nullopt).empty());
  CHECK(mandatory_ran);
  CHECK_FALSE(other_ran);
  CHECK_FALSE(pool.busy());
}

TEST_CASE("pool: a sealed pool takes no call") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto entered = runtime.enter();
  threads::Pool pool("test", {.max_threads = 1}, nullptr);
  CHECK(pool.shutdown(std::nullopt).empty());
  CHECK(pool.room().try_take(1) == detail::Permits::Take::Closed);
}
