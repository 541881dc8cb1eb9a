#include <rondeau/sync/mpsc_unbounded.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rondeau/detail/frame_cache.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;
using sync::TryRecvError;

TEST_CASE("SY6: mpsc_unbounded: a send never waits and every message arrives in order") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [tx, rx] = mpsc_unbounded<int>();
      for (int i = 0; i < 10'000; ++i) CHECK(tx.send(i));
      CHECK(rx.len() == 10'000);
      {
        const UnboundedSender<int> gone = std::move(tx);
      }
      int expected = 0;
      while (auto message = co_await rx.recv()) {
        if (*message != expected++) break;
      }
      CHECK(expected == 10'000);
    });
  });
}

TEST_CASE("SY6: mpsc_unbounded: blocks are freed as the receiver drains") {
  const std::size_t before = detail::live_frames();
  auto [tx, rx] = mpsc_unbounded<int>();
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 320; ++i) CHECK(tx.send(i));
    for (int i = 0; i < 320; ++i) CHECK(rx.try_recv().value() == i);
    CHECK(detail::live_frames() - before <= 14);
  }
  CHECK(detail::live_frames() - before <= 3);
}

TEST_CASE("SY6: mpsc_unbounded: after close sends fail with their message, what was sent arrives") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    auto [tx, rx] = mpsc_unbounded<std::unique_ptr<int>>();
    CHECK(tx.send(std::make_unique<int>(1)));
    rx.close();
    auto refused = tx.send(std::make_unique<int>(2));
    REQUIRE_FALSE(refused);
    CHECK(*refused.error().value() == 2);
    CHECK(tx.is_closed());
    CHECK(rx.len() == 1);
    auto message = co_await rx.recv();
    REQUIRE(message);
    CHECK(**message == 1);
    CHECK_FALSE(co_await rx.recv());
    CHECK(rx.try_recv().error() == TryRecvError::Disconnected);
  });
}

TEST_CASE("SY6: mpsc_unbounded: a message that holds a sender of its own channel does not keep it alive") {
  struct Message {
    std::shared_ptr<int> counted;
    std::optional<UnboundedSender<Message>> reply_to;
  };
  auto counted = std::make_shared<int>(0);
  auto [tx, rx] = mpsc_unbounded<Message>();
  CHECK(tx.send(Message{counted, tx}));
  CHECK(tx.send(Message{counted, tx}));
  {
    const UnboundedSender<Message> gone = std::move(tx);
  }  // the last ones lie in the queue
  {
    const UnboundedReceiver<Message> gone = std::move(rx);
  }
  CHECK(counted.use_count() == 1);
}

TEST_CASE("SY6: mpsc_unbounded: sends, closes, drops and aborted receivers race; nothing leaks, nothing comes twice") {
  auto counted = std::make_shared<int>(0);
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([&](const runtime::Runtime& runtime) {
      runtime.block_on([&]() -> Task<void> {
        std::vector<JoinHandle<void>> tasks;
        for (int i = 0; i < 20; ++i) {
          auto [tx, rx] = mpsc_unbounded<std::shared_ptr<int>>();
          for (int s = 0; s < 3; ++s) {
            tasks.push_back(spawn(
                [i, counted](UnboundedSender<std::shared_ptr<int>> end) -> Task<void> {
                  for (int k = 0; k < 70; ++k) {
                    if (!end.send(counted)) co_return;
                    if (k % 16 == i % 16) co_await yield_now();
                  }
                },
                tx));
          }
          tasks.push_back(spawn(
              [i](UnboundedReceiver<std::shared_ptr<int>> end) -> Task<void> {
                for (int k = 0; k < 300; ++k) {
                  if (i % 3 == 0 && k == 50) end.close();
                  if (i % 4 == 0 && k == 90) co_return;
                  if (!co_await end.recv()) co_return;
                }
              },
              std::move(rx)));
          if (i % 5 == 0) tasks.back().abort();
        }
        for (auto& task : tasks) static_cast<void>(co_await task);
      });
    });
  }
  CHECK(counted.use_count() == 1);
}
