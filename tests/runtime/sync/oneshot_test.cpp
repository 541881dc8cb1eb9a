#include <rondeau/sync/oneshot.h>

#include <memory>
#include <thread>
#include <utility>

#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;
using sync::TryRecvError;

TEST_CASE("SY1: oneshot: the value arrives, sent before or after the receiver waits") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      for (const bool sent_first : {true, false}) {
        auto [tx, rx] = oneshot<std::unique_ptr<int>>();
        if (sent_first) CHECK(std::move(tx).send(std::make_unique<int>(7)));
        auto receiver = spawn(
            [](OneshotReceiver<std::unique_ptr<int>> end) -> Task<int> {
              auto value = co_await end;
              CHECK(end.is_terminated());
              co_return value ? **value : -1;
            },
            std::move(rx));
        co_await settle();
        if (!sent_first) CHECK(std::move(tx).send(std::make_unique<int>(7)));
        CHECK((co_await receiver).value() == 7);
      }
    });
  });
}

TEST_CASE("SY1: oneshot: a sender that goes without sending gives an empty optional") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = oneshot<int>();
      auto receiver =
          spawn([](OneshotReceiver<int> end) -> Task<bool> { co_return (co_await end).has_value(); }, std::move(rx));
      co_await settle();
      {
        const OneshotSender<int> gone = std::move(tx);
      }
      CHECK_FALSE((co_await receiver).value());
    });
  });
}

TEST_CASE("SY1: oneshot: send gives the value back if the receiver is gone or closed") {
  for (const bool gone : {true, false}) {
    auto [tx, rx] = oneshot<std::unique_ptr<int>>();
    std::optional<OneshotReceiver<std::unique_ptr<int>>> receiver(std::move(rx));
    gone ? receiver.reset() : receiver->close();
    CHECK(tx.is_closed());
    auto sent = std::move(tx).send(std::make_unique<int>(3));
    REQUIRE_FALSE(sent);
    CHECK(*sent.error().value() == 3);
  }
}

TEST_CASE("SY1: oneshot: what was sent before close is still delivered") {
  auto [tx, rx] = oneshot<int>();
  CHECK(rx.is_empty());
  CHECK(rx.try_recv().error() == TryRecvError::Empty);
  CHECK(std::move(tx).send(5));
  rx.close();
  CHECK_FALSE(rx.is_empty());
  CHECK(rx.try_recv().value() == 5);
  CHECK(rx.is_terminated());
  CHECK(rx.try_recv().error() == TryRecvError::Disconnected);
}

TEST_CASE("SY1: oneshot: a closed channel gives nothing at once") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = oneshot<int>();
    rx.close();
    CHECK_FALSE(co_await rx);
    CHECK(tx.is_closed());
  });
}

TEST_CASE("SY1: oneshot: a value that nobody took is destroyed") {
  auto value = std::make_shared<int>(1);
  {
    auto [tx, rx] = oneshot<std::shared_ptr<int>>();
    CHECK(std::move(tx).send(value));
    CHECK(value.use_count() == 2);
  }
  CHECK(value.use_count() == 1);
}

TEST_CASE("SY1: oneshot: the await may be dropped and repeated; the value is not lost") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = oneshot<int>();
    for (int i = 0; i < 3; ++i) {
      auto won = co_await select(rx, yield_now());
      CHECK(won.index() == 1);
    }
    CHECK(std::move(tx).send(9));
    auto won = co_await select(rx, yield_now()).biased();
    REQUIRE(won.index() == 0);
    CHECK(won.get<0>() == 9);
  });
}

TEST_CASE("SY1: oneshot: an aborted receiver closes the channel and wakes closed()") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = oneshot<int>();
      auto receiver =
          spawn([](OneshotReceiver<int> end) -> Task<void> { static_cast<void>(co_await end); }, std::move(rx));
      auto watcher = spawn(
          [](OneshotSender<int> end) -> Task<bool> {
            co_await end.closed();
            co_return static_cast<bool>(std::move(end).send(1));
          },
          std::move(tx));
      co_await settle();
      receiver.abort();
      CHECK_FALSE((co_await watcher).value());
    });
  });
}

TEST_CASE("SY1: oneshot: a cancelled closed() leaves the sender as it was") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = oneshot<int>();
    auto won = co_await select(tx.closed(), yield_now());
    CHECK(won.index() == 1);
    CHECK(std::move(tx).send(4));
    CHECK(co_await rx == 4);
  });
}

TEST_CASE("SY1: oneshot: a plain thread waits with blocking_recv") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    auto [tx, rx] = oneshot<int>();
    int got = 0;
    std::thread thread([&got, end = std::move(rx)]() mutable { got = end.blocking_recv().value_or(-1); });
    runtime.block_on([](OneshotSender<int> end) -> Task<void> {
      co_await yield_now();
      CHECK(std::move(end).send(11));
    }(std::move(tx)));
    thread.join();
    CHECK(got == 11);
  });
}

TEST_CASE("SY1: oneshot: send, drop, close and abort race without a leak or a double value") {
  auto token = std::make_shared<int>(0);
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([&](const runtime::Runtime& runtime) {
      runtime.block_on([&]() -> Task<void> {
        std::vector<JoinHandle<void>> tasks;
        for (int i = 0; i < 300; ++i) {
          auto [tx, rx] = oneshot<std::shared_ptr<int>>();
          tasks.push_back(spawn(
              [i, token](OneshotSender<std::shared_ptr<int>> end) -> Task<void> {
                if (i % 2 == 0) co_await yield_now();
                if (i % 7 == 0) co_return;
                static_cast<void>(std::move(end).send(token));
              },
              std::move(tx)));
          tasks.push_back(spawn(
              [i](OneshotReceiver<std::shared_ptr<int>> end) -> Task<void> {
                if (i % 3 == 0) end.close();
                if (i % 5 == 0) co_return;
                static_cast<void>(co_await end);
              },
              std::move(rx)));
          if (i % 4 == 0) tasks.back().abort();
        }
        for (auto& task : tasks) static_cast<void>(co_await task);
      });
    });
  }
  CHECK(token.use_count() == 1);
}
