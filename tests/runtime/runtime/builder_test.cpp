#include <rondeau/runtime/builder.h>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>

#include "scheduler/queue_interval.h"
#include "support/aborts.h"
#include "support/counting_driver.h"
#include "support/open_descriptors.h"
#include "support/sanitized.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using runtime::Builder;

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

/// Whether `check` holds in a process of its own.
template <class F>
bool in_child(F check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string thread_name() {
  char text[32] = {};
  ::pthread_getname_np(::pthread_self(), text, sizeof text);
  return text;
}

std::size_t stack_size() {
  pthread_attr_t attributes;
  ::pthread_getattr_np(::pthread_self(), &attributes);
  std::size_t size = 0;
  ::pthread_attr_getstacksize(&attributes, &size);
  ::pthread_attr_destroy(&attributes);
  return size;
}

TEST_CASE("RT1: a driver that has no more pollers is an error value, and nothing is left behind") {
  const std::ptrdiff_t descriptors = support::open_descriptors();
  const std::ptrdiff_t before = threads();
  for (std::size_t good = 0; good < 3; ++good) {
    support::CountingDriver driver;
    driver.poller_errors.assign(good, 0);
    driver.poller_errors.push_back(EMFILE);
    auto runtime = Builder::multi_thread().worker_threads(3).driver(driver).build();
    REQUIRE_FALSE(runtime);
    CHECK(runtime.error() == Errc::TooManyOpenFiles);
    CHECK(support::open_descriptors() == descriptors);
    CHECK(threads() == before);
  }
  support::CountingDriver driver;
  driver.poller_errors.push_back(EMFILE);
  CHECK(Builder::current_thread().driver(driver).build().error() == Errc::TooManyOpenFiles);
}

TEST_CASE("RT1: where the process may open no more descriptors, building says so") {
  CHECK(in_child([] {
    const std::ptrdiff_t before = threads();
    const std::ptrdiff_t descriptors = support::open_descriptors();
    // The count looked at the folder through a descriptor of its own.
    const rlimit few{static_cast<rlim_t>(descriptors + 2), static_cast<rlim_t>(descriptors + 100)};
    ::setrlimit(RLIMIT_NOFILE, &few);
    auto refused = Builder::multi_thread().worker_threads(4).build();
    if (refused || refused.error().code() != Errc::TooManyOpenFiles || threads() != before) return false;
    if (support::open_descriptors() != descriptors) return false;
    const rlimit enough{few.rlim_max, few.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &enough);
    return Builder::multi_thread().worker_threads(4).build().has_value();
  }));
}

TEST_CASE("RT1: where the process may start no more threads, building says so") {
  if (support::kSanitized) return;  // they need all the addresses there are
  CHECK(in_child([] {
    const std::ptrdiff_t descriptors = support::open_descriptors();
    // Room for the stacks of some threads, not of all.
    const rlimit memory{std::size_t{5} << 30, RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &memory);
    auto builder = Builder::multi_thread().worker_threads(8).thread_stack_size(std::size_t{1} << 30);
    auto refused = builder.build();
    if (refused || refused.error().os_error() != EAGAIN) return false;
    if (threads() != 1 || support::open_descriptors() != descriptors) return false;
    const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &enough);
    return Builder::multi_thread().worker_threads(8).build().has_value();
  }));
}

TEST_CASE("RT4: the runtime's name is seen in handle and metrics") {
  const auto runtime = Builder::current_thread().name("ledger").build().value();
  CHECK(runtime.handle().name() == "ledger");
  CHECK(runtime.metrics().name() == "ledger");
  CHECK(Builder::current_thread().build()->handle().name().empty());
}

TEST_CASE("RT4: threads are named, by a text that is cut or by a function that is asked for each") {
  const auto named = [](Builder builder) {
    const auto runtime = builder.build().value();
    return runtime.block_on([]() -> Task<std::string> {
      co_return (co_await spawn([]() -> Task<std::string> { co_return thread_name(); })).value();
    });
  };
  CHECK(named(Builder::multi_thread().worker_threads(1)) == "rondeau-rt");
  CHECK(named(Builder::multi_thread().worker_threads(1).thread_name("a-rather-long-name")) == "a-rather-long-n");

  std::atomic<int> number = 0;
  const auto runtime = Builder::multi_thread()
                           .worker_threads(2)
                           .thread_name_fn([&number] { return "worker " + std::to_string(number++); })
                           .build()
                           .value();
  std::set<std::string> names;
  runtime.block_on([&]() -> Task<void> {
    std::atomic<int> met = 0;
    const auto meet = [&met]() -> Task<std::string> {
      for (++met; met < 2;) std::this_thread::yield();  // each on a worker of its own
      co_return thread_name();
    };
    auto one = spawn(meet);
    auto other = spawn(meet);
    names = {(co_await one).value(), (co_await other).value()};
  });
  CHECK(names == std::set<std::string>{"worker 0", "worker 1"});
}

TEST_CASE("RT4: stacks have the size that was asked for, those of workers and of blocking threads") {
  constexpr std::size_t kSize = 300'001;
  const auto runtime = Builder::multi_thread().worker_threads(1).thread_stack_size(kSize).build().value();
  const auto [worker, blocking_thread] = runtime.block_on([]() -> Task<std::pair<std::size_t, std::size_t>> {
    auto mine = spawn([]() -> Task<std::size_t> { co_return stack_size(); });
    auto other = spawn_blocking(stack_size);
    co_return std::pair((co_await mine).value(), (co_await other).value());
  });
  for (const std::size_t size : {worker, blocking_thread}) {
    CHECK(size >= kSize);
    CHECK(size < kSize + 100'000);
  }
  CHECK(support::aborts_with("in bytes", [] { Builder::multi_thread().thread_stack_size(64); }));
}

/// The largest number of events that one look at the reactor brings to four ready descriptors.
std::uint64_t most_events_at_once(Builder builder) {
  const auto runtime = builder.event_interval(1).build().value();
  return runtime.block_on([&]() -> Task<std::uint64_t> {
    const RuntimeMetrics metrics = runtime.metrics();
    auto one = net::UnixStream::pair().value();
    auto other = net::UnixStream::pair().value();
    std::uint64_t most = 0;
    for (std::uint64_t before = 0; before < 4;) {
      co_await yield_now();
      const std::uint64_t now = metrics.io_driver_ready_count();
      most = std::max(most, now - std::exchange(before, now));
    }
    co_return most;
  });
}

TEST_CASE("RT6: a look at the reactor brings no more events than max_io_events_per_tick") {
  CHECK(most_events_at_once(Builder::current_thread().max_io_events_per_tick(1)) == 1);
  CHECK(most_events_at_once(Builder::current_thread().max_io_events_per_tick(3)) == 3);
  CHECK(most_events_at_once(Builder::current_thread()) == 4);
  support::CountingDriver driver;
  static_cast<void>(Builder::multi_thread().worker_threads(1).driver(driver).build());
  CHECK(driver.poller_batch == 1024);
  static_cast<void>(Builder::multi_thread().worker_threads(1).driver(driver).max_io_events_per_tick(7).build());
  CHECK(driver.poller_batch == 7);
}

TEST_CASE("RT6: RT7: intervals of nothing abort") {
  CHECK(support::aborts_with("max_io_events_per_tick(0)", [] { Builder::multi_thread().max_io_events_per_tick(0); }));
  CHECK(support::aborts_with("event_interval(0)", [] { Builder::multi_thread().event_interval(0); }));
  CHECK(support::aborts_with("global_queue_interval(0)", [] { Builder::multi_thread().global_queue_interval(0); }));
}

/// Puts a task into the queue of all, and gives how often the calling task, which is never out of work, runs until that
/// one had its turn.
Task<int> runs_before_the_stranger() {
  const runtime::Handle handle = runtime::Handle::current();
  std::atomic<bool> ran = false;
  int runs = 0;
  for (int round = 0; round < 2; ++round) {  // the first brings us to the beginning of an interval
    ran = false;
    std::thread([&] {
      handle
          .spawn([&]() -> Task<void> {
            ran = true;
            co_return;
          })
          .detach();
    }).join();
    for (runs = 0; !ran; ++runs) co_await yield_now();
  }
  co_return runs;
}

int runs_before_the_stranger(Builder builder) {
  const auto runtime = builder.build().value();
  return runtime.block_on([]() -> Task<int> { co_return (co_await spawn([] { return runs_before_the_stranger(); })).value(); });
}

TEST_CASE("RT7: the queue of all is looked at first every so many tasks") {
  support::CountingDriver stopped;
  stopped.clock = 1'000'000'000;
  const auto near = [](int runs, int interval) { return runs <= interval && runs >= interval - 2; };
  CHECK(near(runs_before_the_stranger(Builder::multi_thread().worker_threads(1).global_queue_interval(40)), 40));
  CHECK(near(runs_before_the_stranger(Builder::multi_thread().worker_threads(1).global_queue_interval(200)), 200));
  CHECK(near(runs_before_the_stranger(Builder::current_thread().global_queue_interval(12)), 12));
  CHECK(near(runs_before_the_stranger(Builder::current_thread()), 31));
  // While nothing is known of run times.
  CHECK(near(runs_before_the_stranger(Builder::multi_thread().worker_threads(1).driver(stopped)), 61));
}

TEST_CASE("RT7: where tasks run for long, the queue of all is looked at more often") {
  support::CountingDriver driver;
  driver.clock = 1'000'000'000;
  const auto runtime = Builder::multi_thread().worker_threads(1).driver(driver).build().value();
  const int runs = runtime.block_on([&]() -> Task<int> {
    co_return (co_await spawn([&]() -> Task<int> {
      for (int i = 0; i < 200; ++i) {
        driver.clock += 10'000'000;
        co_await yield_now();
      }
      co_return co_await runs_before_the_stranger();
    })).value();
  });
  CHECK(runs <= 2);
}

TEST_CASE("RT7: the interval follows the mean run time, within bounds, and not its noise") {
  scheduler::QueueInterval interval(std::nullopt);
  CHECK(interval.tasks() == 61);
  interval.tune(Duration::zero());
  CHECK(interval.tasks() == 61);
  interval.tune(20us);
  CHECK(interval.tasks() == 10);
  interval.tune(17us);  // 11
  interval.tune(25us);  // 8
  CHECK(interval.tasks() == 10);
  interval.tune(29us);  // 6
  CHECK(interval.tasks() == 6);
  interval.tune(1s);
  CHECK(interval.tasks() == 2);
  interval.tune(1ns);
  CHECK(interval.tasks() == 127);
  scheduler::QueueInterval fixed(5);
  fixed.tune(1ns);
  CHECK(fixed.tasks() == 5);
}

}  // namespace
