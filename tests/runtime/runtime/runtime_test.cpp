#include <rondeau/runtime/runtime.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/net/unix_stream.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "support/captured_stderr.h"
#include "support/sanitized.h"

using namespace rondeau;
using probe::Alive;

TEST_CASE("RT13: runtime: destroying it ends every task, whatever it waits for") {
  for (const std::size_t workers : {0U, 1U, 2U, 4U}) {
    CAPTURE(workers);
    {
      auto builder = workers == 0 ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
      if (workers != 0) builder.worker_threads(workers);
      auto runtime = builder.build();
      REQUIRE(runtime);
      for (int i = 0; i < 20; ++i) {
        runtime->spawn(probe::for_ever()).detach();
        runtime->spawn([alive = Alive()]() -> Task<void> { co_await sleep_for(std::chrono::hours(1)); }).detach();
        runtime
            ->spawn([alive = Alive()]() -> Task<void> {
              auto [tx, rx] = sync::oneshot<int>();
              static_cast<void>(co_await rx);
            })
            .detach();
      }
      runtime->block_on(probe::count_to(5));
    }
    CHECK(probe::living.load() == 0);
  }
}

TEST_CASE("RT14: runtime: spawning after shutdown gives a handle that says cancelled, and destroys the closure") {
  std::optional<runtime::Handle> handle;
  {
    auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
    handle = runtime->handle();
  }
  auto joined = handle->spawn([alive = Alive()]() -> Task<void> { co_return; });
  CHECK(joined.is_finished());
  CHECK(probe::living.load() == 0);
}

TEST_CASE("RT15: runtime: block_on passes the exception of its task on") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
  CHECK_THROWS_AS(runtime->block_on([]() -> Task<void> {
    co_await yield_now();
    throw std::runtime_error("root");
  }),
                  std::runtime_error);
}

TEST_CASE("RT15: runtime: on current_thread several threads may block_on, one drives and hands over") {
  auto runtime = runtime::Builder::current_thread().build();
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) sum.fetch_add(runtime->block_on(probe::count_to(t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sum.load() == 20 * (1 + 2 + 3 + 4));
}

TEST_CASE("runtime: tasks spawned from outside wake sleeping workers") {
  for (const std::size_t workers : {1U, 2U, 4U}) {
    auto runtime = runtime::Builder::multi_thread().worker_threads(workers).build();
    for (int i = 0; i < 200; ++i) {
      auto handle = runtime->spawn(probe::count_to(1));
      CHECK(runtime->block_on([&]() -> Task<int> { co_return (co_await handle).value(); }) == 1);
    }
  }
}

TEST_CASE("runtime: a task that spins does not keep the others from a second worker") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build();
  std::atomic<bool> stop{false};
  auto spinning = runtime->spawn([&stop]() -> Task<void> {
    while (!stop.load()) std::this_thread::yield();
    co_return;
  });
  int sum = 0;
  for (int i = 0; i < 50; ++i) {
    auto handle = runtime->spawn(probe::count_to(1));
    sum += runtime->block_on([&]() -> Task<int> { co_return (co_await handle).value(); });
  }
  CHECK(sum == 50);
  stop.store(true);
  runtime->block_on([&]() -> Task<void> { static_cast<void>(co_await spinning); });
}

TEST_CASE("RT13: runtime: shutdown_timeout leaves a blocking call behind and says so") {
  std::atomic<bool> release{false};
  std::atomic<bool> ran{false};
  {
    auto runtime = runtime::Builder::multi_thread().worker_threads(1).build();
    auto call = runtime->block_on([&]() -> Task<JoinHandle<void>> {
      co_return spawn_blocking([&] {
        ran.store(true);
        while (!release.load()) std::this_thread::yield();
      });
    });
    while (!ran.load()) std::this_thread::yield();
    CHECK(std::move(*runtime).shutdown_timeout(std::chrono::milliseconds(5)).left_behind() == 1);
    release.store(true);
    while (!call.is_finished()) std::this_thread::yield();
  }
}

TEST_CASE("RT14: runtime: a socket may outlive its runtime") {
  for (auto builder : {runtime::Builder::current_thread(), runtime::Builder::multi_thread().worker_threads(2)}) {
    std::optional<std::pair<net::UnixStream, net::UnixStream>> kept;
    {
      const auto runtime = builder.build().value();
      const auto entered = runtime.enter();
      kept = net::UnixStream::pair().value();
    }
    const std::byte byte{1};
    CHECK(kept->first.try_write(std::span(&byte, 1)).error() == Errc::ShuttingDown);
    kept.reset();  // closed by the driver of its runtime
  }
}

TEST_CASE("RT1: runtime: a thousand runtimes start and stop") {
  for (int i = 0; i < 1000; ++i) {
    auto runtime = runtime::Builder::current_thread().build();
    REQUIRE(runtime);
    runtime->spawn(probe::for_ever()).detach();
    if (i % 10 == 0) CHECK(runtime->block_on(probe::count_to(2)) == 2);
  }
  CHECK(probe::living.load() == 0);
}

TEST_CASE("runtime: a spawn that meets a shutdown is run, or ended as cancelled") {
  for (int round = 0; round < 50; ++round) {
    std::vector<JoinHandle<void>> handles;
    handles.reserve(20'000);
    std::atomic<bool> begun = false;
    std::thread spawner;
    {
      const auto runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
      spawner = std::thread([&, handle = runtime.handle()] {
        for (int i = 0; i < 20'000; ++i) {
          handles.push_back(handle.spawn([]() -> Task<void> { co_return; }));
          begun = true;
        }
      });
      while (!begun) std::this_thread::yield();
    }
    spawner.join();
    std::size_t unfinished = 0;
    for (const auto& handle : handles) unfinished += !handle.is_finished();
    REQUIRE(unfinished == 0);
  }
}

TEST_CASE("RT15: runtime: who waits in a block_on of another thread is let go by the shutdown") {
  for (auto builder : {runtime::Builder::current_thread(), runtime::Builder::multi_thread().worker_threads(2)}) {
    std::optional runtime = builder.build().value();
    std::atomic<bool> waits = false;
    std::thread other([&, handle = runtime->handle()] {
      handle.block_on([](std::atomic<bool>& waits) -> Task<void> {
        waits = true;
        co_await sleep_for(std::chrono::hours(1));
      }(waits));
    });
    while (!waits) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    runtime.reset();
    other.join();
  }
}

TEST_CASE("RT13: runtime: a limit on the shutdown holds for both flavours, the longest one too") {
  struct Held {
    std::atomic<bool> runs{false};
    std::binary_semaphore let_go{0};
  };
  const auto holds = [](std::shared_ptr<Held> held) -> Task<void> {
    co_await TaskScope::run([held](TaskScope& scope) -> Task<void> {
      scope.spawn_blocking([held] {
        held->runs = true;
        held->let_go.acquire();
      }).detach();
      co_await scope.join();
    });
  };
  // The call is let go as soon as other tasks have been ended, or never.
  const auto left_behind = [&](runtime::Builder builder, Duration limit, bool lets_go) {
    auto held = std::make_shared<Held>();
    auto runtime = builder.build().value();
    auto other = runtime.spawn(probe::for_ever());
    runtime.block_on([&]() -> Task<void> {
      spawn(holds, held).detach();
      while (!held->runs) co_await yield_now();
    });
    std::thread lets([&] {
      while (lets_go && !other.is_finished()) std::this_thread::yield();
      if (lets_go) held->let_go.release();
    });
    const std::size_t left = std::move(runtime).shutdown_timeout(limit).left_behind();
    lets.join();
    return left;
  };
  for (const auto& builder : {runtime::Builder::current_thread(), runtime::Builder::multi_thread().worker_threads(1)}) {
    CHECK(left_behind(builder, Duration::max(), true) == 0);
    if (support::kSanitized) continue;
    // What is left behind is never freed: that stays in a process of its own.
    const pid_t child = ::fork();
    if (child == 0) ::_exit(left_behind(builder, std::chrono::milliseconds(1), false) > 0 ? 0 : 1);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
}

TEST_CASE("RT6: runtime: tasks that a busy worker's turn wakes are shared with those who sleep") {
  // Whoever comes first holds its worker until the other one runs: not to be blamed for.
  const auto runtime = runtime::Builder::multi_thread()
                           .worker_threads(2)
                           .event_interval(1)
                           .watchdog(Duration::zero())
                           .build()
                           .value();
  std::atomic<int> met = 0;
  std::atomic<bool> stop = false;
  runtime.block_on([&]() -> Task<void> {
    auto all = spawn([&]() -> Task<void> {
      const Instant together = Instant::now() + std::chrono::milliseconds(20);
      std::vector<JoinHandle<void>> pair;
      for (int i = 0; i < 2; ++i) {
        pair.push_back(spawn([&, together]() -> Task<void> {
          co_await sleep_until(together);
          // Holds its worker until the other one runs as well.
          ++met;
          const Instant end = Instant::now() + std::chrono::seconds(10);
          while (met < 2 && Instant::now() < end) std::this_thread::yield();
        }));
      }
      while (!stop && met < 2) co_await yield_now();
      for (auto& one : pair) static_cast<void>(co_await one);
    });
    static_cast<void>(co_await all);
  });
  CHECK(met == 2);
}

TEST_CASE("RT16: rondeau::run gives the exit code of its task, and prints the error of its Result") {
  const auto gives = [](int code) -> Task<int> {
    co_await yield_now();
    co_return code;
  };
  CHECK(rondeau::run(gives(3), runtime::Builder::current_thread()) == 3);
  CHECK(rondeau::run(gives(0), runtime::Builder::multi_thread().worker_threads(1)) == 0);
  const auto ends = [](bool well) -> Task<Result<void>> {
    co_await yield_now();
    if (!well) co_return Error(Errc::NotFound, "read the settings");
    co_return {};
  };
  CHECK(rondeau::run(ends(true), runtime::Builder::current_thread()) == 0);
  const support::CapturedStderr captured;
  CHECK(rondeau::run(ends(false), runtime::Builder::current_thread()) == 1);
  CHECK(captured.text() == "read the settings: not found\n");
}

TEST_CASE("RT9: an exception that nobody waits for is told once, with the task") {
  for (auto builder : {runtime::Builder::current_thread(), runtime::Builder::multi_thread().worker_threads(1)}) {
    const support::CapturedStderr captured;
    std::uint64_t id = 0;
    {
      auto runtime = builder.build().value();
      runtime.block_on([&id]() -> Task<void> {
        std::atomic<bool> detached{false};
        auto thrown = spawn([&detached]() -> Task<void> {
          while (!detached) co_await yield_now();
          throw std::runtime_error("for nobody");
        });
        id = static_cast<std::uint64_t>(thrown.id());
        const AbortHandle look = thrown.abort_handle();
        thrown.detach();
        detached = true;
        while (!look.is_finished()) co_await yield_now();
      });
    }
    const std::string text = captured.text();
    CHECK(text.find("task " + std::to_string(id)) != std::string::npos);
    CHECK(text.find("for nobody") != std::string::npos);
    CHECK(text.find("for nobody") == text.rfind("for nobody"));
  }
}

TEST_CASE("RT4: workers carry the name they are given, cut to what the system keeps") {
  const auto named = runtime::Builder::multi_thread().worker_threads(1).thread_name("a-name-that-is-too-long").build().value();
  auto task = named.spawn([]() -> Task<std::string> {
    char text[16] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof(text));
    co_return text;
  });
  CHECK(named.block_on([&task]() -> Task<std::string> { co_return (co_await task).value(); }) == "a-name-that-is-");
}

TEST_CASE("RT8: without the LIFO slot every wake goes to the back, with it the woken task is next") {
  for (const bool lifo : {true, false}) {
    auto builder = runtime::Builder::multi_thread().worker_threads(1);
    if (!lifo) builder.disable_lifo_slot();
    const auto runtime = builder.build().value();
    std::string order;
    auto all = runtime.spawn([&order]() -> Task<void> {
      std::vector<JoinHandle<void>> tasks;
      for (char name = 'a'; name <= 'c'; ++name) {
        tasks.push_back(spawn([&order, name]() -> Task<void> {
          order += name;
          co_return;
        }));
      }
      for (auto& task : tasks) CHECK(co_await task);
    });
    runtime.block_on([&all]() -> Task<void> { CHECK(co_await all); });
    CHECK(order == (lifo ? "cab" : "abc"));
  }
}
