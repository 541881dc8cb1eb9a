#include <rondeau/sync/broadcast.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"
#include "support/aborts.h"

using namespace sync_test;
using sync::BroadcastError;

namespace {

template <class T>
void drop(T value) {
  static_cast<void>(value);
}

using Counted = std::shared_ptr<const int>;

/// Everything that can be read without waiting.
template <class T>
std::vector<T> rest(BroadcastReceiver<T>& receiver) {
  std::vector<T> values;
  while (auto value = receiver.try_recv()) values.push_back(*std::move(value));
  return values;
}

}  // namespace

TEST_CASE("SY7: broadcast: all receivers see all values, in one order, whoever sent them") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      static constexpr int kReceivers = 20;
      static constexpr int kEach = 100;
      auto [tx, rx] = broadcast<int>(512);
      std::vector<JoinHandle<std::vector<int>>> receivers;
      for (int i = 0; i < kReceivers; ++i) {
        receivers.push_back(spawn([end = tx.subscribe()]() mutable -> Task<std::vector<int>> {
          std::vector<int> seen;
          while (auto value = co_await end.recv()) seen.push_back(*value);
          co_return seen;
        }));
      }
      std::vector<JoinHandle<void>> senders;
      for (int s = 0; s < 4; ++s) {
        senders.push_back(spawn([s, end = tx]() mutable -> Task<void> {
          for (int i = 0; i < kEach; ++i) {
            CHECK(end.send(s * kEach + i).value() > 0);
            if (i % 9 == s) co_await yield_now();
          }
        }));
      }
      drop(std::move(tx));
      for (auto& sender : senders) (co_await sender).value();
      senders.clear();
      std::vector<int> expected;
      while (auto value = co_await rx.recv()) expected.push_back(*value);
      CHECK(expected.size() == 4 * kEach);
      for (auto& receiver : receivers) CHECK((co_await receiver).value() == expected);
      int next[4] = {};
      for (const int value : expected) CHECK(value % kEach == next[value / kEach]++);
    });
  });
}

TEST_CASE("SY7: broadcast: send says how many receivers it reaches, and fails where there is none") {
  auto [tx, rx] = broadcast<std::string>(4);
  BroadcastReceiver<std::string> second = tx.subscribe();
  CHECK(tx.receiver_count() == 2);
  CHECK(tx.send("a").value() == 2);
  drop(std::move(second));
  CHECK(tx.send("b").value() == 1);
  drop(std::move(rx));
  auto refused = tx.send("c");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().value() == "c");
  BroadcastReceiver<std::string> third = tx.subscribe();
  CHECK(tx.send("d").value() == 1);
  CHECK(third.try_recv().value() == "d");
}

TEST_CASE("SY7: broadcast: a slow receiver is told how much it missed and goes on with the oldest kept value") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = broadcast<int>(4);
      for (int i = 0; i < 11; ++i) CHECK(tx.send(i));
      CHECK(rx.len() == 11);
      auto lagged = co_await rx.recv();
      REQUIRE_FALSE(lagged);
      CHECK(lagged.error().is_lagged());
      CHECK(lagged.error().missed() == 7);
      CHECK(rest(rx) == std::vector<int>{7, 8, 9, 10});
      CHECK(rx.try_recv().error().is_empty());
      for (int i = 11; i < 15; ++i) CHECK(tx.send(i));
      CHECK((co_await rx.recv()).value() == 11);  // just not too late
      CHECK(tx.send(15));
      CHECK(tx.send(16));
      CHECK((co_await rx.recv()).error().missed() == 1);
      CHECK(rest(rx) == std::vector<int>{13, 14, 15, 16});
    });
  });
}

TEST_CASE("SY7: broadcast: the capacity is rounded up to a power of two") {
  for (const auto& [asked, kept] : {std::pair{1, 1}, {2, 2}, {3, 4}, {5, 8}, {16, 16}}) {
    auto [tx, rx] = broadcast<int>(static_cast<std::size_t>(asked));
    for (int i = 0; i < 20; ++i) CHECK(tx.send(i));
    CHECK(rx.try_recv().error().missed() == static_cast<std::uint64_t>(20 - kept));
    CHECK(rest(rx).size() == static_cast<std::size_t>(kept));
  }
}

TEST_CASE("SY7: broadcast: a capacity of 0, or one that cannot be rounded up, aborts") {
  CHECK(support::aborts_with("at least 1 value", [] { static_cast<void>(broadcast<int>(0)); }));
  CHECK(support::aborts_with("SIZE_MAX >> 1", [] { static_cast<void>(broadcast<int>(~std::size_t{0})); }));
}

TEST_CASE("SY7: broadcast: a value is destroyed when its last receiver read it, went, or lagged") {
  auto value = std::make_shared<const int>(1);
  auto [tx, rx] = broadcast<Counted>(2);
  std::optional<BroadcastReceiver<Counted>> second = tx.subscribe();
  CHECK(tx.send(value));
  CHECK(value.use_count() == 2);
  drop(rx.try_recv().value());
  CHECK(value.use_count() == 2);
  drop(second->try_recv().value());
  CHECK(value.use_count() == 1);

  CHECK(tx.send(value));
  drop(rx.try_recv().value());
  CHECK(value.use_count() == 2);
  second.reset();
  CHECK(value.use_count() == 1);

  CHECK(tx.send(value));
  CHECK(tx.send(nullptr));
  CHECK(value.use_count() == 2);
  CHECK(tx.send(nullptr));  // overwrites it
  CHECK(value.use_count() == 1);
  CHECK(rx.try_recv().error().is_lagged());
}

TEST_CASE("SY7: broadcast: the last receiver of a value moves it, the others copy it") {
  struct Value {
    explicit Value(int* count) noexcept : copies(count) {}
    Value(const Value& other) : copies(other.copies) { ++*copies; }
    Value(Value&&) noexcept = default;
    int* copies;
  };
  int copies = 0;
  auto [tx, rx] = broadcast<Value>(2);
  auto second = tx.subscribe();
  CHECK(tx.send(Value(&copies)));
  CHECK(rx.try_recv());
  CHECK(copies == 1);
  CHECK(second.try_recv());
  CHECK(copies == 1);
}

TEST_CASE("SY7: broadcast: a value whose copy constructor throws is next again") {
  struct Value {
    Value(int number, bool* refuse) noexcept : value(number), refuses(refuse) {}
    Value(const Value& other) : value(other.value), refuses(other.refuses) {
      if (*refuses) throw std::runtime_error("not now");
    }
    Value(Value&&) noexcept = default;
    int value;
    bool* refuses;
  };
  bool refuses = true;
  auto [tx, rx] = broadcast<Value>(2);
  auto second = tx.subscribe();
  CHECK(tx.send(Value(7, &refuses)));
  CHECK_THROWS_AS(static_cast<void>(rx.try_recv()), std::runtime_error);
  refuses = false;
  CHECK(rx.try_recv()->value == 7);
}

TEST_CASE("SY7: broadcast: a value may hold an end of its own channel") {
  struct Value {
    std::shared_ptr<BroadcastReceiver<Value>> receiver;
    std::optional<BroadcastSender<Value>> sender;
    Counted counted;
  };
  const auto counted = std::make_shared<const int>(0);
  {
    auto [tx, rx] = broadcast<Value>(1);
    for (int i = 0; i < 3; ++i) {
      CHECK(tx.send(Value{std::make_shared<BroadcastReceiver<Value>>(tx.subscribe()), {}, counted}));
    }
    CHECK(tx.receiver_count() == 2);  // the overwritten ones are gone
    CHECK(tx.send(Value{nullptr, tx, counted}));
    CHECK(tx.receiver_count() == 1);
  }  // the last sender lies in the channel and goes with the receiver
  CHECK(counted.use_count() == 1);
}

TEST_CASE("SY7: broadcast: receivers begin with what is sent after them; subscribe and resubscribe") {
  auto [tx, rx] = broadcast<int>(4);
  CHECK(tx.send(1));
  auto late = tx.subscribe();
  CHECK(tx.send(2));
  auto latest = late.resubscribe();
  CHECK(latest.empty());
  CHECK(tx.send(3));
  CHECK(latest.same_channel(rx));
  CHECK(rest(rx) == std::vector<int>{1, 2, 3});
  CHECK(rest(late) == std::vector<int>{2, 3});
  CHECK(rest(latest) == std::vector<int>{3});
}

TEST_CASE("SY7: broadcast: len and empty of a receiver count what it has not read, of the sender what is kept") {
  auto [tx, rx] = broadcast<int>(4);
  auto second = tx.subscribe();
  CHECK(tx.empty());
  for (int i = 0; i < 3; ++i) CHECK(tx.send(i));
  CHECK(tx.len() == 3);
  CHECK(rx.len() == 3);
  CHECK(rx.try_recv());
  CHECK(rx.try_recv());
  CHECK(rx.len() == 1);
  CHECK(tx.len() == 3);
  CHECK(second.try_recv());
  CHECK(tx.len() == 2);
  drop(std::move(second));
  CHECK(tx.len() == 1);
  CHECK(rx.try_recv());
  CHECK(tx.empty());
  CHECK(rx.empty());
  for (int i = 0; i < 9; ++i) CHECK(tx.send(i));
  CHECK(tx.len() == 4);
}

TEST_CASE("SY7: broadcast: after the last sender what is left is read, then the channel is closed") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = broadcast<int>(4);
      auto waiter = spawn([end = tx.subscribe()]() mutable -> Task<int> {
        int read = 0;
        for (;;) {
          auto value = co_await end.recv();
          if (!value) co_return value.error().is_closed() ? read : -1;
          ++read;
        }
      });
      BroadcastSender<int> second = tx;
      CHECK(second.same_channel(tx));
      CHECK(tx.strong_count() == 2);
      CHECK(tx.send(1));
      drop(std::move(tx));
      CHECK(second.send(2));
      CHECK_FALSE(rx.is_closed());
      drop(std::move(second));
      CHECK(rx.is_closed());
      CHECK((co_await rx.recv()).value() == 1);
      CHECK((co_await rx.recv()).value() == 2);
      CHECK((co_await rx.recv()).error().is_closed());
      CHECK(rx.try_recv().error().is_closed());
      CHECK((co_await waiter).value() == 2);
    });
  });
}

TEST_CASE("SY7: broadcast: a weak sender keeps no channel open") {
  auto [tx, rx] = broadcast<int>(4);
  WeakBroadcastSender<int> weak = tx.downgrade();
  CHECK(rx.sender_weak_count() == 1);
  {
    auto strong = weak.upgrade();
    REQUIRE(strong);
    CHECK(rx.sender_strong_count() == 2);
    CHECK(strong->send(1));
  }
  drop(std::move(tx));
  CHECK_FALSE(weak.upgrade());
  CHECK(rx.try_recv().value() == 1);
  CHECK(rx.try_recv().error().is_closed());
}

TEST_CASE("SY7: broadcast: closed() waits until the last receiver is gone") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = broadcast<int>(4);
      std::optional<BroadcastReceiver<int>> second = tx.subscribe();
      auto watcher = spawn([end = tx]() mutable -> Task<void> { co_await end.closed(); });
      co_await settle();
      drop(std::move(rx));
      co_await settle();
      CHECK_FALSE(watcher.is_finished());
      CHECK_FALSE(tx.is_closed());
      second.reset();
      (co_await watcher).value();
      CHECK(tx.is_closed());
      auto third = tx.subscribe();
      CHECK((co_await select(tx.closed(), yield_now()).biased()).index() == 1);
    });
  });
}

TEST_CASE("SY7: broadcast: a cancelled recv, waiting or woken, takes no value") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool woken : {false, true}) {
      auto [tx, rx] = broadcast<int>(4);
      auto waiter = spawn([&end = rx]() -> Task<void> { static_cast<void>(co_await end.recv()); });
      co_await settle();
      if (woken) CHECK(tx.send(1));
      waiter.abort();
      CHECK((co_await waiter).error().is_cancelled());
      if (!woken) CHECK(tx.send(1));
      CHECK((co_await rx.recv()).value() == 1);
      auto recv = rx.recv();
      for (int i = 0; i < 3; ++i) CHECK((co_await select(recv, yield_now())).index() == 1);
      CHECK(tx.send(2));
      auto won = co_await select(recv, yield_now()).biased();
      REQUIRE(won.index() == 0);
      CHECK(won.get<0>().value() == 2);
    }
  });
}

TEST_CASE("SY7: broadcast: plain threads send and receive") {
  auto [tx, rx] = broadcast<int>(1024);
  std::thread sender([end = std::move(tx)]() mutable {
    for (int i = 0; i < 1000; ++i) CHECK(end.send(i));
    drop(std::move(end));
  });
  int expected = 0;
  while (auto value = rx.blocking_recv()) CHECK(*value == expected++);
  CHECK(expected == 1000);
  sender.join();
}

TEST_CASE("SY7: broadcast: every value is read or counted as missed, while receivers come, go and are cancelled") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      const auto counted = std::make_shared<const int>(0);
      runtime.block_on([&]() -> Task<void> {
        static constexpr int kSenders = 3;
        static constexpr std::uint64_t kEach = 200;
        auto [tx, rx] = broadcast<std::pair<std::uint64_t, Counted>>(8);
        std::vector<JoinHandle<std::uint64_t>> receivers;
        for (int i = 0; i < 16; ++i) {
          receivers.push_back(spawn([i, end = tx.subscribe()]() mutable -> Task<std::uint64_t> {
            std::uint64_t accounted = 0;
            for (int k = 0;; ++k) {
              if (k % 11 == i) drop(end.resubscribe());
              if ((k + i) % 3 == 0) {
                auto won = co_await select(end.recv(), yield_now());
                if (won.index() == 1) continue;
                if (won.get<0>()) {
                  ++accounted;
                } else if (won.get<0>().error().is_closed()) {
                  co_return accounted;
                } else {
                  accounted += won.get<0>().error().missed();
                }
                continue;
              }
              auto value = co_await end.recv();
              if (value) {
                ++accounted;
              } else if (value.error().is_closed()) {
                co_return accounted;
              } else {
                accounted += value.error().missed();
              }
            }
          }));
        }
        drop(std::move(rx));
        std::vector<JoinHandle<void>> senders;
        for (int s = 0; s < kSenders; ++s) {
          senders.push_back(spawn([&counted, s, end = tx]() mutable -> Task<void> {
            for (std::uint64_t i = 0; i < kEach; ++i) {
              CHECK(end.send({i, counted}).value() >= 16);
              if (i % 5 == static_cast<std::uint64_t>(s)) co_await yield_now();
            }
          }));
        }
        drop(std::move(tx));
        for (auto& sender : senders) (co_await sender).value();
        senders.clear();
        for (auto& receiver : receivers) CHECK((co_await receiver).value() == kSenders * kEach);
      });
      CHECK(counted.use_count() == 1);
    });
  }
}

TEST_CASE("SY7: broadcast: one sender serves many at once, those that subscribe as well") {
  BroadcastSender<int> sender(4096);
  BroadcastReceiver<int> all = sender.subscribe();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&sender] {
      for (int n = 0; n < 500; ++n) {
        const BroadcastReceiver<int> another = sender.subscribe();
        if (!sender.send(n)) return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(rest(all).size() == 2000);
}
