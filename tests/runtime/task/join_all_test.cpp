#include <rondeau/task/join_all.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "../../support/aborts.h"
#include "probe.h"

using namespace rondeau;
using namespace std::chrono_literals;
using probe::Alive;

namespace {

/// Waits until somebody calls wake(); counts how often it was asked whether that happened.
struct Bell {
  detail::Wake waiter;
  bool rung = false;
  void ring() {
    rung = true;
    waiter.wake_by_reference();
  }
  class Wait final : public detail::Awaiter<Wait> {
   public:
    Wait(Bell& bell, int& asked) noexcept : bell_(bell), asked_(asked) {}
    bool try_now() const noexcept { return bell_.rung; }
    bool enqueue() noexcept { return bell_.waiter = this->strand->wake(), true; }
    bool fired() const noexcept { return ++asked_, bell_.rung; }
    void disarm() const noexcept {}
    void await_resume() const noexcept {}

   private:
    Bell& bell_;
    int& asked_;
  };
};

Task<int> value_at(Bell& bell, int& asked, int value) {
  const Alive alive;
  co_await Bell::Wait(bell, asked);
  co_return value;
}
Task<Result<int>> result_after(int turns, Result<int> result) {
  const Alive alive;
  for (int i = 0; i < turns; ++i) co_await yield_now();
  co_return result;
}
Task<void> turns(int count) {
  for (int i = 0; i < count; ++i) co_await yield_now();
}

}  // namespace

TEST_CASE("TK16: join_all: gives the values in the order of the range, whichever ended first") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 200; ++i) tasks.push_back(probe::after((i * 7) % 11, i));
    const std::vector<int> values = co_await join_all(std::move(tasks));
    REQUIRE(values.size() == 200);
    for (int i = 0; i < 200; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
    CHECK(probe::living.load() == 0);
    CHECK((co_await join_all(std::vector<Task<int>>())).empty());
    std::vector<Task<void>> silent;
    silent.push_back(turns(2));
    silent.push_back(turns(0));
    co_await join_all(std::move(silent));
  });
}

TEST_CASE("TK16: join_all: begins at most `limit` at once, and asks a view only when there is room") {
  probe::on_every_flavor([]() -> Task<void> {
    int running = 0;
    int most = 0;
    int made = 0;
    auto tasks = std::views::iota(0, 50) | std::views::transform([&](int i) {
                   ++made;
                   return [](int number, int& now, int& peak) -> Task<int> {
                     peak = std::max(peak, ++now);
                     for (int k = 0; k < number % 3; ++k) co_await yield_now();
                     --now;
                     co_return number;
                   }(i, running, most);
                 });
    const auto values = co_await join_all(tasks, 4);
    CHECK(most == 4);
    CHECK(made == 50);
    CHECK(std::accumulate(values.begin(), values.end(), 0) == 49 * 50 / 2);
  });
  CHECK(support::aborts_with("a limit of 0", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime.value().block_on([]() -> Task<void> {
      static_cast<void>(co_await join_all(std::vector<Task<int>>(), 0));
    });
  }));
}

TEST_CASE("TK16: join_all: a wake asks only whom it concerns, however many branches there are") {
  auto runtime = runtime::Builder::current_thread().build();
  runtime.value().block_on([]() -> Task<void> {
    constexpr std::size_t kBranches = 10'000;
    std::vector<Bell> bells(kBranches);
    std::vector<Task<int>> tasks;
    int asked = 0;
    for (std::size_t i = 0; i < kBranches; ++i) tasks.push_back(value_at(bells[i], asked, static_cast<int>(i)));
    auto rings = [](std::vector<Bell>& all) -> Task<void> {
      // One wake a run, from the last to the first.
      for (auto& bell : std::views::reverse(all)) {
        bell.ring();
        co_await yield_now();
      }
    };
    auto [values, nothing] = co_await join(join_all(std::move(tasks)), rings(bells));
    CHECK(values.size() == kBranches);
    CHECK(values.back() == static_cast<int>(kBranches) - 1);
    CHECK(asked == static_cast<int>(kBranches));
  });
  CHECK(probe::living.load() == 0);
}

TEST_CASE("TK16: join_all: an exception in one destroys the others, the last begun first, and passes on") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<int> ends;
    auto stays = [](std::vector<int>& order, int name) -> Task<int> {
      struct Note {
        std::vector<int>& ends;
        int name;
        ~Note() { ends.push_back(name); }
      };
      const Note note{order, name};
      co_return co_await probe::never();
    };
    auto throws = []() -> Task<int> {
      co_await turns(3);
      throw std::runtime_error("branch");
    };
    std::vector<Task<int>> tasks;
    tasks.push_back(stays(ends, 1));
    tasks.push_back(throws());
    tasks.push_back(stays(ends, 2));
    tasks.push_back(stays(ends, 3));
    bool caught = false;
    try {
      static_cast<void>(co_await join_all(std::move(tasks)));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(ends == std::vector<int>{3, 2, 1});
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK16: join_all: takes JoinHandles, lent or given away") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 5; ++i) handles.push_back(spawn(probe::after(i, i)));
    const auto first = co_await join_all(handles);
    REQUIRE(first.size() == 5);
    CHECK(first[4].value() == 4);
    handles.clear();
    for (int i = 0; i < 5; ++i) handles.push_back(spawn(probe::after(i, i)));
    const auto second = co_await join_all(std::move(handles));
    CHECK(second[3].value() == 3);
  });
}

TEST_CASE("TK16: join_all: what is inside a branch works as anywhere: select, timers, scopes, nested join_all") {
  probe::on_every_flavor([]() -> Task<void> {
    auto mixed = [](int i) -> Task<int> {
      const Alive alive;
      auto won = co_await select(losing(probe::after(i % 3, i)), sleep_for(1h));
      CHECK(won.index() == 0);
      CHECK_FALSE(co_await timeout(1ms, probe::never()));
      int children = 0;
      co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
        auto child = scope.spawn(probe::after(1, 1));
        children = (co_await child).value_or(0);
      });
      std::vector<Task<int>> inner;
      for (int k = 0; k < 3; ++k) inner.push_back(probe::after(k, k));
      co_return i + children + static_cast<int>((co_await join_all(std::move(inner))).size());
    };
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(mixed(i));
    const auto values = co_await join_all(std::move(tasks));
    CHECK(std::accumulate(values.begin(), values.end(), 0) == 99 * 50 + 400);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK16: join_all: destroyed at any suspension it leaves nothing behind, and waits for its branches' scopes") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int k = 0; k < 10; ++k) {
      std::atomic<int> ended{0};
      auto scoped = [](std::atomic<int>& count) -> Task<int> {
        co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
          std::shared_ptr<void> end(nullptr, [&](void*) { count.fetch_add(1); });
          scope.spawn([end = std::move(end)]() -> Task<void> { co_await probe::for_ever(); }).detach();
          co_await scope.join();
        });
        co_return 0;
      };
      std::vector<Task<int>> tasks;
      for (int i = 0; i < 70; ++i) tasks.push_back(scoped(ended));
      tasks.push_back(probe::never());
      auto won = co_await select(losing(join_all(std::move(tasks))), losing(turns(k))).biased();
      CHECK(won.index() == 1);
      CHECK(ended.load() == 70);
      CHECK(probe::living.load() == 0);

      auto handle = spawn([]() -> Task<void> {
        std::vector<Task<int>> endless;
        for (int i = 0; i < 70; ++i) endless.push_back(probe::never());
        static_cast<void>(co_await join_all(std::move(endless), 50));
      });
      co_await turns(k);
      handle.abort();
      CHECK_FALSE(co_await handle);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK16: join_all: a wake from another thread may come after the branch, or all of them, ended") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int round = 0; round < 30; ++round) {
      std::vector<JoinHandle<void>> senders;
      std::vector<Task<int>> tasks;
      for (int i = 0; i < 70; ++i) {
        auto [tx, rx] = oneshot<int>();
        tasks.push_back([](OneshotReceiver<int> receiver) -> Task<int> { co_return (co_await receiver).value_or(-1); }(std::move(rx)));
        senders.push_back(spawn([](OneshotSender<int> sender, int value) -> Task<void> {
          co_await turns(value % 4);
          static_cast<void>(std::move(sender).send(value));
        }, std::move(tx), i));
      }
      if (round % 2 == 0) {
        const auto values = co_await join_all(std::move(tasks));
        for (int i = 0; i < 70; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
      } else {
        const auto first = co_await race(std::move(tasks));
        CHECK(first.value == static_cast<int>(first.index));
      }
      for (auto& sender : senders) CHECK(co_await sender);
    }
  });
}

TEST_CASE("TK16: try_join_all: the first error in time destroys the others; else all values") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<Task<Result<int>>> good;
    for (int i = 0; i < 5; ++i) good.push_back(result_after(5 - i, i));
    CHECK((co_await try_join_all(std::move(good))).value() == std::vector<int>{0, 1, 2, 3, 4});

    std::vector<Task<Result<int>>> bad;
    bad.push_back(result_after(1'000'000, 1));
    bad.push_back(result_after(9, Errc::TimedOut));
    bad.push_back(result_after(3, Errc::Closed));
    const auto error = co_await try_join_all(std::move(bad));
    REQUIRE_FALSE(error);
    CHECK(error.error() == Errc::Closed);
    CHECK(probe::living.load() == 0);

    auto succeeds = []() -> Task<Result<void>> { co_return Result<void>(); };
    std::vector<Task<Result<void>>> silent;
    silent.push_back(succeeds());
    CHECK(co_await try_join_all(std::move(silent), 1));
  });
}

TEST_CASE("TK16: race: the first to end wins, the others are destroyed; one ready at once keeps later ones from beginning") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(i == 71 ? probe::after(2, 5) : probe::never());
    const auto first = co_await race(std::move(tasks));
    CHECK(first.index == 71);
    CHECK(first.value == 5);
    CHECK(probe::living.load() == 0);

    int begun = 0;
    auto ready = std::views::iota(0, 10) | std::views::transform([&](int i) {
                   ++begun;
                   return probe::after(0, i);
                 });
    CHECK((co_await race(ready)).index == 0);
    CHECK(begun == 1);
  });
  CHECK(support::aborts_with("a race needs at least one branch", [] {
    auto runtime = runtime::Builder::current_thread().build();
    runtime.value().block_on([]() -> Task<void> {
      static_cast<void>(co_await race(std::vector<Task<int>>()));
    });
  }));
}

TEST_CASE("TK16: join_all: a branch may keep Tasks by name, whose scopes are ended with it") {
  probe::on_every_flavor([]() -> Task<void> {
    auto keeps = [](int turn, std::atomic<int>& count) -> Task<int> {
      auto task = probe::after(6, turn);
      auto scoped = [](std::atomic<int>& ended) -> Task<void> {
        co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
          std::shared_ptr<void> end(nullptr, [&](void*) { ended.fetch_add(1); });
          scope.spawn([end = std::move(end)]() -> Task<void> { co_await probe::for_ever(); }).detach();
          co_await scope.join();
        });
      }(count);
      for (;;) {
        auto won = co_await select(task, scoped, yield_now()).biased();
        if (won.index() == 0) {
          if (turn % 2 == 1) static_cast<void>(co_await probe::never());
          co_await cancel(scoped);
          co_return won.get<0>();
        }
      }
    };
    std::atomic<int> ended{0};
    std::vector<Task<int>> even;
    for (int i = 0; i < 140; i += 2) even.push_back(keeps(i, ended));
    const auto values = co_await join_all(std::move(even));
    CHECK(values.back() == 138);
    CHECK(ended.load() == 70);

    ended.store(0);
    std::vector<Task<int>> odd;
    for (int i = 1; i < 140; i += 2) odd.push_back(keeps(i, ended));
    CHECK((co_await select(losing(join_all(std::move(odd))), losing(turns(20)))).index() == 1);
    CHECK(ended.load() == 70);
    CHECK(probe::living.load() == 0);
  });
}
