#include <rondeau/sync/cancellation_token.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/sync/oneshot.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

TEST_CASE("CA3: token: cancelling a parent cancels present and future children, a child never its parent") {
  const CancellationToken parent;
  const CancellationToken child = parent.child_token();
  const CancellationToken sibling = parent.child_token();
  const CancellationToken grandchild = child.child_token();
  child.cancel();
  CHECK(child.is_cancelled());
  CHECK(grandchild.is_cancelled());
  CHECK_FALSE(parent.is_cancelled());
  CHECK_FALSE(sibling.is_cancelled());
  parent.cancel();
  CHECK(sibling.is_cancelled());
  CHECK(parent.child_token().is_cancelled());
}

TEST_CASE("CA3: token: cancelling is idempotent and the first reason stays, also for children") {
  const CancellationToken token;
  const CancellationToken child = token.child_token();
  CHECK(token.reason().empty());
  token.cancel("shutdown");
  token.cancel("something else");
  CHECK(token.reason() == "shutdown");
  CHECK(child.reason() == "shutdown");
  CHECK(token.child_token().reason() == "shutdown");
}

TEST_CASE("CA3: token: a grandchild is cancelled although its parent's handles are gone") {
  const CancellationToken root;
  std::optional<CancellationToken> middle(root.child_token());
  const CancellationToken one = middle->child_token();
  std::optional<CancellationToken> two(middle->child_token());
  const CancellationToken below = two->child_token();
  middle.reset();  // joins two children still
  two.reset();     // replaced by its child
  CHECK_FALSE(one.is_cancelled());
  root.cancel("end");
  CHECK(one.is_cancelled());
  CHECK(below.reason() == "end");
}

TEST_CASE("CA3: token: children go on when the root is gone") {
  std::optional<CancellationToken> root(std::in_place);
  const CancellationToken one = root->child_token();
  const CancellationToken two = root->child_token();
  const CancellationToken below = two.child_token();
  root.reset();
  two.cancel();
  CHECK(below.is_cancelled());
  CHECK_FALSE(one.is_cancelled());
}

TEST_CASE("CA3: token: cancelled() wakes everyone below and may be dropped and repeated") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      const CancellationToken token;
      std::vector<JoinHandle<void>> waiters;
      for (int i = 0; i < 100; ++i) {
        waiters.push_back(spawn(
            [](CancellationToken own) -> Task<void> {
              for (int k = 0; k < 3; ++k) static_cast<void>(co_await select(own.cancelled(), yield_now()));
              co_await own.cancelled();
            },
            i % 2 == 0 ? token : token.child_token()));
      }
      auto aborted = spawn([](CancellationToken own) -> Task<void> { co_await own.cancelled(); }, token.child_token());
      co_await settle();
      aborted.abort();
      CHECK((co_await aborted).error().is_cancelled());
      token.cancel();
      for (auto& waiter : waiters) (co_await waiter).value();
      co_await token.cancelled();
    });
  });
}

TEST_CASE("CA3: token: cancelled() keeps the token alive by itself") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    const CancellationToken root;
    auto waiter =
        spawn([](CancellationToken parent) -> Task<void> { co_await parent.child_token().cancelled(); }, root);
    co_await settle();
    root.cancel();
    (co_await waiter).value();
  });
}

TEST_CASE("CA3: token: a drop guard cancels when it is destroyed, unless disarmed") {
  const CancellationToken token;
  const CancellationToken other;
  {
    auto guard = token.drop_guard();
  }
  CHECK(token.is_cancelled());
  {
    auto guard = other.drop_guard();
    CHECK(std::move(guard).disarm() == other);
  }
  CHECK_FALSE(other.is_cancelled());
}

TEST_CASE("CA3: token: 100 000 levels and 100 000 children are cancelled and freed without recursion") {
  for (const bool cancelled : {false, true}) {
    for (const bool from_the_top : {false, true}) {
      std::vector<CancellationToken> chain(1);
      for (int i = 0; i < 100'000; ++i) chain.push_back(chain.back().child_token());
      if (cancelled) chain.front().cancel();
      CHECK(chain.back().is_cancelled() == cancelled);
      if (from_the_top) {
        for (CancellationToken& token : chain) token = CancellationToken();
      }
      while (!chain.empty()) chain.pop_back();
    }
    const CancellationToken root;
    std::vector<CancellationToken> children;
    for (int i = 0; i < 100'000; ++i) children.push_back(root.child_token());
    if (cancelled) root.cancel();
    CHECK(children.back().is_cancelled() == cancelled);
  }
}

TEST_CASE("CA3: token: a chain of which only the last link is kept does not grow") {
  CancellationToken root;
  CancellationToken last = root.child_token();
  for (int i = 0; i < 100'000; ++i) last = last.child_token();
  root.cancel();
  CHECK(last.is_cancelled());
}

TEST_CASE("CA4: token: run_until_cancelled gives the task's value, or destroys it when the token is cancelled") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      const CancellationToken token;
      CHECK(co_await token.run_until_cancelled([]() -> Task<int> { co_return 7; }()) == 7);
      auto counted = std::make_shared<int>(0);
      auto running = spawn(with_cancellation_token(
          [](std::shared_ptr<int> owned) -> Task<int> {
            for (;;) {
              ++*owned;
              co_await yield_now();
            }
          }(counted),
          token.child_token()));
      co_await settle();
      CHECK_FALSE(running.is_finished());
      token.cancel();
      CHECK_FALSE((co_await running).value());
      CHECK(counted.use_count() == 1);
    });
  });
}

TEST_CASE("CA4: token: a task given to a cancelled token never starts") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    const CancellationToken token;
    token.cancel();
    bool started = false;
    CHECK_FALSE(co_await token.run_until_cancelled([](bool* flag) -> Task<void> {
      *flag = true;
      co_return;
    }(&started)));
    CHECK_FALSE(started);
  });
}

TEST_CASE("CA4: token: where task and token are ready at once the task wins") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    for (const bool token_first : {false, true}) {
      const CancellationToken token;
      auto [tx, rx] = oneshot<int>();
      auto running = spawn(token.run_until_cancelled(
          [](OneshotReceiver<int> end) -> Task<int> { co_return (co_await end).value(); }(std::move(rx))));
      co_await settle();
      if (token_first) token.cancel();
      CHECK(std::move(tx).send(3));
      if (!token_first) token.cancel();
      CHECK((co_await running).value() == 3);
    }
  });
}

TEST_CASE("CA4: token: a cancelled run_until_cancelled destroys the task and leaves the token as it was") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    const CancellationToken token;
    auto counted = std::make_shared<int>(0);
    auto running = spawn(token.run_until_cancelled([](std::shared_ptr<int>, CancellationToken never) -> Task<void> {
      co_await never.cancelled();
    }(counted, CancellationToken())));
    co_await settle();
    running.abort();
    CHECK((co_await running).error().is_cancelled());
    CHECK(counted.use_count() == 1);
    CHECK_FALSE(token.is_cancelled());
  });
}

TEST_CASE("CA3: token: threads make, cancel and drop tokens of one tree at once") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    const CancellationToken root;
    std::atomic<int> missed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::vector<CancellationToken> mine{root.child_token()};
        for (int i = 0; i < 2'000; ++i) {
          const std::size_t parent = static_cast<std::size_t>(i * 7 + t) % mine.size();
          CancellationToken made = mine[parent].child_token();
          if (i % 3 == 0) mine.push_back(made);
          if (i % 5 == 0) mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(parent));
          if (mine.empty()) mine.push_back(root.child_token());
          if (i % 50 == 0) made.cancel();
        }
        root.cancel();
        for (const CancellationToken& token : mine) missed += token.is_cancelled() ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(missed == 0);
  }
}
