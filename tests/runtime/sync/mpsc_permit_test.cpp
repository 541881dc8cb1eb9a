#include <rondeau/sync/mpsc.h>

#include <utility>
#include <vector>

#include <rondeau/task/spawn.h>

#include "flavors.h"
#include "support/aborts.h"

using namespace sync_test;
using sync::Permit;

TEST_CASE("SY3: mpsc: permits count as room taken, send without waiting, and give room back unused") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(3);
    {
      auto two = co_await tx.reserve_many(2);
      REQUIRE(two);
      CHECK(two->size() == 2);
      CHECK(tx.capacity() == 1);
      CHECK(tx.try_reserve_many(2).error() == Errc::WouldBlock);
      two->next().send(1);
      CHECK(tx.capacity() == 1);
    }
    CHECK(tx.capacity() == 2);
    int value = 2;
    {
      auto rest = tx.try_reserve_many(2);
      for (Permit<int> permit : *rest) std::move(permit).send(value++);
    }
    std::vector<int> received;
    CHECK(co_await rx.recv_many(received, 10) == 3);
    CHECK(received == std::vector<int>{1, 2, 3});
    CHECK(tx.capacity() == 3);
  });
}

TEST_CASE("SY3: mpsc: an owned permit keeps the channel open and gives its sender back") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    auto permit = co_await std::move(tx).reserve_owned();
    REQUIRE(permit);
    Sender<int> back = std::move(*permit).send(1);
    CHECK(std::move(back).try_reserve_owned().error() == Errc::WouldBlock);
    CHECK(co_await rx.recv() == 1);
    auto second = std::move(back).try_reserve_owned();
    REQUIRE(second);
    Sender<int> again = std::move(*second).release();
    CHECK(again.capacity() == 1);
    CHECK(again.strong_count() == 1);
  });
}

TEST_CASE("SY3: mpsc: a cancelled reserve, borrowed or owned, keeps no room") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    CHECK(tx.try_send(1));
    auto borrowed = spawn([&end = tx]() -> Task<void> { auto permit = co_await end.reserve(); });
    auto owned =
        spawn([](Sender<int> end) -> Task<void> { auto permit = co_await std::move(end).reserve_owned(); }, tx);
    co_await settle();
    CHECK(co_await rx.recv() == 1);
    borrowed.abort();
    owned.abort();
    static_cast<void>(co_await borrowed);
    static_cast<void>(co_await owned);
    CHECK(tx.capacity() == 1);
    CHECK(tx.strong_count() == 1);
  });
}

TEST_CASE("SY3: mpsc: a cancelled reserve_many gives back what it gathered, and one for too many aborts") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool chosen : {false, true}) {
      auto [tx, rx] = mpsc<int>(3);
      CHECK(tx.try_send(1));
      auto waiting = spawn([&end = tx]() -> Task<void> { auto permits = co_await end.reserve_many(3); });
      co_await settle();
      CHECK(tx.capacity() == 0);  // gathered
      CHECK(tx.try_send(2).error().is_full());
      if (chosen) CHECK(co_await rx.recv() == 1);
      waiting.abort();
      CHECK((co_await waiting).error().is_cancelled());
      CHECK(tx.capacity() == (chosen ? 3 : 2));
    }
  });
  auto [tx, rx] = mpsc<int>(3);
  CHECK(support::aborts_with("see max_capacity()", [&end = tx] { static_cast<void>(end.reserve_many(4)); }));
}
