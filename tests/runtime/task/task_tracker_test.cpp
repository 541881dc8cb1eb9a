#include <rondeau/task/task_tracker.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>

#include "probe.h"

using namespace rondeau;

namespace {

Task<void> settle() {
  for (int i = 0; i < 8; ++i) co_await yield_now();
}

}  // namespace

TEST_CASE("CA5: task tracker: wait returns when it is closed and empty, whichever comes last") {
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    for (const bool closed_first : {true, false}) {
      const TaskTracker tracker;
      auto waiter = spawn([tracker]() -> Task<void> { co_await tracker.wait(); });
      co_await settle();
      CHECK_FALSE(waiter.is_finished());  // empty, and open
      std::optional<TaskTrackerToken> token = tracker.token();
      if (closed_first) {
        CHECK(tracker.close());
      } else {
        token.reset();
      }
      co_await settle();
      CHECK_FALSE(waiter.is_finished());
      CHECK(tracker.is_closed() == closed_first);
      if (closed_first) {
        token.reset();
      } else {
        CHECK(tracker.close());
      }
      (co_await waiter).value();
      co_await tracker.wait();
      CHECK_FALSE(tracker.close());
    }
  });
}

TEST_CASE("CA5: task tracker: every kind of tracked task counts until it has ended") {
  probe::on_every_flavor([]() -> Task<void> {
    const TaskTracker tracker;
    std::atomic<int> done{0};
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 30; ++i) {
      handles.push_back(tracker.spawn(
          [&done, i](int value) -> Task<int> {
            co_await probe::count_to(i);
            ++done;
            co_return value;
          },
          i));
    }
    handles.push_back(tracker.spawn(probe::count_to(5)));
    handles.push_back(spawn(tracker.track(probe::count_to(5))));
    handles.push_back(tracker.spawn_blocking([](int value) { return value; }, 7));
    handles.push_back(tracker.spawn_on(runtime::Handle::current(), [] { return probe::count_to(3); }));
    tracker.close();
    co_await tracker.wait();
    CHECK(done == 30);
    CHECK(tracker.empty());
    for (int i = 0; i < 30; ++i) CHECK((co_await handles[static_cast<std::size_t>(i)]).value() == i);
  });
}

TEST_CASE("CA5: task tracker: a task counts until its frames are destroyed, also where it is aborted") {
  probe::on_every_flavor([]() -> Task<void> {
    const TaskTracker tracker;
    std::vector<AbortHandle> aborts;
    for (int i = 0; i < 20; ++i) {
      auto handle = i % 2 == 0 ? tracker.spawn(probe::for_ever) : tracker.spawn(probe::for_ever());
      aborts.push_back(handle.abort_handle());
      handle.detach();
    }
    CHECK(tracker.len() == 20);
    tracker.close();
    for (const AbortHandle& abort : aborts) abort.abort();
    co_await tracker.wait();
    CHECK(probe::living == 0);
  });
}

TEST_CASE("CA5: task tracker: a tracked task that never runs counts until it is destroyed") {
  const TaskTracker tracker;
  {
    Task<int> task = tracker.track(probe::count_to(1));
    CHECK(tracker.len() == 1);
    discard(std::move(task));
  }
  CHECK(tracker.empty());
}

TEST_CASE("CA5: task tracker: it keeps no results") {
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const TaskTracker tracker;
    for (int i = 0; i < 100; ++i) tracker.spawn([]() -> Task<probe::Alive> { co_return probe::Alive(); }).detach();
    tracker.close();
    co_await tracker.wait();
    CHECK(probe::living == 0);
  });
}

TEST_CASE("CA5: task tracker: it can be reopened; a wait that was told ends all the same") {
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const TaskTracker tracker;
    auto waiter = spawn([tracker]() -> Task<void> { co_await tracker.wait(); });
    co_await settle();
    CHECK(tracker.close());
    CHECK(tracker.reopen());
    CHECK_FALSE(tracker.reopen());
    const TaskTrackerToken late = tracker.token();
    (co_await waiter).value();
    CHECK((co_await select(tracker.wait(), yield_now()).biased()).index() == 1);
  });
}

TEST_CASE("CA5: task tracker: a cancelled wait, waiting or told, is no loss to another") {
  const auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    for (const bool told : {false, true}) {
      const TaskTracker tracker;
      const auto waiting = [tracker]() -> Task<void> { co_await tracker.wait(); };
      auto first = spawn(waiting);
      auto second = spawn(waiting);
      co_await settle();
      if (told) tracker.close();
      first.abort();
      CHECK((co_await first).error().is_cancelled());
      tracker.close();
      (co_await second).value();
    }
  });
}

TEST_CASE("CA5: task tracker: copies are the same tracker") {
  const TaskTracker tracker;
  const TaskTracker copy = tracker;
  CHECK(copy == tracker);
  CHECK_FALSE(copy == TaskTracker());
  const TaskTrackerToken token = copy.token();
  const TaskTrackerToken second = token;
  CHECK(tracker.len() == 2);
}
