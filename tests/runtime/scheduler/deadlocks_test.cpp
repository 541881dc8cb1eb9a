#include "scheduler/deadlocks.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "scheduler/multi_thread.h"
#include "scheduler/wait_cycles.h"
#include "support/captured_stderr.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using Clock = scheduler::Deadlocks::Clock;

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// Two tasks that each hold one lock and want the other's.
class Embrace {
 public:
  explicit Embrace(const runtime::Handle& handle)
      : first_(task::Builder{}.name("first").on(handle).spawn(lock_both, a_, b_, holding_)),
        second_(task::Builder{}.name("second").on(handle).spawn(lock_both, b_, a_, holding_)) {}
  void end() {
    for (auto* task : {&first_, &second_}) task->abort();
    while (!first_.is_finished() || !second_.is_finished()) std::this_thread::yield();
  }
  std::string first() const { return "task " + std::to_string(static_cast<std::uint64_t>(first_.id())); }
  std::string second() const { return "task " + std::to_string(static_cast<std::uint64_t>(second_.id())); }

 private:
  static Task<void> lock_both(std::shared_ptr<Mutex<int>> mine, std::shared_ptr<Mutex<int>> other,
                              std::shared_ptr<std::atomic<int>> holding) {
    const auto guard = co_await mine->lock();
    ++*holding;
    while (*holding != 2) co_await yield_now();
    const auto rest = co_await other->lock();
  }

  std::shared_ptr<std::atomic<int>> holding_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<Mutex<int>> a_ = std::make_shared<Mutex<int>>(0);
  std::shared_ptr<Mutex<int>> b_ = std::make_shared<Mutex<int>>(0);
  JoinHandle<void> first_;
  JoinHandle<void> second_;
};

/// A runtime that is looked at by hand, at made-up times.
class Looked {
 public:
  explicit Looked(Duration limit = 10s) : core_(make()), deadlocks_(*core_, limit) {}
  Looked(const Looked&) = delete;
  Looked& operator=(const Looked&) = delete;
  ~Looked() {
    core_->begin_shutdown();
    core_->finish_shutdown(std::nullopt);
  }
  runtime::Handle handle() const { return runtime::Handle(core_); }
  /// Until `tasks` wait and no other lives.
  void wait_until_still(std::size_t tasks) const {
    for (;;) {
      std::size_t waiting = 0;
      for (const auto& task : handle().dump_now().tasks) waiting += task.state == runtime::DumpedTask::State::Waiting;
      if (waiting == tasks && core_->live_tasks() == tasks) return;
      std::this_thread::yield();
    }
  }
  void move() const {
    handle().spawn([]() -> Task<void> { co_return; }).detach();
  }
  std::vector<std::string> look_after(Duration time) {
    now_ += time;
    std::uint64_t runs = 0;
    for (std::size_t i = 0; i < core_->workers(); ++i) runs += core_->look_at(i).counters.polls.get();
    return deadlocks_.look(runs, now_);
  }
  bool waits_for_a_look() const { return deadlocks_.due().has_value(); }

 private:
  static std::shared_ptr<scheduler::MultiThread> make() {
    scheduler::Config config;
    config.workers = 2;
    config.report_deadlock_after = 0s;
    config.driver = &base::kernel_driver();
    return scheduler::MultiThread::make(config).value();
  }
  std::shared_ptr<scheduler::MultiThread> core_;
  scheduler::Deadlocks deadlocks_;
  Clock::time_point now_{1h};
};

TEST_CASE("scheduler: circles of waiting tasks are found once each, chains that lead into them are none") {
  const auto cycles = [](const std::map<int, int>& waits) {
    std::map<TaskId, TaskId> ids;
    for (const auto& [task, other] : waits) ids[TaskId{static_cast<std::uint64_t>(task)}] = TaskId{static_cast<std::uint64_t>(other)};
    std::vector<std::vector<int>> found;
    for (const auto& cycle : scheduler::wait_cycles(ids)) {
      found.emplace_back();
      for (const TaskId task : cycle) found.back().push_back(static_cast<int>(task));
    }
    return found;
  };
  using Found = std::vector<std::vector<int>>;
  CHECK(cycles({}) == Found{});
  CHECK(cycles({{1, 2}, {2, 3}}) == Found{});
  CHECK(cycles({{1, 1}}) == Found{{1}});
  CHECK(cycles({{1, 2}, {2, 1}}) == Found{{1, 2}});
  CHECK(cycles({{1, 7}, {5, 3}, {7, 5}, {3, 7}}) == Found{{3, 7, 5}});
  CHECK(cycles({{1, 4}, {2, 3}, {3, 2}, {4, 2}, {5, 6}, {6, 5}}) == Found{{2, 3}, {5, 6}});
}

TEST_CASE("ME3: a deadlock is told once nothing has run for the limit, and not again while it lasts") {
  Looked looked;
  Embrace embrace(looked.handle());
  looked.wait_until_still(2);
  CHECK(looked.look_after(0s).empty());
  CHECK(looked.look_after(9'999ms).empty());
  CHECK(looked.waits_for_a_look());
  const std::vector<std::string> lines = looked.look_after(1ms);
  REQUIRE(lines.size() == 1);
  CAPTURE(lines.front());
  CHECK(lines.front().starts_with("rondeau: deadlock, and nothing has run for 10000 ms: "));
  CHECK(count(lines.front(), embrace.first() + " \"first\" (spawned at ") == 1);
  CHECK(count(lines.front(), "deadlocks_test.cpp:") == 2);
  CHECK(count(lines.front(), ", held by " + embrace.first()) == 1);
  CHECK(count(lines.front(), ", held by " + embrace.second()) == 1);
  CHECK(lines.front().find('\n') == std::string::npos);

  CHECK_FALSE(looked.waits_for_a_look());  // nothing can have changed
  CHECK(looked.look_after(1h).empty());
  looked.move();
  looked.wait_until_still(2);
  CHECK(looked.look_after(0s).empty());
  CHECK(looked.look_after(10s).empty());
  embrace.end();
}

TEST_CASE("ME3: a runtime in which something runs now and then is not called dead") {
  Looked looked;
  Embrace embrace(looked.handle());
  for (int i = 0; i < 5; ++i) {
    looked.wait_until_still(2);
    CHECK(looked.look_after(9s).empty());
    looked.move();
  }
  embrace.end();
}

TEST_CASE("ME3: tasks that wait for each other's lock and end are a circle, and so is one that waits for its own lock") {
  Looked looked;
  auto mutex = std::make_shared<Mutex<int>>(0);
  auto parent = looked.handle().spawn([mutex]() -> Task<void> {
    const auto guard = co_await mutex->lock();
    static_cast<void>(co_await spawn([mutex]() -> Task<void> { const auto mine = co_await mutex->lock(); }));
  });
  auto alone = looked.handle().spawn([]() -> Task<void> {
    Mutex<int> own(0);
    const auto guard = co_await own.lock();
    const auto again = co_await own.lock();
  });
  looked.wait_until_still(3);
  looked.look_after(0s);
  const std::vector<std::string> lines = looked.look_after(10s);
  REQUIRE(lines.size() == 2);
  CHECK(count(lines[0] + lines[1], " waits for JoinHandle") == 1);
  CHECK(count(lines[0] + lines[1], ", held by task ") == 2);
  parent.abort();
  alone.abort();
}

TEST_CASE("ME3: an idle server, timers and locks held over them, and waits that a timeout ends are no deadlock") {
  Looked looked;
  const runtime::Handle handle = looked.handle();
  handle.spawn([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0");
    auto stream = co_await listener->accept();
  }).detach();
  auto mutex = std::make_shared<Mutex<int>>(0);
  handle.spawn([mutex]() -> Task<void> {
    const auto guard = co_await mutex->lock();
    co_await sleep_for(1h);
  }).detach();
  while (mutex->try_lock()) std::this_thread::yield();
  handle.spawn([mutex]() -> Task<void> { const auto guard = co_await mutex->lock(); }).detach();
  handle.spawn([]() -> Task<void> {
    Mutex<int> own(0);
    const auto guard = co_await own.lock();
    static_cast<void>(co_await timeout(1h, own.lock()));
  }).detach();
  looked.wait_until_still(4);
  CHECK(looked.look_after(0s).empty());
  CHECK(looked.waits_for_a_look());
  CHECK(looked.look_after(1h).empty());
  CHECK_FALSE(looked.waits_for_a_look());
}

TEST_CASE("ME3: with a limit of zero nobody looks") {
  Looked looked(0s);
  Embrace embrace(looked.handle());
  looked.wait_until_still(2);
  CHECK(looked.look_after(0s).empty());
  CHECK_FALSE(looked.waits_for_a_look());
  CHECK(looked.look_after(1h).empty());
  embrace.end();
}

TEST_CASE("ME3: the watchdog writes each deadlock to standard error once, also out of a doze and without other duties") {
  const support::CapturedStderr captured;
  const auto told = [&] { return count(captured.text(), "rondeau: deadlock"); };
  for (const auto& [workers, limit] : {std::pair(2, 20ms), std::pair(2, 250ms), std::pair(1, 20ms)}) {
    CAPTURE(workers);
    CAPTURE(limit.count());
    const std::size_t before = told();
    auto runtime =
        runtime::Builder::multi_thread().worker_threads(static_cast<std::size_t>(workers)).watchdog(0s).report_deadlock_after(limit).build().value();
    Embrace one(runtime.handle());
    while (told() == before) std::this_thread::yield();
    Embrace other(runtime.handle());
    while (told() == before + 1) std::this_thread::yield();
    // The look that found the second had the first before it as well.
    CHECK(runtime.handle().metrics().watchdog_deadlock_count() == 2);
    CHECK(told() == before + 2);
    one.end();
    other.end();
  }
}

}  // namespace
