#include <rondeau/connect/pool.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/observe/log.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/task/context.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "framework/connect/fakes.h"
#include "support/aborts.h"
#include "support/captured_stderr.h"

using namespace rondeau;
using namespace std::chrono_literals;
using connect::CloseReason;
using connect::PoolErrorKind;
using fakes::Manager;
using fakes::Pool;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

/// Gives everybody their turn until nobody has anything to do at this instant.
Task<void> others_go_first() {
  for (int i = 0; i < 20; ++i) co_await yield_now();
}

Task<int> hold(Pool pool, Duration span, std::vector<int>* order, int me) {
  auto slot = co_await pool.acquire();
  REQUIRE(slot);
  order->push_back(me);
  co_await sleep_for(span);
  co_return (*slot)->id;
}

}  // namespace

TEST_CASE("connect: a connection that came back is used again, the one used last first") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    {
      auto first = (co_await pool.acquire()).value();
      auto second = (co_await pool.acquire()).value();
      CHECK(first->id == 0);
      CHECK(second->id == 1);
      CHECK_FALSE(first.is_reused());
      CHECK(first.idle_for() == 0s);
      co_await sleep_for(2s);
    }  // the second is destroyed first, so the first comes back last
    co_await sleep_for(5s);
    auto again = (co_await pool.acquire()).value();
    CHECK(again->id == 0);
    CHECK(again.is_reused());
    CHECK(again.idle_for() == 5s);
    CHECK(again.taken_at() == Instant::now());
    std::move(again).give_back_unused();
    co_await sleep_for(3s);
    again = (co_await pool.acquire()).value();
    CHECK(again->id == 0);
    CHECK(again.idle_for() == 8s);
    CHECK(manager->dials == 2);
    const auto stats = pool.stats();
    CHECK(stats.acquired == 4);
    CHECK(stats.created == 2);
    CHECK(stats.open == 2);
    CHECK(stats.idle == 1);
    CHECK(stats.in_use == 1);
  });
}

TEST_CASE("connect: a pool never has more connections than its maximum, and serves who waits in order") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    manager->dial_time = 3ms;
    Pool pool(manager, {.max = 2});
    std::vector<int> order;
    std::vector<JoinHandle<int>> tasks;
    for (int i = 0; i < 20; ++i) {
      tasks.push_back(spawn(hold, pool, Duration(10ms), &order, i));
      co_await yield_now();
    }
    for (auto& task : tasks) CHECK((co_await task).value() < 2);
    for (int i = 0; i < 20; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
    CHECK(manager->dials == 2);
    CHECK(manager->most_dialling == 2);
    CHECK(pool.stats().waits.counts.back() == 0);
  });
}

TEST_CASE("connect: a newcomer does not overtake who waits, by no means") {
  run([]() -> Task<void> {
    Pool pool(std::make_shared<Manager>(), {.max = 1});
    std::optional held((co_await pool.acquire()).value());
    std::vector<int> order;
    auto waits = spawn(hold, pool, Duration(5ms), &order, 1);
    co_await others_go_first();
    held.reset();
    CHECK_FALSE(pool.try_acquire());
    CHECK((co_await hold(pool, 0ms, &order, 2)) == 0);
    CHECK((co_await waits).has_value());
    CHECK(order == std::vector{1, 2});
  });
}

TEST_CASE("connect: time to wait is that of the pool, of the call or what the context leaves") {
  run([]() -> Task<void> {
    Pool pool(std::make_shared<Manager>(), {.name = "orders", .max = 1, .slow_wait = 1h});
    auto held = (co_await pool.acquire()).value();
    auto began = Instant::now();
    auto late = co_await pool.acquire();
    CHECK(began.elapsed() == 5s);
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == PoolErrorKind::Timeout);
    CHECK(Error(late.error()) == Errc::TimedOut);
    CHECK(
        late.error().message().starts_with("orders: no connection within 5 s: 1 of 1 connections in use, 0 idle, 0 "
                                           "connecting, 0 waiting; the longest is held "
                                           "for 5 s, since pool_test.cpp:"));

    began = Instant::now();
    CHECK((co_await pool.acquire({.timeout = 20ms})).error().kind == PoolErrorKind::Timeout);
    CHECK(began.elapsed() == 20ms);
    began = Instant::now();
    auto cut = co_await with_context(Context::current().with_deadline(began + 30ms), pool.acquire());
    CHECK(cut.error().kind == PoolErrorKind::Timeout);
    CHECK(began.elapsed() == 30ms);
    began = Instant::now();
    CHECK((co_await pool.acquire({.timeout = 0ms})).error().kind == PoolErrorKind::Timeout);
    CHECK(began.elapsed() == 0ms);
    CHECK(pool.stats().timed_out == 4);
    CHECK(pool.stats().waiting == 0);
  });
}

TEST_CASE("connect: where too many wait the next is refused at once") {
  run([]() -> Task<void> {
    Pool pool(std::make_shared<Manager>(), {.max = 1, .slow_wait = 1h});
    std::optional held((co_await pool.acquire()).value());
    std::vector<int> order;
    std::vector<JoinHandle<int>> tasks;
    for (int i = 0; i < 1024; ++i) tasks.push_back(spawn(hold, pool, Duration(0), &order, i));
    co_await others_go_first();
    CHECK(pool.stats().waiting == 1024);
    const auto began = Instant::now();
    auto refused = co_await pool.acquire();
    CHECK(began.elapsed() == 0ms);
    CHECK(refused.error().kind == PoolErrorKind::Exhausted);
    CHECK(Error(refused.error()) == Errc::Overloaded);
    CHECK(pool.stats().exhausted == 1);
    held.reset();
    for (auto& task : tasks) CHECK((co_await task).has_value());
    for (int i = 0; i < 1024; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  });
}

TEST_CASE("connect: who waits takes what comes first, and a dial that is not needed any more fills the idle list") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    std::optional held((co_await pool.acquire()).value());
    manager->dial_time = 100ms;
    std::vector<int> order;
    auto waits = spawn(hold, pool, Duration(1s), &order, 1);
    co_await sleep_for(50ms);
    held.reset();
    co_await others_go_first();
    CHECK(order.size() == 1);
    co_await sleep_for(60ms);
    const auto stats = pool.stats();
    CHECK(stats.idle == 1);
    CHECK(stats.in_use == 1);
    CHECK(manager->dials == 2);
    CHECK((co_await waits).value() == 0);
  });
}

TEST_CASE("connect: dials after a failure are spaced, one at a time, and who waits learns why when time is up") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.name = "orders", .max = 8, .slow_wait = 1h, .backoff = {.base = 100ms, .cap = 5s}});
    manager->refuse({"connection refused"}, 1000);
    std::vector<JoinHandle<Result<Pool::Slot, Pool::Failure>>> tasks;
    for (int i = 0; i < 8; ++i) tasks.push_back(spawn(pool.acquire({.timeout = 10s})));
    for (auto& task : tasks) {
      auto failed = (co_await task).value();
      REQUIRE_FALSE(failed);
      CHECK(failed.error().kind == PoolErrorKind::Timeout);
      REQUIRE(failed.error().connect_error);
      CHECK(failed.error().connect_error->reason == "connection refused");
      CHECK(failed.error().message().ends_with("; the last attempt to connect failed: connection refused"));
    }
    // Eight at the beginning, then 250 ms apart in the mean while somebody waits.
    CHECK(manager->dials > 20);
    CHECK(manager->dials < 120);
    const int before = manager->dials;
    co_await sleep_for(1min);
    CHECK(manager->dials <= before + 1);  // nobody waits, nobody dials
    CHECK(pool.stats().connecting == 0);
  });
}

TEST_CASE("connect: after failures the first success lets all who wait in") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    manager->refuse({"connection refused"}, 6);
    std::vector<int> order;
    std::vector<JoinHandle<int>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(spawn(hold, pool, Duration(1s), &order, i));
    for (auto& task : tasks) CHECK((co_await task).has_value());
    CHECK(pool.stats().open == 4);
    CHECK(pool.stats().failed_connects == 6);
  });
}

TEST_CASE("connect: an error that is not worth another try goes at once to who has waited the longest") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.name = "orders", .max = 1});
    manager->refuse({.reason = "no such database", .worth_retrying = false});
    std::vector<int> order;
    auto first = spawn(pool.acquire());
    co_await yield_now();
    auto second = spawn(hold, pool, Duration(0), &order, 2);
    const auto failed = (co_await first).value();
    CHECK(failed.error().kind == PoolErrorKind::Connect);
    CHECK(failed.error().message() == "orders: no such database");
    CHECK(failed.error().connect_error->reason == "no such database");
    CHECK((co_await second).has_value());
    CHECK(manager->dials == 2);
  });
}

TEST_CASE("connect: a manager that throws is one that failed") {
  struct Throwing final : connect::Manager<int> {
    Task<Result<int>> connect() override { throw std::runtime_error("out of luck"); }
  };
  run([]() -> Task<void> {
    connect::Pool<int> pool(std::make_shared<Throwing>());
    const auto failed = co_await pool.acquire();
    CHECK(failed.error().kind == PoolErrorKind::Timeout);
    CHECK(failed.error().message().ends_with("failed: out of luck"));
    CHECK_FALSE(failed.error().connect_error);
  });
}

TEST_CASE("connect: a connection that its user discards, or that on_release refuses, is closed and makes room") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 1});
    {
      auto slot = (co_await pool.acquire()).value();
      slot.discard();
    }
    CHECK(*manager->living == 0);
    {
      auto slot = (co_await pool.acquire()).value();
      CHECK(slot->id == 1);
      slot->on_release = connect::Recycle::Close;
    }
    CHECK(*manager->living == 0);
    CHECK(pool.stats().closed_for(CloseReason::Broken) == 1);
    CHECK(pool.stats().closed_for(CloseReason::Dirty) == 1);
    CHECK(pool.stats().open == 0);
    CHECK((co_await pool.acquire()).has_value());
  });
}

TEST_CASE("connect: a connection taken out of the pool lives on and makes room for another one") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 1});
    std::optional<fakes::Connection> upgraded((co_await pool.acquire()).value().take());
    CHECK(upgraded->id == 0);
    CHECK(pool.stats().open == 0);
    auto other = (co_await pool.acquire()).value();
    CHECK(other->id == 1);
    CHECK(*manager->living == 2);
  });
}

TEST_CASE("connect: who asks for a fresh connection gets one that nobody used, and an idle one makes room for it") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 2});
    {
      auto first = (co_await pool.acquire()).value();
      auto second = (co_await pool.acquire()).value();
    }
    CHECK(pool.stats().idle == 2);
    auto fresh = (co_await pool.acquire({.fresh = true})).value();
    CHECK(fresh->id == 2);
    CHECK_FALSE(fresh.is_reused());
    CHECK(pool.stats().idle == 1);
    CHECK(pool.stats().closed_for(CloseReason::Idle) == 1);
    // All in use: what comes back is closed for it, however many others come and go.
    std::optional busy((co_await pool.acquire()).value());
    auto waits = spawn(pool.acquire({.fresh = true}));
    co_await others_go_first();
    busy.reset();
    auto another = (co_await waits).value().value();
    CHECK(another->id == 3);
    CHECK_FALSE(another.is_reused());
  });
}

TEST_CASE("connect: recycling runs in a task of the pool while the permit stays taken") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    manager->recycle_time = 100ms;
    Pool pool(manager, {.max = 1});
    {
      auto slot = (co_await pool.acquire()).value();
      slot->on_release = connect::Recycle::Clean;
    }
    CHECK(pool.stats().open == 1);
    CHECK(pool.stats().idle == 0);
    const auto began = Instant::now();
    auto slot = (co_await pool.acquire()).value();
    CHECK(began.elapsed() == 100ms);
    CHECK(slot->id == 0);
    CHECK(manager->recycled == 1);
    CHECK(manager->dials == 1);
  });
}

TEST_CASE("connect: a connection that cannot be cleaned, or not in time, is closed") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 1});
    const auto use_up = [&]() -> Task<void> {
      auto slot = (co_await pool.acquire()).value();
      slot->on_release = connect::Recycle::Clean;
    };
    manager->recycle_fits = false;
    co_await use_up();
    CHECK((co_await pool.acquire()).value()->id == 1);
    manager->recycle_fits = true;
    manager->recycle_time = 1h;
    co_await use_up();
    const auto began = Instant::now();
    CHECK((co_await pool.acquire()).value()->id == 2);
    CHECK(began.elapsed() == 1s);
    CHECK(pool.stats().closed_for(CloseReason::Dirty) == 2);
    CHECK(*manager->living == 1);
  });
}

TEST_CASE("connect: a slow wait, and one for a second connection, are told of in the log") {
  support::CapturedStderr said;
  run([]() -> Task<void> {
    Pool pool(std::make_shared<Manager>(), {.name = "orders", .max = 1});
    auto held = (co_await pool.acquire()).value();
    CHECK_FALSE((co_await pool.acquire()).has_value());
  });
  observe::log::flush();
  const std::string text = said.text();
  CHECK(text.find("a task waits for a second connection while it holds the first") != std::string::npos);
  CHECK(text.find("a connection is waited for longer than usual") != std::string::npos);
  CHECK(text.find("1 of 1 connections in use") != std::string::npos);
}

TEST_CASE("connect: closing a pool tells who waits, ends dials, and lets what is in use come back") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 2});
    std::optional held((co_await pool.acquire()).value());
    manager->dial_time = 1h;
    auto waits = spawn(pool.acquire());
    co_await others_go_first();
    CHECK(manager->dialling == 1);
    auto closing = spawn(pool.close());
    const auto told = (co_await waits).value();
    CHECK(told.error().kind == PoolErrorKind::Closed);
    CHECK(Error(told.error()) == Errc::Closed);
    co_await others_go_first();
    CHECK(manager->dialling == 0);
    CHECK_FALSE(closing.is_finished());
    CHECK((co_await pool.acquire()).error().kind == PoolErrorKind::Closed);
    held.reset();
    CHECK((co_await closing).has_value());
    CHECK(*manager->living == 0);
    CHECK(pool.is_closed());
    co_await pool.close();
  });
}

TEST_CASE("connect: the last handle closes the pool, and a slot may outlive it") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    std::optional<Pool> pool(std::in_place, manager, connect::PoolOptions{.max = 4});
    std::optional held((co_await pool->acquire()).value());
    { auto idle = (co_await pool->acquire()).value(); }
    CHECK(*manager->living == 2);
    pool.reset();
    CHECK(*manager->living == 1);
    CHECK((*held)->id == 0);
    held.reset();
    CHECK(*manager->living == 0);
  });
}

TEST_CASE("connect: a pool whose runtime has ended is closed, and what is in use is closed when it comes back") {
  auto manager = std::make_shared<Manager>();
  std::optional<Pool::Slot> held;
  std::optional<Pool> pool;
  {
    auto runtime = runtime::Builder::current_thread().build().value();
    runtime.block_on([&]() -> Task<void> {
      pool.emplace(manager, connect::PoolOptions{.max = 4});
      held.emplace((co_await pool->acquire()).value());
      auto idle = (co_await pool->acquire()).value();
    });
    runtime.block_on(others_go_first());
  }
  CHECK(pool->is_closed());
  CHECK(*manager->living == 1);
  held.reset();
  CHECK(*manager->living == 0);
}

TEST_CASE("connect: options that contradict themselves abort") {
  const auto makes = [](connect::PoolOptions options) {
    return support::said_at_abort([&] {
      auto runtime = runtime::Builder::current_thread().build().value();
      runtime.block_on([&]() -> Task<void> {
        Pool pool(std::make_shared<Manager>(), options);
        co_return;
      });
    });
  };
  CHECK(makes({.max = 0}).find("a pool of no connections") != std::string::npos);
  CHECK(makes({.max = 1, .min_idle = 2}).find("more connections idle than it may have") != std::string::npos);
}

TEST_CASE("connect: what a pool does can be read from a registry, and pools of one name add up") {
  auto registry = std::make_shared<observe::Registry>();
  const auto says = [&](const std::string& line) { return registry->render().find(line + "\n") != std::string::npos; };
  run([&]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.name = "orders", .max = 2, .metrics = registry});
    Pool other(manager, {.name = "orders", .max = 2, .metrics = registry});
    auto held = (co_await pool.acquire()).value();
    auto more = (co_await pool.acquire()).value();
    { auto idle = (co_await other.acquire()).value(); }
    auto waits = spawn(pool.acquire({.timeout = 100ms}));
    co_await others_go_first();
    CHECK(says("rondeau_pool_connections{pool=\"orders\",state=\"in_use\"} 2"));
    CHECK(says("rondeau_pool_connections{pool=\"orders\",state=\"idle\"} 1"));
    CHECK(says("rondeau_pool_waiting{pool=\"orders\"} 1"));
    CHECK_FALSE((co_await waits).value().has_value());
    CHECK(says("rondeau_pool_waiting{pool=\"orders\"} 0"));
    CHECK(says("rondeau_pool_acquired_total{pool=\"orders\"} 3"));
    CHECK(says("rondeau_pool_created_total{pool=\"orders\"} 3"));
    CHECK(says("rondeau_pool_timed_out_total{pool=\"orders\"} 1"));
    CHECK(says("rondeau_pool_wait_seconds_count{pool=\"orders\"} 3"));
    more.discard();
  });
  CHECK(says("rondeau_pool_connections{pool=\"orders\",state=\"in_use\"} 0"));
  CHECK(says("rondeau_pool_connections{pool=\"orders\",state=\"idle\"} 0"));
  CHECK(says("rondeau_pool_closed_total{pool=\"orders\",reason=\"broken\"} 1"));
  CHECK(says("rondeau_pool_closed_total{pool=\"orders\",reason=\"pool_closed\"} 2"));
}
