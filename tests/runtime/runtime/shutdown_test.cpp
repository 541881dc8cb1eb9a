// Closing a runtime while thousands of tasks wait for everything there is to wait for.
#include <doctest/doctest.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/fs/files.h>
#include <rondeau/io/async_fd.h>
#include <rondeau/io/duplex.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/process/command.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/barrier.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/once_cell.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/rw_lock.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/sync/set_once.h>
#include <rondeau/sync/watch.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/suspend.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "support/open_descriptors.h"
#include "support/sanitized.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr Duration kLong = 1h;
constexpr Duration kEnough = 20s;  // for what must end by itself

std::atomic<int> born{0};
std::atomic<int> died{0};

/// Ends exactly once, or the process does.
class Mortal {
 public:
  Mortal() noexcept { ++born; }
  Mortal(const Mortal&) noexcept { ++born; }
  Mortal& operator=(const Mortal&) = default;
  ~Mortal() {
    if (std::exchange(dead_, true)) base::fail("destroyed twice");
    ++died;
  }

 private:
  bool dead_ = false;
};

/// What all wait for; nobody ever gives it.
struct World {
  World() : mpsc(sync::mpsc<int>(1)), empty(sync::mpsc<int>(1)) {
    static_cast<void>(mpsc.first.try_send(1));
  }

  std::pair<sync::Sender<int>, sync::Receiver<int>> mpsc;   // full
  std::pair<sync::Sender<int>, sync::Receiver<int>> empty;  // nothing is sent
  sync::BroadcastSender<int> broadcast{4};
  sync::WatchSender<int> watch{0};
  sync::Mutex<int> mutex;
  sync::RwLock<int> rw_lock;
  sync::Semaphore semaphore{3};
  sync::Notify notify;
  sync::Barrier barrier{1'000'000};
  sync::OnceCell<int> once;
  sync::SetOnce<int> set_once;
  CancellationToken token;
  TaskTracker tracker;
  std::atomic<std::size_t> waiting{0};  // tasks that are about to wait for the last time
};
using Shared = std::shared_ptr<World>;

Task<void> for_ever() {
  const Mortal mortal;
  co_await sleep_for(kLong);
}

/// One way to wait; the task owns a Mortal beside what the coroutine itself has.
struct Kind {
  const char* name;
  Task<void> (*wait)(Shared);
  std::size_t most = 1000;  // tasks of it: descriptors, programs and threads are dear
};

const Kind kKinds[] = {
    // sync
    {"oneshot", [](Shared) -> Task<void> { auto [tx, rx] = sync::oneshot<Mortal>(); static_cast<void>(co_await rx); }},
    {"oneshot closed", [](Shared) -> Task<void> { auto [tx, rx] = sync::oneshot<Mortal>(); co_await tx.closed(); }},
    {"send", [](Shared w) -> Task<void> { static_cast<void>(co_await w->mpsc.first.send(2)); }},
    {"reserve", [](Shared w) -> Task<void> { static_cast<void>(co_await w->mpsc.first.reserve()); }},
    {"mpsc closed", [](Shared w) -> Task<void> { auto tx = w->empty.first; co_await tx.closed(); }},
    {"recv", [](Shared) -> Task<void> { auto [tx, rx] = sync::mpsc<Mortal>(1); static_cast<void>(co_await rx.recv()); }},
    {"broadcast", [](Shared w) -> Task<void> { auto rx = w->broadcast.subscribe(); static_cast<void>(co_await rx.recv()); }},
    {"watch", [](Shared w) -> Task<void> { auto rx = w->watch.subscribe(); static_cast<void>(co_await rx.changed()); }},
    {"mutex", [](Shared w) -> Task<void> { auto guard = co_await w->mutex.lock(); co_await for_ever(); }},
    {"read", [](Shared w) -> Task<void> { auto guard = co_await w->rw_lock.read(); co_await for_ever(); }},
    {"write", [](Shared w) -> Task<void> { auto guard = co_await w->rw_lock.write(); co_await for_ever(); }},
    {"acquire", [](Shared w) -> Task<void> { auto permit = co_await w->semaphore.acquire_many(2); co_await for_ever(); }},
    {"notified", [](Shared w) -> Task<void> { co_await w->notify.notified(); }},
    {"barrier", [](Shared w) -> Task<void> { static_cast<void>(co_await w->barrier.wait()); }},
    {"once", [](Shared w) -> Task<void> { static_cast<void>(co_await w->once.get_or_init([]() -> Task<int> { co_await for_ever(); co_return 1; })); }},
    {"set once", [](Shared w) -> Task<void> { static_cast<void>(co_await w->set_once.wait()); }},
    {"token", [](Shared w) -> Task<void> { auto child = w->token.child_token(); co_await child.cancelled(); }},
    // time
    {"sleep", [](Shared) -> Task<void> { co_await sleep_for(kLong); }},
    {"interval", [](Shared) -> Task<void> { auto every = interval(kLong); for (;;) static_cast<void>(co_await every.tick()); }},
    {"timeout", [](Shared) -> Task<void> { static_cast<void>(co_await timeout(kLong, timeout(2 * kLong, for_ever()))); }},
    // task
    {"yield", [](Shared) -> Task<void> { for (;;) co_await yield_now(); }, 10},
    {"select", [](Shared w) -> Task<void> { static_cast<void>(co_await select(losing(for_ever()), losing(for_ever()), w->notify.notified())); }},
    {"join", [](Shared) -> Task<void> { static_cast<void>(co_await join(for_ever(), sleep_for(kLong), for_ever())); }},
    {"handle", [](Shared) -> Task<void> { static_cast<void>(co_await spawn(for_ever())); }},
    {"join set", [](Shared) -> Task<void> {
       JoinSet<void> set;
       for (int i = 0; i < 3; ++i) set.spawn(for_ever());
       static_cast<void>(co_await set.join_next());
     }},
    {"tracker", [](Shared w) -> Task<void> { w->tracker.spawn(for_ever()).detach(); co_await w->tracker.wait(); }},
    {"scope", [](Shared) -> Task<void> {
       Mortal borrowed;
       co_await TaskScope::run([&borrowed](TaskScope& scope) -> Task<void> {
         for (int i = 0; i < 3; ++i) {
           scope.spawn([&borrowed]() -> Task<void> {
             const Mortal copy = borrowed;
             co_await TaskScope::run([](TaskScope& inner) -> Task<void> { inner.spawn(for_ever()).detach(); co_await for_ever(); });
           }).detach();
         }
         co_await scope.join();
       });
     }},
    {"suspend", [](Shared) -> Task<void> { co_await suspend([mortal = Mortal()](Waker) {}); }},
    // io, net
    {"duplex read", [](Shared) -> Task<void> { auto [a, b] = io::duplex(16); std::byte x[1]; static_cast<void>(co_await a.read_some(x)); }},
    {"duplex write", [](Shared) -> Task<void> { auto [a, b] = io::duplex(4); static_cast<void>(co_await a.write_all("more than four")); }},
    {"accept", [](Shared) -> Task<void> { auto at = net::TcpListener::bind("127.0.0.1:0").value(); static_cast<void>(co_await at.accept()); }, 20},
    {"socket read", [](Shared) -> Task<void> { auto [a, b] = net::UnixStream::pair().value(); std::byte x[1]; static_cast<void>(co_await a.read_some(x)); }, 100},
    {"socket write", [](Shared) -> Task<void> {
       auto [a, b] = net::UnixStream::pair().value();
       const std::string much(1 << 20, 'x');
       static_cast<void>(co_await a.write_all(much));
     }, 10},
    {"peer closed", [](Shared) -> Task<void> { auto [a, b] = net::UnixStream::pair().value(); co_await a.peer_closed(); }, 20},
    {"async fd", [](Shared) -> Task<void> {
       int ends[2];
       if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) base::fail("no pipe");
       base::UniqueFd writing(ends[1]);
       auto fd = io::AsyncFd<base::UniqueFd>::make(base::UniqueFd(ends[0])).value();
       static_cast<void>(co_await fd.readable());
     }, 20},
    // process, signal, fs, blocking calls
    {"child", [](Shared) -> Task<void> {
       process::Command command("sleep");
       command.arg("1000").kill_on_drop(true);
       auto child = command.spawn().value();
       static_cast<void>(co_await child.wait());
     }, 2},
    {"signal", [](Shared) -> Task<void> { auto hangup = signal::signal(signal::SignalKind::user_defined1()).value(); static_cast<void>(co_await hangup.recv()); }, 10},
    {"fs", [](Shared) -> Task<void> { for (;;) static_cast<void>(co_await fs::read_to_string("/proc/self/stat", 1 << 16)); }, 20},
    {"blocking", [](Shared) -> Task<void> { for (;;) static_cast<void>(co_await blocking([mortal = Mortal()] { std::this_thread::sleep_for(1ms); })); }, 20},
    {"blocking in a scope", [](Shared) -> Task<void> {
       co_await TaskScope::run([](TaskScope& scope) -> Task<void> {
         for (int i = 0; i < 5; ++i) scope.spawn_blocking([mortal = Mortal()] { std::this_thread::sleep_for(1ms); }).detach();
         co_await for_ever();
       });
     }, 20},
};

/// How many of each kind; fewer under the sanitizers, more in long rounds.
std::size_t many() { return support::kSanitized ? 10 : 60; }

std::size_t spawn_all(const runtime::Handle& handle, const Shared& world, std::size_t each) {
  std::size_t count = 0;
  for (const Kind& kind : kKinds) {
    for (std::size_t i = 0; i < std::min(each, kind.most); ++i) {
      handle.spawn([kind, mortal = Mortal()](Shared given) -> Task<void> {
              const Mortal inside;
              ++given->waiting;
              co_await kind.wait(given);
            }, world).detach();
      ++count;
    }
  }
  return count;
}

/// All have begun to wait, whatever came in between.
void settle(const runtime::Runtime& runtime, const World& world, std::size_t count) {
  runtime.block_on([&world, count]() -> Task<void> {
    while (world.waiting < count) co_await yield_now();
    for (int i = 0; i < 5; ++i) co_await yield_now();
  });
}

struct Flavor {
  const char* name;
  runtime::Builder builder;
};
std::vector<Flavor> flavors() {
  using runtime::Builder;
  return {{"current_thread", Builder::current_thread()},
          {"1 worker", Builder::multi_thread().worker_threads(1)},
          {"2 workers", Builder::multi_thread().worker_threads(2)},
          {"4 workers", Builder::multi_thread().worker_threads(4)}};
}

/// On each flavour; afterwards everything that was born has died, once, and nothing is open that was not before.
void on_each(const std::function<void(runtime::Runtime, const Shared&)>& body) {
  for (Flavor& flavor : flavors()) {
    INFO(flavor.name);
    // The first use of signals and programs leaves a descriptor of the process's own.
    const auto descriptors = support::open_descriptors();
    {
      const auto world = std::make_shared<World>();
      body(flavor.builder.max_blocking_threads(4).build().value(), world);
    }
    const auto closed = [&] { return born == died && detail::live_frames() == 0 && support::open_descriptors() <= descriptors + 4; };
    for (const Instant end = Instant::now() + kEnough; !closed() && Instant::now() < end;) std::this_thread::yield();
    CHECK(born == died);
    CHECK(detail::live_frames() == 0);
    CHECK(support::open_descriptors() <= descriptors + 4);
  }
}

/// Runs the body in a process of its own, for what it leaks; its value is the exit code.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  DIR* open = ::opendir(folder);
  while (::readdir(open) != nullptr) ++count;
  ::closedir(open);
  return count;
}

long resident_pages() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return resident;
}

}  // namespace

TEST_CASE("RT13: shutdown: destroying a runtime ends tasks that wait for anything, each once") {
  on_each([](runtime::Runtime runtime, const Shared& world) {
    const std::size_t count = spawn_all(runtime.handle(), world, many());
    settle(runtime, *world, count);
  });
}

TEST_CASE("RT13: shutdown: at a random moment, while other threads go on spawning") {
  on_each([](runtime::Runtime runtime, const Shared& world) {
    std::atomic<bool> stop = false;
    std::atomic<int> spawned = 0;
    std::vector<std::thread> spawners;
    for (int i = 0; i < 2; ++i) {
      spawners.emplace_back([&, handle = runtime.handle()] {
        while (!stop) {
          handle.spawn(for_ever()).detach();
          handle.spawn([mortal = Mortal()]() -> Task<void> {
                  spawn(for_ever()).detach();
                  spawn_blocking([inner = Mortal()] {}).detach();
                  co_await for_ever();
                }).detach();
          ++spawned;
        }
      });
    }
    spawn_all(runtime.handle(), world, 5);
    while (spawned < 50) std::this_thread::yield();
    const auto report = std::move(runtime).shutdown_timeout(kEnough);
    CHECK(report.message() == "");
    // They still spawn, into what is closed.
    const int after = spawned;
    while (spawned < after + 50) std::this_thread::yield();
    stop = true;
    for (auto& each : spawners) each.join();
  });
}

TEST_CASE("RT13: shutdown: with a limit of nothing all that can end has ended, without workers that are stuck" *
          doctest::skip(support::kThreadSanitized)) {
  for (Flavor& flavor : flavors()) {
    INFO(flavor.name);
    const int code = in_child([&flavor] {
      auto world = std::make_shared<World>();
      auto runtime = flavor.builder.build().value();
      const std::size_t count = spawn_all(runtime.handle(), world, 3);
      settle(runtime, *world, count);
      static_cast<void>(std::move(runtime).shutdown_timeout(0s));
      for (const Instant end = Instant::now() + kEnough; born != died; std::this_thread::yield()) {
        if (Instant::now() > end) return 1;
      }
      return 0;
    });
    CHECK(code == 0);
  }
}

TEST_CASE("RT13: shutdown: in the background all ends as well, in its own time") {
  on_each([](runtime::Runtime runtime, const Shared& world) {
    const std::size_t count = spawn_all(runtime.handle(), world, many() / 4);
    settle(runtime, *world, count);
    std::move(runtime).shutdown_background();
  });
}

TEST_CASE("RT13: shutdown: a running call and who waits for it in a scope are left and told, all else has ended" *
          doctest::skip(support::kThreadSanitized)) {
  for (Flavor& flavor : flavors()) {
    INFO(flavor.name);
    const int code = in_child([&flavor] {
      auto world = std::make_shared<World>();
      auto runtime = flavor.builder.max_blocking_threads(1).build().value();
      std::atomic<bool> runs = false;
      std::atomic<bool> go_on = false;
      std::uint64_t holder = 0;
      // The second call waits for the only thread: a scope that has nothing else is not kept by it.
      for (int i = 0; i < 2; ++i) {
        auto handle = runtime.spawn([&runs, &go_on]() -> Task<void> {
          co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
            scope.spawn_blocking([&] {
                   runs = true;
                   while (!go_on) std::this_thread::yield();
                 }).detach();
            co_await for_ever();
          });
        });
        if (i == 0) holder = static_cast<std::uint64_t>(handle.id());
        runtime.block_on([&runs]() -> Task<void> {
          while (!runs) co_await yield_now();
          for (int turns = 0; turns < 10; ++turns) co_await yield_now();
        });
      }
      for (int i = 0; i < 100; ++i) {
        runtime.spawn(for_ever()).detach();
      }
      runtime.block_on([]() -> Task<void> { co_await yield_now(); });
      const auto report = std::move(runtime).shutdown_timeout(100ms);
      if (report.tasks.size() != 1 || report.blocking_calls.size() != 1 || report.left_behind() != 2) return 1;
      if (report.tasks[0].id != holder || report.tasks[0].worker) return 2;
      if (!report.blocking_calls[0].running || report.blocking_calls[0].pool != "blocking") return 3;
      const std::string expected = "1 task (" + std::to_string(holder) + ") and 1 blocking call (" +
                                   std::to_string(report.blocking_calls[0].id) + " in pool blocking)";
      if (report.message() != expected) return 4;
      if (born - died > 1) return 5;  // only what the held one has
      go_on = true;
      return 0;
    });
    CHECK(code == 0);
  }
}

TEST_CASE("RT13: shutdown: a worker that does not come back keeps its task, and nothing else that waits in its care" *
          doctest::skip(support::kThreadSanitized)) {
  for (const std::size_t workers : {1U, 2U, 4U}) {
    CAPTURE(workers);
    const int code = in_child([workers] {
      std::atomic<std::size_t> stuck = 0;
      std::atomic<bool> go_on = false;
      std::atomic<int> queued = 0;
      auto runtime = runtime::Builder::multi_thread().worker_threads(workers).watchdog(0s).build().value();
      auto last = std::make_shared<World>();
      const std::size_t count = spawn_all(runtime.handle(), last, 3);
      settle(runtime, *last, count);
      std::vector<std::uint64_t> ids(workers);
      for (std::size_t i = 0; i < workers; ++i) {
        runtime.spawn([&, i]() -> Task<void> {
                 ids[i] = static_cast<std::uint64_t>(AbortHandle::current().id());
                 // In its own queue and in the slot for the next one: nobody looks there any more.
                 for (int n = 0; n < 20; ++n) {
                   ++queued;
                   spawn([mortal = Mortal()]() -> Task<void> { co_await for_ever(); }).detach();
                 }
                 ++stuck;
                 while (!go_on) std::this_thread::yield();
                 co_return;
               }).detach();
        while (stuck <= i) std::this_thread::yield();  // or it might wait behind the one before
      }
      const auto report = std::move(runtime).shutdown_timeout(50ms);
      if (report.tasks.size() != workers || !report.blocking_calls.empty()) return 1;
      for (const auto& task : report.tasks) {
        if (!task.worker || *task.worker >= workers) return 2;
        if (std::ranges::find(ids, task.id) == ids.end()) return 3;
      }
      if (report.message().find(" on worker 0") == std::string::npos) return 4;
      if (born != died) return 5;
      go_on = true;
      return 0;
    });
    CHECK(code == 0);
  }
}

TEST_CASE("RT13: shutdown: a limit holds while the clock is paused" *
          doctest::skip(support::kThreadSanitized)) {
  const int code = in_child([] {
    std::atomic<bool> runs = false;
    std::atomic<bool> go_on = false;
    auto runtime = runtime::Builder::current_thread().start_paused().build().value();
    runtime.spawn([&]() -> Task<void> {
             co_await TaskScope::run([&](TaskScope& scope) -> Task<void> {
               scope.spawn_blocking([&] {
                      runs = true;
                      while (!go_on) std::this_thread::yield();
                    }).detach();
               co_await scope.join();
             });
           }).detach();
    runtime.block_on([&]() -> Task<void> {
      while (!runs) co_await yield_now();
    });
    const auto report = std::move(runtime).shutdown_timeout(20ms);
    go_on = true;
    return report.left_behind() == 2 ? 0 : 1;
  });
  CHECK(code == 0);
}

TEST_CASE("RT1: a runtime that starts and stops a thousand times leaves no memory, descriptor or thread") {
  for (Flavor& flavor : flavors()) {
    INFO(flavor.name);
    const int rounds = support::kSanitized ? 50 : 300;
    long warm = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    for (int i = 0; i < rounds; ++i) {
      if (i == rounds / 3) {
        warm = resident_pages();
        descriptors = entries("/proc/self/fd");
        threads = entries("/proc/self/task");
      }
      auto runtime = flavor.builder.build().value();
      runtime.block_on([]() -> Task<void> {
        spawn(for_ever()).detach();
        static_cast<void>(co_await spawn([]() -> Task<void> { co_await yield_now(); }));
        static_cast<void>(co_await spawn_blocking([] {}));
        static_cast<void>(co_await timeout(kLong, yield_now()));
      });
    }
    CHECK(entries("/proc/self/fd") == descriptors);
    CHECK(entries("/proc/self/task") == threads);
    if (!support::kSanitized) CHECK(resident_pages() <= warm + warm / 100);
  }
  CHECK(born == died);
}
