#include <rondeau/connect/pool.h>

#include <chrono>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "framework/connect/fakes.h"

using namespace rondeau;
using namespace std::chrono_literals;
using connect::CloseReason;
using fakes::Manager;
using fakes::Pool;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

/// So many idle ones; the first of them was used last.
Task<void> fill(Pool pool, std::size_t count) {
  std::vector<Pool::Slot> slots;
  for (std::size_t i = 0; i < count; ++i) slots.push_back((co_await pool.acquire()).value());
  while (!slots.empty()) slots.pop_back();
  co_await sleep_for(1ms);  // the keeper begins
}

}  // namespace

TEST_CASE("connect: an idle connection that the peer ends is gone before anybody meets it") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    co_await fill(pool, 3);
    manager->cut(1);
    co_await sleep_for(1ms);
    CHECK(*manager->living == 2);
    CHECK(pool.stats().idle == 2);
    CHECK(pool.stats().closed_for(CloseReason::Eof) == 1);
    CHECK((co_await pool.acquire()).value()->id == 0);
  });
}

TEST_CASE("connect: an end that came in this very moment is seen by who takes the connection") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    co_await fill(pool, 2);
    manager->cut(0);  // the one that would be next, and the keeper had no turn yet
    auto slot = pool.try_acquire();
    REQUIRE(slot);
    CHECK((*slot)->id == 1);
    CHECK(*manager->living == 1);
  });
}

TEST_CASE("connect: bytes that nobody asked for end an idle connection, those that the manager knows do not") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    co_await fill(pool, 3);
    CHECK(co_await manager->peer(2).write_all("..."));
    CHECK(co_await manager->peer(1).write_all(".x."));
    co_await sleep_for(1ms);
    CHECK(pool.stats().idle == 2);
    CHECK(pool.stats().closed_for(CloseReason::Eof) == 1);
    // It is heard a second time, and keeps its place.
    CHECK(co_await manager->peer(2).write_all("."));
    co_await sleep_for(1ms);
    CHECK(pool.stats().idle == 2);
    auto first = (co_await pool.acquire()).value();
    auto second = (co_await pool.acquire()).value();
    CHECK(first->id == 0);
    CHECK(second->id == 2);
  });
}

TEST_CASE("connect: bytes that are there when a connection comes back count as unasked for") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    co_await fill(pool, 1);
    {
      auto slot = (co_await pool.acquire()).value();
      CHECK(co_await manager->peer(0).write_all("late answer"));
    }
    CHECK(pool.stats().idle == 0);
    CHECK(pool.stats().closed_for(CloseReason::Eof) == 1);
  });
}

TEST_CASE("connect: what is in use is not watched: its bytes are its user's") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4});
    co_await fill(pool, 1);
    auto slot = (co_await pool.acquire()).value();
    CHECK(co_await manager->peer(0).write_all("answer"));
    co_await sleep_for(1ms);
    std::array<std::byte, 16> room;
    CHECK(slot->stream->try_read(room).value() == 6);
    CHECK(manager->heard == 0);
  });
}

TEST_CASE("connect: a peer that never falls silent is let go, and stops nobody") {
  struct Chatter final : connect::Manager<int> {
    struct Noise final : io::Reader {
      Result<std::size_t> try_read(std::span<std::byte> out) noexcept override { return out.size(); }
      bool start_wait(io::Waiter&) noexcept override { return false; }
      void end_wait(io::Waiter&) noexcept override {}
    };
    Task<Result<int>> connect() override { co_return next++; }
    io::Reader* reader(int&) noexcept override { return &noise; }
    bool on_idle_readable(int&) noexcept override { return true; }
    Noise noise;
    int next = 0;
  };
  run([]() -> Task<void> {
    connect::Pool<int> pool(std::make_shared<Chatter>(), {.max = 2});
    for (int i = 0; i < 5; ++i) {
      CHECK((co_await pool.acquire()).has_value());
      co_await sleep_for(1ms);
    }
    CHECK(pool.stats().closed_for(CloseReason::Dirty) >= 3);
  });
}

TEST_CASE("connect: the surplus ages and is closed, what is used stays") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 8, .idle_timeout = 10s, .lifetime = std::nullopt, .jitter = 0});
    co_await fill(pool, 5);
    for (int i = 0; i < 12; ++i) {
      auto slot = (co_await pool.acquire()).value();
      CHECK(slot->id == 0);
      co_await sleep_for(1s);
    }
    CHECK(pool.stats().open == 1);
    CHECK(pool.stats().closed_for(CloseReason::Idle) == 4);
    co_await sleep_for(11s);
    CHECK(pool.stats().open == 0);
    CHECK(*manager->living == 0);
  });
}

TEST_CASE("connect: a peer's announced limit shortens how long a connection lies idle, once") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 1, .idle_timeout = 10s, .jitter = 0});
    {
      auto slot = (co_await pool.acquire()).value();
      slot.limit_idle(4s);
    }
    co_await sleep_for(3s);
    { auto slot = (co_await pool.acquire()).value(); }
    co_await sleep_for(9s);
    CHECK(pool.stats().open == 1);
    {
      auto slot = (co_await pool.acquire()).value();
      CHECK(slot->id == 0);
      slot.limit_idle(4s);
    }
    co_await sleep_for(5s);
    CHECK(pool.stats().open == 0);
    {
      auto slot = (co_await pool.acquire()).value();
      slot.limit_idle(1h);
    }
    co_await sleep_for(11s);
    CHECK(pool.stats().open == 0);
  });
}

TEST_CASE("connect: a connection lives no longer than its lifetime, in use or idle") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 4, .idle_timeout = std::nullopt, .lifetime = 30s, .jitter = 0});
    co_await fill(pool, 2);
    auto held = (co_await pool.acquire()).value();
    co_await sleep_for(31s);
    CHECK(pool.stats().closed_for(CloseReason::Lifetime) == 1);
    CHECK(*manager->living == 1);
    { const auto gone = std::move(held); }
    CHECK(pool.stats().closed_for(CloseReason::Lifetime) == 2);
    CHECK(*manager->living == 0);
  });
}

TEST_CASE("connect: lifetimes are spread by a tenth, so that connections do not end together") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 200, .idle_timeout = std::nullopt, .lifetime = 100s});
    co_await fill(pool, 200);
    co_await sleep_for(90s - 2ms);
    CHECK(pool.stats().open == 200);
    co_await sleep_for(10s);
    // A hundred are expected; sixty is more than five standard deviations away.
    CHECK(pool.stats().open > 60);
    CHECK(pool.stats().open < 140);
    co_await sleep_for(10s + 4ms);
    CHECK(pool.stats().open == 0);
  });
}

TEST_CASE("connect: no more connections lie idle than allowed; the oldest go") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 8, .max_idle = 2});
    co_await fill(pool, 5);
    CHECK(pool.stats().idle == 2);
    CHECK(pool.stats().closed_for(CloseReason::Idle) == 3);
    CHECK((co_await pool.acquire()).value()->id == 0);
    CHECK(pool.evict_idle(1) == 1);
    CHECK(pool.evict_idle(5) == 1);
    CHECK(pool.stats().open == 0);
  });
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    Pool pool(manager, {.max = 8, .max_idle = 0});
    co_await fill(pool, 3);
    CHECK(*manager->living == 0);
  });
}

TEST_CASE("connect: so many as asked for are opened ahead, one dial at a time, and kept") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    manager->dial_time = 10ms;
    Pool pool(manager, {.max = 8, .min_idle = 3, .idle_timeout = 10s, .lifetime = 60s, .jitter = 0});
    co_await sleep_for(31ms);
    CHECK(pool.stats().idle == 3);
    CHECK(manager->most_dialling == 1);
    {
      auto slot = (co_await pool.acquire()).value();
      co_await sleep_for(11ms);
      CHECK(pool.stats().open == 4);
    }
    // Above three the idle time counts, at three only the lifetime does.
    co_await sleep_for(20s);
    CHECK(pool.stats().idle == 3);
    CHECK(pool.stats().closed_for(CloseReason::Idle) == 1);
    co_await sleep_for(50s);
    CHECK(pool.stats().idle == 3);
    CHECK(pool.stats().closed_for(CloseReason::Lifetime) == 3);
  });
}

TEST_CASE(
    "connect: what is kept ahead is dialled with backoff while the other side is away, and sooner for who waits") {
  run([]() -> Task<void> {
    auto manager = std::make_shared<Manager>();
    manager->refuse({"connection refused"}, 1'000'000);
    Pool pool(manager, {.max = 8, .min_idle = 1, .slow_wait = 1h, .backoff = {.base = 1min, .cap = 1h}});
    co_await sleep_for(24h);
    const int before = manager->dials;
    CHECK(before > 10);  // 30 minutes apart in the mean
    CHECK(before < 250);
    CHECK((co_await pool.acquire({.timeout = 5s})).error().connect_error->reason == "connection refused");
    CHECK(manager->dials >= before + 5);
  });
}

TEST_CASE("connect: an idle connection over TCP is gone when its peer closes it") {
  struct Tcp final : connect::Manager<net::TcpStream> {
    explicit Tcp(SocketAddress address) : to(std::move(address)) {}
    Task<Result<net::TcpStream>> connect() override { co_return co_await net::TcpStream::connect(to); }
    io::Reader* reader(net::TcpStream& stream) noexcept override { return &stream; }
    SocketAddress to;
  };
  test::run([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    connect::Pool<net::TcpStream> pool(std::make_shared<Tcp>(listener.local_addr().value()), {.max = 2});
    { auto slot = (co_await pool.acquire()).value(); }
    std::optional served((co_await listener.accept()).value());
    CHECK(pool.stats().idle == 1);
    { auto slot = (co_await pool.acquire()).value(); }
    CHECK(pool.stats().created == 1);
    served.reset();
    while (pool.stats().closed_for(CloseReason::Eof) == 0) co_await sleep_for(1ms);
    CHECK(pool.stats().open == 0);
  });
}
