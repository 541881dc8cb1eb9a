// What a broken rule says: one sentence that names the fix, and the caller's place.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_socket.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_local.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>

#include "support/aborts.h"
#include "support/sanitized.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Misuse {
  std::string says;
  std::function<void()> call;
  unsigned line;
};

/// A call that stands on the line it is written on.
Misuse misuse(std::string says, std::function<void()> call, std::source_location where = std::source_location::current()) {
  return {std::move(says), std::move(call), where.line()};
}

runtime::Runtime one_thread() { return runtime::Builder::current_thread().build().value(); }
runtime::Runtime workers() { return runtime::Builder::multi_thread().worker_threads(1).build().value(); }

/// Runs the call inside a task, on the thread of block_on or on a worker.
void in_block_on(std::function<void()> call) {
  one_thread().block_on([call = std::move(call)]() -> Task<void> {
    call();
    co_return;
  });
}
void on_worker(std::function<void()> call) {
  auto runtime = workers();
  auto task = runtime.spawn([call = std::move(call)]() -> Task<void> {
    call();
    co_return;
  });
  runtime.block_on([&]() -> Task<void> { static_cast<void>(co_await task); });
}

Task<int> one() { co_return 1; }
const TaskLocal<int> nobodys;

constexpr unsigned kSecondAwait = __LINE__ + 4;
Task<void> await_twice() {
  auto task = one();
  static_cast<void>(co_await std::move(task));
  static_cast<void>(co_await std::move(task));
}

template <class T>
void drop(T&&) {}

void holds(const std::vector<Misuse>& table) {
  for (const Misuse& each : table) {
    const std::string said = support::said_at_abort(each.call);
    CAPTURE(said);
    CHECK(support::contains(said, each.says));
    CHECK(support::contains(said, "misuse_test.cpp:" + std::to_string(each.line) + ","));
    CHECK(said.find("rondeau: ") == said.rfind("rondeau: "));
  }
}

}  // namespace

// clang-format off: the place of a call is its line
TEST_CASE("RT15: block_on in a task, on a worker or in another block_on aborts, and says where" *
          doctest::skip(support::kThreadSanitized)) {
  holds({
      misuse("co_await the task instead", [] { in_block_on([] { drop(one_thread().block_on(one())); }); }),
      misuse("co_await the task instead", [] { in_block_on([] { drop(run(one())); }); }),
      misuse("co_await the task instead", [] { on_worker([] { drop(workers().block_on(one())); }); }),
      misuse("co_await the task instead", [] { on_worker([] { drop(runtime::Handle::current().block_on(one())); }); }),
      misuse("co_await the task instead", [] { in_block_on([] { workers().block_on([]() -> Task<void> { co_return; }); }); }),
  });
}

TEST_CASE("RT14: what needs a runtime aborts where there is none, and says where") {
  holds({
      misuse("there is no runtime on this thread; use rondeau::run", [] { drop(runtime::Handle::current()); }),
      misuse("there is no runtime on this thread", [] { drop(net::TcpListener::bind("127.0.0.1:0")); }),
      misuse("there is no runtime on this thread", [] { drop(net::TcpSocket::v4()); }),
      misuse("there is no runtime on this thread", [] { drop(net::UnixStream::pair()); }),
      misuse("there is no runtime on this thread", [] { drop(signal::signal(signal::SignalKind::hangup())); }),
      misuse("there is no runtime on this thread", [] { runtime::test::pause(); }),
      misuse("there is no runtime on this thread", [] { spawn(one()).detach(); }),
      misuse("there is no runtime on this thread", [] { spawn(one).detach(); }),
      misuse("there is no runtime on this thread", [] { spawn([](int, int) { return one(); }, 1, 2).detach(); }),
      misuse("there is no runtime on this thread", [] { task::Builder().spawn(one).detach(); }),
      misuse("there is no runtime on this thread", [] { spawn_blocking([] {}).detach(); }),
      misuse("there is no runtime on this thread", [] { drop(blocking([] {})); }),
  });
}

TEST_CASE("TK1: a Task awaited or spawned twice aborts, and says where") {
  const std::string said = support::said_at_abort([] { one_thread().block_on(await_twice()); });
  CHECK(support::contains(said, "a Task is awaited once; this one was awaited, spawned or moved from before"));
  CHECK(support::contains(said, "misuse_test.cpp:" + std::to_string(kSecondAwait) + ","));
  holds({
      misuse("spawn was given a Task that was awaited", [] { in_block_on([] { auto task = one(); spawn(std::move(task)).detach(); spawn(std::move(task)).detach(); }); }),
  });
}

TEST_CASE("TK3, TK6, TK12: an await or a look that cannot be met aborts, and says where") {
  holds({
      misuse("a JoinHandle gives its result once", [] { one_thread().block_on([]() -> Task<void> { auto h = spawn(one); drop(co_await h); drop(co_await h); }); }),
      misuse("detached or moved from", [] { one_thread().block_on([]() -> Task<void> { auto h = spawn(one); h.detach(); drop(co_await h); }); }),
      misuse("every branch of this select is disabled", [] { one_thread().block_on([]() -> Task<void> { drop(co_await select(when(false, sleep_for(1h)))); }); }),
      misuse("a TaskLocal has no value here", [] { drop(nobodys.get()); }),
      misuse("a TaskLocal has no value here", [] { nobodys.with([](int) {}); }),
  });
}

TEST_CASE("TK3: a handle used up, or asked outside of a task, aborts, and says where") {
  holds({
      misuse("AbortHandle::current is for a task that runs", [] { drop(AbortHandle::current()); }),
      misuse("detached or moved from", [] { in_block_on([] { auto h = spawn(one()); h.detach(); drop(h.id()); }); }),
      misuse("detached or moved from", [] { in_block_on([] { auto h = spawn(one()); h.detach(); drop(h.abort_handle()); }); }),
      misuse("co_await the handle", [] { in_block_on([] { auto h = spawn(one()); drop(h.take_result()); }); }),
  });
}

TEST_CASE("RT2: a builder's value that cannot be meant aborts, and says where") {
  using runtime::Builder;
  holds({
      misuse("a runtime needs a worker", [] { Builder::multi_thread().worker_threads(0); }),
      misuse("blocking calls could never run", [] { Builder::multi_thread().max_blocking_threads(0); }),
      misuse("max_threads = 0", [] { Builder::multi_thread().blocking_pool("fs", {.max_threads = 0}); }),
      misuse("make others with BlockingPool", [] { Builder::multi_thread().blocking_pool("db", {}); }),
      misuse("would never be looked at", [] { Builder::multi_thread().event_interval(0); }),
      misuse("at most once a millisecond", [] { Builder::multi_thread().rescue_after(10us); }),
      misuse("needs a current_thread runtime", [] { Builder::multi_thread().start_paused(); }),
  });
}

TEST_CASE("SY2, SY3, SY7, SY11: capacities and counts that cannot be abort, and say where") {
  holds({
      misuse("at least 1 message", [] { drop(sync::mpsc<int>(0)); }),
      misuse("SIZE_MAX >> 3", [] { drop(sync::mpsc<int>(~std::size_t{0})); }),
      misuse("see max_capacity()", [] { auto [tx, rx] = sync::mpsc<int>(2); drop(tx.try_reserve_many(3)); }),
      misuse("at least 1 value", [] { drop(sync::broadcast<int>(0)); }),
      misuse("at least 1 value", [] { drop(sync::BroadcastSender<int>(0)); }),
      misuse("SIZE_MAX >> 1", [] { drop(sync::broadcast<int>(~std::size_t{0})); }),
      misuse("SIZE_MAX >> 3", [] { drop(std::make_unique<sync::Semaphore>(0)->acquire_many(~std::size_t{0})); }),
      misuse("cannot give more than it holds", [] { sync::Semaphore s(1); drop(s.try_acquire()->split(2)); }),
      misuse("different semaphores", [] { sync::Semaphore a(1), b(1); a.try_acquire()->merge(b.try_acquire().value()); }),
      misuse("co_await the other one, or use spawn_blocking", [] { in_block_on([] { sync::Semaphore s(1); drop(s.blocking_acquire()); }); }),
      misuse("a oneshot sends once", [] { auto [tx, rx] = sync::oneshot<int>(); drop(std::move(tx).send(1)); drop(std::move(tx).send(2)); }),
  });
}

TEST_CASE("TI4, TI6: a period of nothing, and a clock that cannot be paused, abort, and say where" *
          doctest::skip(support::kThreadSanitized)) {
  holds({
      misuse("period must be positive", [] { drop(interval(0s)); }),
      misuse("period must be positive", [] { drop(interval_at(Instant::now(), -1s)); }),
      misuse("only the clock of a current_thread runtime", [] { on_worker([] { runtime::test::pause(); }); }),
      misuse("is paused already; call test::resume() first", [] { in_block_on([] { runtime::test::pause(); runtime::test::pause(); }); }),
      misuse("not paused; call test::pause() first", [] { in_block_on([] { runtime::test::resume(); }); }),
      misuse("call test::pause() first", [] { one_thread().block_on([]() -> Task<void> { co_await runtime::test::advance(1s); }); }),
  });
}
// clang-format on
