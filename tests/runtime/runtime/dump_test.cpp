#include <rondeau/runtime/dump.h>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/rw_lock.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/join.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "../task/probe.h"
#include "support/captured_stderr.h"
#include "support/sanitized.h"

using namespace rondeau;
using namespace std::chrono_literals;
using runtime::DumpedTask;

namespace {

const DumpedTask* find(const Dump& dump, const std::string& name) {
  const auto at = std::find_if(dump.tasks.begin(), dump.tasks.end(), [&](const auto& task) { return task.name == name; });
  return at == dump.tasks.end() ? nullptr : &*at;
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Task<void> inner_wait(std::shared_ptr<Semaphore> semaphore) { static_cast<void>(co_await semaphore->acquire()); }
Task<void> outer_wait(std::shared_ptr<Semaphore> semaphore) { co_await inner_wait(semaphore); }

/// Dumps until the task of that name is seen at rest.
Task<Dump> dump_when_waiting(std::string name) {
  for (;;) {
    Dump dump = co_await runtime::Handle::current().dump();
    if (const DumpedTask* task = find(dump, name); task != nullptr && task->state == DumpedTask::State::Waiting) co_return dump;
    co_await yield_now();
  }
}

}  // namespace

TEST_CASE("DU1: dump: a task's name, places, and what its innermost frame waits for") {
  probe::on_every_flavor([]() -> Task<void> {
    auto semaphore = std::make_shared<Semaphore>(0);
    const auto line = std::source_location::current().line() + 1;
    auto handle = task::Builder{}.name("waits for a permit").priority(task::Priority::Background).spawn(outer_wait, semaphore);
    const Dump dump = co_await dump_when_waiting("waits for a permit");
    const DumpedTask* task = find(dump, "waits for a permit");
    CHECK(task->id == handle.id());
    CHECK(task->spawned_at.line() == line);
    CHECK(task->priority == task::Priority::Background);
    REQUIRE(task->root.frames.size() == 2);
    CHECK(has(task->root.frames[0].function_name(), "inner_wait"));
    CHECK(has(task->root.frames[1].function_name(), "outer_wait"));
    CHECK(has(std::string(task->root.wait.operation), "Semaphore::"));
    const std::string text = dump.text();
    CHECK(has(text, "\"waits for a permit\": waiting"));
    CHECK(has(text, "background"));
    CHECK(has(text, "in inner_wait at dump_test.cpp:"));
    const std::string json = dump.json();
    CHECK(has(json, "\"name\":\"waits for a permit\""));
    CHECK(has(json, "\"function\":\"outer_wait\""));
    semaphore->add_permits(1);
    CHECK(co_await handle);
  });
}

TEST_CASE("DU1: dump: branches, timers, descriptors, children of scopes below their parent") {
  probe::on_every_flavor([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    Notify never;
    auto handle = task::Builder{}.name("many waits").spawn([&]() -> Task<void> {
      static_cast<void>(co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<void>> {
        scope.spawn([&]() -> Task<void> { co_await never.notified(); }).detach();
        static_cast<void>(co_await select(listener.accept(), sleep_for(1h),
                                          losing(timeout(2h, [](Notify* notify) -> Task<void> { co_await notify->notified(); }(&never)))));
        co_return {};
      }));
    });
    const Dump dump = co_await dump_when_waiting("many waits");
    const DumpedTask* task = find(dump, "many waits");
    const std::string text = dump.text();
    CAPTURE(text);
    CHECK(has(text, "awaits select"));
    CHECK(has(text, "readable)"));
    CHECK(has(text, "sleep (due in"));
    CHECK(has(text, "timeout (due in"));
    CHECK(has(text, "Notify::"));
    std::vector<TaskId> children;
    const auto collect = [&](auto& self, const runtime::DumpedStrand& strand) -> void {
      children.insert(children.end(), strand.children.begin(), strand.children.end());
      for (const auto& branch : strand.branches) self(self, branch);
    };
    collect(collect, task->root);
    CHECK(children.size() == 1);
    handle.abort();
    static_cast<void>(co_await handle);
  });
}

TEST_CASE("DU1: dump: a deadlock of two tasks is named, from a plain thread as well") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  auto first = std::make_shared<Mutex<int>>(0);
  auto second = std::make_shared<Mutex<int>>(0);
  auto both_hold = std::make_shared<std::atomic<int>>(0);
  const auto lock_both = [=](std::shared_ptr<Mutex<int>> one, std::shared_ptr<Mutex<int>> other) -> Task<void> {
    auto guard = co_await one->lock();
    ++*both_hold;
    while (*both_hold != 2) co_await yield_now();
    auto rest = co_await other->lock();
  };
  auto a = runtime.spawn(lock_both, first, second);
  auto b = runtime.spawn(lock_both, second, first);
  for (;;) {
    const Dump dump = runtime.handle().dump_now();
    if (has(dump.wait_for_graph(), "DEADLOCK:")) {
      CHECK(has(dump.text(), "DEADLOCK:"));
      CHECK(has(dump.wait_for_graph(), "waits for Mutex::lock"));
      break;
    }
    std::this_thread::yield();
  }
  a.abort();
  b.abort();
}

TEST_CASE("DU1: dump: who waits for an RwLock or a TaskTracker is told by name, and for whom") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    auto lock = std::make_shared<RwLock<int>>(0);
    const auto writes = [lock]() -> Task<void> { auto guard = co_await lock->write(); };
    const TaskTracker tracker;
    const auto counted = tracker.token();
    const auto waits = [tracker]() -> Task<void> { co_await tracker.wait(); };

    auto holder = spawn([lock]() -> Task<void> {
      auto guard = co_await lock->write();
      co_await sleep_for(1h);
    });
    co_await yield_now();
    auto reader = spawn([lock]() -> Task<void> { auto guard = co_await lock->read(); });
    auto writer = spawn(writes);
    auto waiting = spawn(waits);
    const std::string held = "(task " + std::to_string(static_cast<std::uint64_t>(holder.id())) + ") at";
    co_await yield_now();
    std::string said = (co_await runtime::Handle::current().dump()).text();
    CAPTURE(said);
    CHECK(has(said, "RwLock::read " + held));
    CHECK(has(said, "RwLock::write " + held));
    CHECK(has(said, "TaskTracker::wait, but nobody has closed it at"));
    tracker.close();
    holder.abort();
    static_cast<void>(co_await holder);
    static_cast<void>(co_await reader);
    static_cast<void>(co_await writer);

    auto guard = co_await lock->read();  // of readers nobody keeps the names
    auto late = spawn(writes);
    co_await yield_now();
    said = (co_await runtime::Handle::current().dump()).text();
    CHECK(has(said, "RwLock::write at"));
    CHECK(has(said, "TaskTracker::wait at"));
    late.abort();
    waiting.abort();
  });
}

TEST_CASE("DU1: dump: what runs is told by its worker, and a stuck worker hinders nobody") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).watchdog(Duration::zero()).build().value();
  std::atomic<bool> go_on{false};
  std::atomic<bool> begun{false};
  auto handle = task::Builder{}.name("spins").on(runtime.handle()).spawn([&]() -> Task<void> {
    begun = true;
    while (!go_on) std::this_thread::yield();
    co_return;
  });
  while (!begun) std::this_thread::yield();
  Dump dump = runtime.handle().dump_now();
  // A thread that is off its core for long gives no answer in time.
  for (int i = 0; i < 50 && find(dump, "spins") != nullptr && find(dump, "spins")->stack.empty(); ++i) {
    dump = runtime.handle().dump_now();
  }
  const DumpedTask* task = find(dump, "spins");
  REQUIRE(task != nullptr);
  CHECK(task->state == DumpedTask::State::Running);
  CHECK(task->worker == 0);
  CHECK(has(runtime::dump_all(), "\"spins\": running on worker 0"));
  if (!support::kSanitized) {  // which puts signals off
    CHECK(std::string_view(task->spawned_at.file_name()).ends_with("dump_test.cpp"));
    CHECK_FALSE(task->stack.empty());
    CHECK(has(dump.json(), "\"stack\":[\""));
  }
  CHECK(has(runtime::dump_all(), ", 1 worker\n"));
  go_on = true;
  runtime.block_on([&]() -> Task<void> { static_cast<void>(co_await handle); });
}

TEST_CASE("DU1: dump: on a signal, to standard error") {
  Notify never;
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  auto handle = task::Builder{}.name("seen by a signal").on(runtime.handle()).spawn([&]() -> Task<void> { co_await never.notified(); });
  REQUIRE(runtime::dump_on_signal(SIGUSR2));
  CHECK_FALSE(runtime::dump_on_signal(SIGKILL));
  {
    const support::CapturedStderr captured;
    ::raise(SIGUSR2);
    while (!has(captured.text(), "\"seen by a signal\"")) std::this_thread::yield();
  }
  handle.abort();
}

TEST_CASE("DU1: dump: under load, every task once, and no run of a task is lost") {
  for (const std::size_t workers : {1U, 4U}) {
    CAPTURE(workers);
    auto runtime = runtime::Builder::multi_thread().worker_threads(workers).build().value();
    constexpr int kTasks = 2000;
    std::atomic<long> turns{0};
    std::atomic<bool> stop{false};
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < kTasks; ++i) {
      handles.push_back(runtime.spawn([&]() -> Task<void> {
        while (!stop) {
          turns.fetch_add(1, std::memory_order_relaxed);
          static_cast<void>(co_await select(losing(probe::count_to(1)), losing(probe::count_to(3))));
          co_await sleep_for(1ms);
        }
      }));
    }
    for (int round = 0; round < 20; ++round) {
      const Dump dump = runtime.handle().dump_now();
      CHECK(dump.tasks.size() == kTasks);
    }
    stop = true;
    runtime.block_on([&]() -> Task<void> {
      for (auto& handle : handles) CHECK(co_await handle);
    });
  }
}
