#include <rondeau/sync/mpsc.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"
#include "support/aborts.h"

using namespace sync_test;
using sync::Permit;
using sync::TryRecvError;

namespace {

Task<bool> send_one(Sender<int> sender, int value) {
  co_return static_cast<bool>(co_await sender.send(value));
}

}  // namespace

TEST_CASE("SY2: mpsc: messages arrive in the order of their sender, across many blocks") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      static constexpr int kSenders = 4;
      static constexpr int kMessages = 500;
      auto [tx, rx] = mpsc<std::pair<int, int>>(7);
      for (int s = 0; s < kSenders; ++s) {
        spawn(
            [s](Sender<std::pair<int, int>> sender) -> Task<void> {
              for (int i = 0; i < kMessages; ++i) CHECK(co_await sender.send({s, i}));
            },
            tx)
            .detach();
      }
      {
        const Sender<std::pair<int, int>> gone = std::move(tx);
      }
      int next[kSenders] = {};
      bool in_order = true;
      while (auto message = co_await rx.recv()) in_order = in_order && next[message->first]++ == message->second;
      CHECK(in_order);
      for (const int count : next) CHECK(count == kMessages);
    });
  });
}

TEST_CASE("SY2: mpsc: a full channel makes senders wait, and they are served in order") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(2);
    std::vector<JoinHandle<bool>> senders;
    for (int i = 0; i < 10; ++i) {
      senders.push_back(spawn(send_one(tx, i)));
      co_await settle();
    }
    CHECK(rx.len() == 2);
    CHECK(tx.capacity() == 0);
    auto full = tx.try_send(99);
    REQUIRE_FALSE(full);
    CHECK(full.error().is_full());
    CHECK(full.error().value() == 99);
    std::vector<int> received;
    for (int i = 0; i < 10; ++i) received.push_back((co_await rx.recv()).value());
    CHECK(received == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    for (auto& sender : senders) CHECK((co_await sender).value());
    CHECK(tx.capacity() == 2);
    CHECK(tx.max_capacity() == 2);
  });
}

TEST_CASE("SY2: mpsc: a cancelled send leaves no message behind and no place taken") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool chosen : {false, true}) {
      auto [tx, rx] = mpsc<int>(1);
      CHECK(tx.try_send(1));
      auto waiting = spawn(send_one(tx, 2));
      co_await settle();
      if (chosen) CHECK(co_await rx.recv() == 1);  // the place is the waiting sender's, which has not run yet
      waiting.abort();
      CHECK((co_await waiting).error().is_cancelled());
      if (!chosen) CHECK(co_await rx.recv() == 1);
      CHECK(tx.capacity() == 1);
      CHECK(rx.try_recv().error() == TryRecvError::Empty);
    }
  });
}

TEST_CASE("SY4: mpsc: a cancelled recv takes no message") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool woken : {false, true}) {
      auto [tx, rx] = mpsc<int>(4);
      auto receiver = spawn([&end = rx]() -> Task<void> { static_cast<void>(co_await end.recv()); });
      co_await settle();
      if (woken) CHECK(tx.try_send(1));
      receiver.abort();
      CHECK((co_await receiver).error().is_cancelled());
      if (!woken) CHECK(tx.try_send(1));
      CHECK(co_await rx.recv() == 1);
      for (int i = 0; i < 3; ++i) {
        auto won = co_await select(rx.recv(), yield_now());
        CHECK(won.index() == 1);
      }
    }
  });
}

TEST_CASE("SY4: mpsc: recv is empty when the last sender is gone and the queue is drained") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      for (std::size_t count : {0U, 1U, 31U, 32U, 33U, 64U}) {
        auto [tx, rx] = mpsc<std::size_t>(100);
        auto receiver = spawn(
            [](Receiver<std::size_t> end) -> Task<std::size_t> {
              std::size_t received = 0;
              while (co_await end.recv()) ++received;
              CHECK(end.try_recv().error() == TryRecvError::Disconnected);
              CHECK(end.is_closed());
              co_return received;
            },
            std::move(rx));
        Sender<std::size_t> sender = std::move(tx);
        for (std::size_t i = 0; i < count; ++i) CHECK(sender.try_send(i));
        co_await settle();
        sender = Sender<std::size_t>(mpsc<std::size_t>(1).first);  // the last one goes
        CHECK((co_await receiver).value() == count);
      }
    });
  });
}

TEST_CASE("SY5: mpsc: after close sends fail, queued messages and permits that are out still arrive") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(3);
    CHECK(tx.try_send(1));
    auto permit = co_await tx.reserve();
    auto unused = co_await tx.reserve();
    auto blocked = spawn(send_one(tx, 9));
    co_await settle();
    rx.close();
    CHECK_FALSE((co_await blocked).value());
    CHECK(tx.is_closed());
    auto refused = co_await tx.send(8);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().value() == 8);
    CHECK(tx.try_send(8).error().is_closed());
    CHECK(tx.try_reserve().error() == Errc::Closed);
    CHECK(co_await rx.recv() == 1);
    auto rest = spawn([&end = rx]() -> Task<std::vector<int>> {
      std::vector<int> received;
      while (auto message = co_await end.recv()) received.push_back(*message);
      co_return received;
    });
    co_await settle();
    CHECK_FALSE(rest.is_finished());
    std::move(*permit).send(2);
    co_await settle();
    CHECK_FALSE(rest.is_finished());
    {
      const Permit<int> dropped = *std::move(unused);
    }  // the last reason to wait
    CHECK((co_await rest).value() == std::vector<int>{2});
  });
}

TEST_CASE("SY4: mpsc: a chosen sender that is cancelled after close lets the receiver end") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    CHECK(tx.try_send(1));
    auto waiting = spawn(send_one(tx, 2));
    co_await settle();
    CHECK(co_await rx.recv() == 1);  // the place goes to the waiting sender, which has not run yet
    rx.close();
    auto end = spawn([&receiver = rx]() -> Task<bool> { co_return (co_await receiver.recv()).has_value(); });
    waiting.abort();
    CHECK_FALSE((co_await end).value());
  });
}

TEST_CASE("SY5: mpsc: destroying the receiver destroys what is queued and wakes all senders") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto counted = std::make_shared<int>(0);
    runtime.block_on([&]() -> Task<void> {
      auto [tx, rx] = mpsc<std::shared_ptr<int>>(2);
      std::vector<JoinHandle<bool>> senders;
      for (int i = 0; i < 40; ++i) {
        senders.push_back(spawn([counted](Sender<std::shared_ptr<int>> end)
                                    -> Task<bool> { co_return static_cast<bool>(co_await end.send(counted)); },
                                tx));
      }
      auto watcher = spawn([](Sender<std::shared_ptr<int>> end) -> Task<void> { co_await end.closed(); }, tx);
      co_await until([&end = rx] { return end.len() == 2; });
      {
        const Receiver<std::shared_ptr<int>> gone = std::move(rx);
      }
      int sent = 0;
      for (auto& sender : senders) sent += (co_await sender).value() ? 1 : 0;
      CHECK(sent == 2);
      (co_await watcher).value();
      senders.clear();
      co_await settle();
    });
    CHECK(counted.use_count() <= 2);  // a worker may still be destroying the last task's closure
  });
}

TEST_CASE("SY5: mpsc: a message that holds a sender of its own channel does not keep it alive") {
  struct Message {
    std::shared_ptr<int> counted;
    std::optional<Sender<Message>> reply_to;
  };
  auto counted = std::make_shared<int>(0);
  {
    auto [tx, rx] = mpsc<Message>(4);
    CHECK(tx.try_send(Message{counted, tx}));
    CHECK(tx.try_send(Message{counted, tx}));
    {
      const Sender<Message> gone = std::move(tx);
    }  // the last ones lie in the queue
    {
      const Receiver<Message> gone = std::move(rx);
    }
    CHECK(counted.use_count() == 1);
  }
  CHECK(counted.use_count() == 1);
}

TEST_CASE("SY5: mpsc: a message sent through a permit after the receiver went is destroyed") {
  auto counted = std::make_shared<int>(0);
  auto [tx, rx] = mpsc<std::shared_ptr<int>>(4);
  auto permit = tx.try_reserve();
  {
    const Receiver<std::shared_ptr<int>> gone = std::move(rx);
  }
  std::move(*permit).send(counted);
  CHECK(counted.use_count() == 1);
}

TEST_CASE("SY4: mpsc: recv_many takes what is there, at most the limit, and nothing at all for a limit of 0") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(100);
    std::vector<int> out{-1};
    CHECK(co_await rx.recv_many(out, 0) == 0);
    for (int i = 0; i < 70; ++i) CHECK(tx.try_send(i));
    CHECK(co_await rx.recv_many(out, 50) == 50);
    CHECK(co_await rx.recv_many(out, 50) == 20);
    REQUIRE(out.size() == 71);
    for (int i = 0; i < 70; ++i) CHECK(out[static_cast<std::size_t>(i) + 1] == i);
    {
      const Sender<int> gone = std::move(tx);
    }
    CHECK(co_await rx.recv_many(out, 5) == 0);
  });
}

TEST_CASE("SY5: mpsc: a weak sender keeps no channel open") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    WeakSender<int> weak = tx.downgrade();
    CHECK(tx.weak_count() == 1);
    {
      auto strong = weak.upgrade();
      REQUIRE(strong);
      CHECK(strong->same_channel(tx));
      CHECK(weak.strong_count() == 2);
    }
    {
      const Sender<int> gone = std::move(tx);
    }
    CHECK_FALSE(weak.upgrade());
    CHECK_FALSE(co_await rx.recv());
  });
}

TEST_CASE("SY2: mpsc: plain threads send and receive") {
  auto [tx, rx] = mpsc<int>(2);
  std::thread sender([end = std::move(tx)] {
    Sender<int> mine = end;
    for (int i = 0; i < 1000; ++i) CHECK(mine.blocking_send(i));
  });
  int expected = 0;
  bool in_order = true;
  for (; expected < 500; ++expected) in_order = in_order && rx.blocking_recv() == expected;
  std::vector<int> rest;
  sender.detach();
  while (rx.blocking_recv_many(rest, 100) > 0) {
  }
  CHECK(in_order);
  CHECK(rest.size() == 500);
}

TEST_CASE("SY2: mpsc: messages may be large, aligned and move-only") {
  struct alignas(64) Aligned {
    std::unique_ptr<int> value;
    char bytes[4000];
  };
  auto [tx, rx] = mpsc<Aligned>(100);
  for (int i = 0; i < 100; ++i) CHECK(tx.try_send(Aligned{std::make_unique<int>(i), {}}));
  for (int i = 0; i < 100; ++i) CHECK(*rx.try_recv().value().value == i);
}

TEST_CASE("SY2: mpsc: a capacity of 0, or above SIZE_MAX >> 3, aborts") {
  CHECK(support::aborts_with("at least 1 message", [] { static_cast<void>(mpsc<int>(0)); }));
  CHECK(support::aborts_with("SIZE_MAX >> 3", [] { static_cast<void>(mpsc<int>((~std::size_t{0} >> 3) + 1)); }));
  auto [tx, rx] = mpsc<int>(~std::size_t{0} >> 3);
  CHECK(tx.try_send(1));
}

TEST_CASE("SY5: mpsc: both ends tell what is queued, what is free, who is there and whether it is closed") {
  auto [tx, rx] = mpsc<int>(3);
  CHECK(rx.empty());
  CHECK(tx.try_send(1));
  CHECK_FALSE(rx.empty());
  CHECK(rx.len() == 1);
  CHECK(tx.capacity() == 2);
  CHECK(rx.capacity() == 2);
  CHECK(tx.max_capacity() == 3);
  CHECK(rx.max_capacity() == 3);
  const Sender<int> second = tx;
  const WeakSender<int> weak = second.downgrade();
  CHECK(tx.same_channel(second));
  CHECK_FALSE(tx.same_channel(mpsc<int>(1).first));
  CHECK(rx.sender_strong_count() == 2);
  CHECK(rx.sender_weak_count() == 1);
  CHECK_FALSE(tx.is_closed());
  CHECK_FALSE(rx.is_closed());
  rx.close();
  CHECK(tx.is_closed());
  CHECK(rx.is_closed());
  CHECK(rx.try_recv().value() == 1);
  CHECK(rx.try_recv().error() == TryRecvError::Disconnected);
}

TEST_CASE("SY5: mpsc: a cancelled closed() leaves the sender as it was") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(1);
    auto closed = tx.closed();
    for (int i = 0; i < 3; ++i) CHECK((co_await select(closed, yield_now())).index() == 1);
    rx.close();
    co_await closed;
  });
}

TEST_CASE("SY4: mpsc: blocking_recv and blocking_send inside a task abort and say what to type instead") {
  for (const bool sends : {false, true}) {
    CHECK(support::aborts_with("co_await the other one", [sends] {
      current_thread().block_on([sends]() -> Task<void> {
        auto [tx, rx] = mpsc<int>(1);
        sends ? static_cast<void>(tx.blocking_send(1)) : static_cast<void>(rx.blocking_recv());
        co_return;
      });
    }));
  }
}
