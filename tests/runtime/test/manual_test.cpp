#include <doctest/doctest.h>

#include <rondeau/test/manual.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "failures.h"
#include "support/aborts.h"

using namespace rondeau;
using namespace std::chrono_literals;
using test::Manual;
using test_test::Failures;

namespace {

Task<int> receive(sync::Receiver<int>& rx) { co_return (co_await rx.recv()).value_or(-1); }

Task<int> sum_of(sync::Receiver<int>& rx, int count) {
  const probe::Alive alive;
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += (co_await rx.recv()).value_or(0);
  co_return sum;
}

}  // namespace

TEST_CASE("TE3: a task is run by hand, without a runtime, and its wakes are counted") {
  auto [tx, rx] = sync::mpsc<int>(4);
  Manual task(sum_of(rx, 3));
  CHECK(task.is_woken());  // it never ran
  CHECK(task.woken() == 0);
  CHECK_PENDING(task.poll());
  CHECK_FALSE(task.is_woken());
  CHECK_PENDING(task.poll());  // also where nobody woke it
  CHECK(task.woken() == 0);
  CHECK(tx.try_send(1));
  CHECK(task.is_woken());
  CHECK(task.woken() == 1);
  CHECK(tx.try_send(2));
  CHECK(task.woken() == 1);  // between two polls they are one
  CHECK_PENDING(task.poll());
  CHECK(tx.try_send(3));
  CHECK(task.woken() == 2);
  CHECK_READY(task.poll(), 6);
  CHECK(task.is_finished());
  CHECK_PENDING(task.poll());  // the result is taken
}

TEST_CASE("TE3: poll_until_idle runs the task for as long as it is woken") {
  Manual task([]() -> Task<int> {
    for (int i = 0; i < 10; ++i) co_await yield_now();
    sync::Notify never;
    co_await never.notified();
    co_return 1;
  }());
  CHECK_PENDING(task.poll_until_idle());
  CHECK(task.woken() == 10);
  CHECK_FALSE(task.is_woken());
  Manual ends([]() -> Task<void> { co_await yield_now(); }());
  CHECK_READY(ends.poll_until_idle());
}

TEST_CASE("TE3: wakes come from other threads, and late ones do no harm") {
  for (int round = 0; round < 200; ++round) {
    auto [tx, rx] = sync::mpsc<int>(1);
    std::thread sender([sends = tx]() mutable { static_cast<void>(sends.blocking_send(1)); });
    {
      std::optional<Manual<int>> task;
      task.emplace(receive(rx));
      auto found = task->poll();
      while (round % 2 == 0 && found.is_pending()) {
        while (!task->is_woken()) std::this_thread::yield();
        found = task->poll();
      }
    }
    rx.close();
    sender.join();
  }
}

TEST_CASE("TE3: an exception comes out of poll, and destroying a task destroys its frames") {
  Manual throws([]() -> Task<int> {
    co_await yield_now();
    throw std::runtime_error("thrown");
  }());
  CHECK_PENDING(throws.poll());
  CHECK_THROWS_AS(static_cast<void>(throws.poll()), std::runtime_error);
  auto [tx, rx] = sync::mpsc<int>(1);
  {
    Manual task(sum_of(rx, 1));
    CHECK_PENDING(task.poll());
    CHECK(probe::living == 1);
    Manual never_polled(sum_of(rx, 1));
    Manual aborted(sum_of(rx, 1));
    CHECK_PENDING(aborted.poll());
    aborted.abort();
    CHECK(probe::living == 2);
    CHECK_PENDING(aborted.poll());
    CHECK(aborted.is_finished());
    CHECK(probe::living == 1);
  }
  CHECK(probe::living == 0);
}

TEST_CASE("TE3: branches of a select are run by hand as well") {
  auto [tx, rx] = sync::mpsc<int>(1);
  auto [other_tx, other_rx] = sync::mpsc<int>(1);
  Manual task([](auto& one, auto& two) -> Task<int> {
    auto first = co_await select(one.recv(), two.recv());
    co_return static_cast<int>(first.index());
  }(rx, other_rx));
  CHECK_PENDING(task.poll());
  CHECK(other_tx.try_send(1));
  CHECK_READY(task.poll(), 1);
}

TEST_CASE("TE3: made in a runtime it may sleep, spawn, and be waited for") {
  test::run([]() -> Task<void> {
    Manual task([]() -> Task<int> {
      co_await sleep_for(1h);
      co_return (co_await spawn([]() -> Task<int> { co_return 4; })).value();
    }());
    CHECK_PENDING(task.poll());
    co_await task.woken_again();
    CHECK_PENDING(task.poll());
    co_await task.woken_again();
    CHECK_READY(task.poll(), 4);
  }, {.start_paused = true});
}

TEST_CASE("TE3: misuse is told") {
  CHECK(support::aborts_with("make it in block_on, or after Handle::enter()", [] {
    Manual task([]() -> Task<void> { co_await sleep_for(1h); }());
    static_cast<void>(task.poll());
  }));
  CHECK(support::aborts_with("while a scope in it waits for its children", [] {
    test::run([]() -> Task<void> {
      Manual task([]() -> Task<void> {
        co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
          scope.spawn([]() -> Task<void> { co_await sleep_for(1h); }).detach();
          co_await scope.join();
        });
      }());
      static_cast<void>(task.poll());
      co_return;
    });
  }));
}

TEST_CASE("TE3: the checks tell what was found") {
  test::Poll<int> pending;
  const test::Poll<int> ready(5);
  const Result<int> value(3);
  const Result<int> refused(Errc::Closed);
  const Result<std::string> late(Errc::TimedOut);
  const Result<void, time::Elapsed> in_time;
  CHECK_READY(ready);
  CHECK_READY(ready, 5);
  CHECK_PENDING(pending);
  CHECK_OK(value);
  CHECK_OK(value, 3);
  CHECK_ERR(refused);
  CHECK_ERR(refused, Errc::Closed);
  CHECK_ELAPSED(late);
  const auto said = [](auto&& check) {
    const Failures failures;
    check();
    return Failures::all().size() == 1 ? Failures::all()[0] : std::to_string(Failures::all().size()) + " failures";
  };
  CHECK(said([&] { CHECK_READY(pending); }) == "pending is pending, and should be ready");
  CHECK(said([&] { CHECK_READY(ready, 6); }) == "ready, 6 is ready with 5, and should be 6");
  CHECK(said([&] { CHECK_PENDING(ready); }) == "ready is ready with 5, and should be pending");
  CHECK(said([&] { CHECK_OK(refused); }) == "refused is the error closed, and should be a value");
  CHECK(said([&] { CHECK_OK(value, 4); }) == "value, 4 is the value 3, and should be 4");
  CHECK(said([&] { CHECK_ERR(value); }) == "value is the value 3, and should be an error");
  CHECK(said([&] { CHECK_ERR(refused, Errc::TimedOut); }) == "refused, Errc::TimedOut is the error closed, and should be timed out");
  CHECK(said([&] { CHECK_ELAPSED(in_time); }) == "in_time is success, and its time should have run out");
  CHECK(said([&] { CHECK_ELAPSED(refused); }) == "refused is the error closed, and its time should have run out");
}
