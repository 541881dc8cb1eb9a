// Tasks that are given to combinators by name: they pause and go on.
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
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

/// Counts its steps; each needs a notification.
Task<int> steps(Notify& gate, int count, int& done) {
  const Alive alive;
  for (int i = 0; i < count; ++i) {
    co_await gate.notified();
    ++done;
  }
  co_return done;
}
Task<void> turns(int count) {
  for (int i = 0; i < count; ++i) co_await yield_now();
}
/// Holds a child that ends only when the scope is ended.
Task<void> holds_a_scope(std::atomic<int>& children_ended) {
  co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
    // Counts the end of the child's closure, for the child may be ended before it ever ran.
    std::shared_ptr<void> end(nullptr, [&](void*) { children_ended.fetch_add(1); });
    scope.spawn([end = std::move(end)]() -> Task<void> { co_await probe::for_ever(); }).detach();
    co_await scope.join();
  });
}

}  // namespace

TEST_CASE("TK14: select: a Task given by name pauses when it loses, and goes on in the next select") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    int done = 0;
    auto task = steps(gate, 3, done);
    for (int i = 0; i < 2; ++i) {
      gate.notify_one();
      auto won = co_await select(task, losing(turns(3))).biased();
      CHECK(won.index() == 1);
      CHECK(done == i + 1);
      CHECK(probe::living.load() == 1);
    }
    gate.notify_one();
    auto won = co_await select(task, losing(turns(1000))).biased();
    REQUIRE(won.index() == 0);
    CHECK(won.get<0>() == 3);
    CHECK_FALSE(task);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: what fires between two selects is not run before the next, and then at once") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    int done = 0;
    auto task = steps(gate, 2, done);
    static_cast<void>(co_await select(task, losing(turns(1))).biased());
    gate.notify_one();
    co_await turns(5);
    CHECK(done == 0);
    bool started = false;
    auto later = [&]() -> Task<void> {
      started = true;
      co_return;
    };
    static_cast<void>(co_await select(task, losing(later())).biased());
    CHECK(done == 1);
    CHECK(started);
    started = false;
    gate.notify_one();
    auto won = co_await select(task, losing(later())).biased();
    CHECK(won.index() == 0);
    CHECK_FALSE(started);
  });
}

TEST_CASE("TK14: select: strands inside a paused Task rest with it") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify first;
    Notify second;
    int one = 0;
    int two = 0;
    auto both = [&]() -> Task<int> {
      auto [a, b] = co_await join(steps(first, 1, one), steps(second, 2, two));
      co_return a + b;
    };
    auto task = both();
    static_cast<void>(co_await select(task, losing(turns(1))).biased());
    first.notify_one();
    second.notify_one();
    co_await turns(5);
    CHECK(one == 0);
    CHECK(two == 0);
    static_cast<void>(co_await select(task, losing(turns(1))).biased());
    CHECK(one == 1);
    CHECK(two == 1);
    second.notify_one();
    co_await turns(3);
    auto won = co_await select(task, losing(turns(1000))).biased();
    REQUIRE(won.index() == 0);
    CHECK(won.get<0>() == 3);
  });
}

TEST_CASE("TK14: select: a nested select that drains a loser rests with the paused Task around it") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> ended{0};
    bool over = false;
    Notify gate;
    auto inner = [&]() -> Task<int> {
      auto won = co_await select(losing(holds_a_scope(ended)), gate.notified());
      over = true;
      co_return static_cast<int>(won.index());
    };
    auto task = inner();
    static_cast<void>(co_await select(task, losing(turns(3))).biased());
    gate.notify_one();
    static_cast<void>(co_await select(task, losing(turns(0))).biased());  // begins to drain
    while (ended.load() == 0) co_await yield_now();
    co_await turns(5);
    CHECK_FALSE(over);
    CHECK(co_await std::move(task) == 1);
  });
}

TEST_CASE("TK14: select: a started Task may be awaited to its end, before or after it came") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    int done = 0;
    auto task = steps(gate, 2, done);
    static_cast<void>(co_await select(task, losing(turns(1))).biased());
    auto handle = spawn([&gate]() -> Task<void> {
      for (int i = 0; i < 2; ++i) {
        gate.notify_one();
        co_await turns(3);
      }
    });
    CHECK(co_await std::move(task) == 2);
    CHECK(co_await handle);
    CHECK(probe::living.load() == 0);

    // Its end came in a join that another branch made fail.
    auto value = probe::after(1, 7);
    bool caught = false;
    try {
      static_cast<void>(co_await join(value, []() -> Task<void> {
        co_await turns(4);
        throw std::runtime_error("branch");
      }()));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    REQUIRE(value);
    CHECK(co_await std::move(value) == 7);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: a paused Task passes its exception on where it is taken") {
  probe::on_every_flavor([]() -> Task<void> {
    auto thrower = []() -> Task<int> {
      const Alive alive;
      co_await turns(4);
      throw std::runtime_error("late");
    };
    auto task = thrower();
    CHECK((co_await select(task, losing(turns(1))).biased()).index() == 1);
    bool caught = false;
    try {
      static_cast<void>(co_await select(task, losing(turns(100))).biased());
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK_FALSE(task);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: destroying a paused Task, or the task it lives in, destroys its frames") {
  probe::on_every_flavor([]() -> Task<void> {
    {
      auto task = probe::never();
      static_cast<void>(co_await select(task, losing(turns(2))).biased());
      CHECK(probe::living.load() == 1);
      auto moved = std::move(task);
      CHECK_FALSE(task);
      static_cast<void>(co_await select(moved, losing(turns(2))).biased());
    }
    CHECK(probe::living.load() == 0);

    // Destroyed at each of its suspensions: in the select, between two, in a co_await.
    for (int k = 0; k < 12; ++k) {
      auto handle = spawn([]() -> Task<void> {
        Notify never;
        auto task = probe::never();
        static_cast<void>(co_await select(task, losing(turns(3))).biased());
        co_await turns(3);
        static_cast<void>(co_await select(task, never.notified(), losing(turns(3))).biased());
        static_cast<void>(co_await std::move(task));
      });
      co_await turns(k);
      handle.abort();
      CHECK_FALSE(co_await handle);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK14: select: cancel ends a paused Task in order, its scope first") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> ended{0};
    auto task = holds_a_scope(ended);
    static_cast<void>(co_await select(task, losing(turns(3))).biased());
    CHECK(ended.load() == 0);
    co_await cancel(task);
    CHECK(ended.load() == 1);
    CHECK_FALSE(task);
    CHECK(probe::living.load() == 0);

    auto unstarted = probe::never();
    co_await cancel(unstarted);
    CHECK_FALSE(unstarted);
    auto empty = Task<int>();
    co_await cancel(empty);
  });
}

TEST_CASE("TK14: select: a cancel that is dropped is safe, and repeated") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> ended{0};
    auto task = holds_a_scope(ended);
    static_cast<void>(co_await select(task, losing(turns(3))).biased());
    bool dropped = false;
    for (;;) {
      auto end = cancel(task);
      if ((co_await select(end, yield_now()).biased()).index() == 0) break;
      dropped = true;
    }
    CHECK((dropped || ended.load() == 1));
    CHECK_FALSE(task);
    CHECK(ended.load() == 1);
  });
}

TEST_CASE("TK14: select: a task that is aborted ends the scopes of the Tasks it has paused") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int k = 0; k < 8; ++k) {
      std::atomic<int> ended{0};
      auto handle = spawn([&ended]() -> Task<void> {
        auto task = holds_a_scope(ended);
        static_cast<void>(co_await select(task, losing(turns(3))).biased());
        co_await probe::for_ever();
      });
      co_await turns(k);
      handle.abort();
      CHECK_FALSE(co_await handle);
      CHECK(probe::living.load() == 0);
    }
  });
}

TEST_CASE("TK14: select: a Task further out is only paused when the branch that waits for it loses") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    std::atomic<int> ended{0};
    int done = 0;
    auto task = steps(gate, 1, done);
    auto scoped = holds_a_scope(ended);
    auto borrows = [&]() -> Task<void> { static_cast<void>(co_await select(task, scoped)); };
    CHECK((co_await select(losing(borrows()), losing(turns(3))).biased()).index() == 1);
    gate.notify_one();
    co_await turns(3);
    CHECK(done == 0);
    CHECK(ended.load() == 0);
    CHECK(co_await std::move(task) == 1);
    co_await cancel(scoped);
    CHECK(ended.load() == 1);
  });
}

TEST_CASE("TK14: timeout: over a Task given by name it leaves it paused") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    int done = 0;
    auto task = steps(gate, 1, done);
    CHECK_FALSE(co_await timeout(1ms, task));
    CHECK(probe::living.load() == 1);
    gate.notify_one();
    CHECK((co_await timeout(10s, task)).value() == 1);
    CHECK_FALSE(task);
  });
}

TEST_CASE("TK14: select: a Sleep, a JoinHandle and a receiver given by name go on at the next select") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(4);
    auto message = rx.recv();
    auto sleep = sleep_for(2ms);
    std::atomic<bool> release{false};
    auto handle = spawn([&release]() -> Task<int> {
      while (!release.load()) co_await yield_now();
      co_return 5;
    });
    while ((co_await select(sleep, message, handle, losing(turns(2))).biased()).index() != 0) {
    }
    static_cast<void>(tx.try_send(3));
    auto second = co_await select(message, handle, losing(turns(100))).biased();
    REQUIRE(second.index() == 0);
    CHECK(second.get<0>() == 3);
    release.store(true);
    auto third = co_await select(handle, losing(probe::for_ever()));
    CHECK(third.get<0>().value() == 5);
  });
}

TEST_CASE("TK14: select: more Tasks by name than there are slots") {
  probe::on_every_flavor([]() -> Task<void> {
    Notify gate;
    std::vector<Task<int>> tasks;
    std::vector<int> done(80);
    for (int& each : done) tasks.push_back(steps(gate, 1, each));
    for (auto& each : tasks) static_cast<void>(co_await select(each, losing(turns(0))).biased());
    CHECK(probe::living.load() == 80);
    gate.notify_waiters();
    co_await turns(3);
    int sum = 0;
    for (const int each : done) sum += each;
    CHECK(sum == 0);
    for (auto& each : tasks) CHECK((co_await select(each, losing(turns(1000))).biased()).index() == 0);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK14: select: misuse of a Task by name aborts with a sentence") {
  const auto run = [](auto body) {
    auto runtime = runtime::Builder::current_thread().build();
    runtime.value().block_on(body());
  };
  CHECK(support::aborts_with("a scope with living children; end it with co_await cancel(task)", [&] {
    run([]() -> Task<void> {
      std::atomic<int> ended{0};
      auto task = holds_a_scope(ended);
      static_cast<void>(co_await select(task, losing(turns(3))).biased());
    });
  }));
  CHECK(support::aborts_with("was started by name", [&] {
    run([]() -> Task<void> {
      auto task = probe::never();
      static_cast<void>(co_await select(task, losing(turns(3))).biased());
      spawn(std::move(task)).detach();
    });
  }));
  CHECK(support::aborts_with("waited for twice at once", [&] {
    run([]() -> Task<void> {
      auto task = probe::never();
      static_cast<void>(co_await select(task, task));
    });
  }));
  CHECK(support::aborts_with("given a Task that was awaited", [&] {
    run([]() -> Task<void> {
      auto task = probe::after(0, 1);
      static_cast<void>(co_await select(task));
      static_cast<void>(co_await select(task));
    });
  }));
  CHECK(support::aborts_with("goes on in the task that started it", [&] {
    run([]() -> Task<void> {
      auto task = probe::never();
      static_cast<void>(co_await select(task, losing(turns(3))).biased());
      static_cast<void>(co_await spawn([](Task<int>& elsewhere) -> Task<void> {
        static_cast<void>(co_await select(elsewhere));
      }, std::ref(task)));
    });
  }));
}
