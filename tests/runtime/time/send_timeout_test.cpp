#include <rondeau/time/send_timeout.h>

#include <chrono>
#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "paused.h"

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("SY2: send_timeout sends at once where there is room, and within the time where room comes") {
  support::run_paused([]() -> Task<void> {
    auto [tx, rx] = mpsc<std::unique_ptr<int>>(1);
    CHECK(co_await send_timeout(tx, std::make_unique<int>(1), 0ms));
    auto taker = spawn([end = std::move(rx)]() mutable -> Task<int> {
      co_await sleep_for(5ms);
      static_cast<void>(co_await end.recv());
      co_return **co_await end.recv();
    });
    CHECK(co_await send_timeout(tx, std::make_unique<int>(2), 10ms));
    CHECK((co_await taker).value() == 2);
    CHECK(tx.strong_count() == 1);
  });
}

TEST_CASE("SY2: send_timeout gives the message back when time runs out or the channel is closed, and takes no place") {
  support::run_paused([]() -> Task<void> {
    auto [tx, rx] = mpsc<std::unique_ptr<int>>(1);
    CHECK(tx.try_send(std::make_unique<int>(1)));
    const support::Stopwatch watch;
    auto late = co_await send_timeout(tx, std::make_unique<int>(2), 10ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().is_timeout());
    CHECK(*late.error().value() == 2);
    CHECK(watch.elapsed() >= 10ms);
    CHECK(**co_await rx.recv() == 1);
    CHECK(tx.capacity() == 1);
    rx.close();
    auto closed = co_await send_timeout(tx, std::make_unique<int>(3), 10ms);
    REQUIRE_FALSE(closed);
    CHECK(closed.error().is_closed());
    CHECK(*std::move(closed).error().value() == 3);
  });
}

TEST_CASE("SY2: a cancelled send_timeout leaves no message behind and no place taken") {
  support::run_paused([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    CHECK(tx.try_send(1));
    auto won = co_await select(losing(send_timeout(tx, 2, 10s)), yield_now());
    CHECK(won.index() == 1);
    CHECK(co_await rx.recv() == 1);
    CHECK(tx.capacity() == 1);
    CHECK(tx.strong_count() == 1);
    CHECK(support::armed_timers() == 0);
  });
}
