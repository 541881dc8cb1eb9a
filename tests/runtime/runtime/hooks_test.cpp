#include <rondeau/runtime/builder.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "../task/probe.h"
#include "support/aborts.h"
#include "support/sanitized.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using runtime::Builder;

Builder builder_for(std::size_t workers) {
  return workers == 0 ? Builder::current_thread() : Builder::multi_thread().worker_threads(workers);
}

/// Numbers of threads, noted from any of them.
struct Threads {
  std::mutex mutex;
  std::vector<int> seen;
  void note() {
    const std::lock_guard lock(mutex);
    seen.push_back(::gettid());
  }
  std::set<int> all() {
    const std::lock_guard lock(mutex);
    return {seen.begin(), seen.end()};
  }
};

TEST_CASE("RT5: a thread's hooks run on it, once at its beginning and once at its end") {
  Threads started;
  Threads stopped;
  std::set<int> at_work;
  {
    auto builder = builder_for(2);
    builder.on_thread_start([&] {
      CHECK(runtime::Handle::try_current());
      started.note();
    });
    builder.on_thread_stop([&] { stopped.note(); });
    const auto runtime = builder.build().value();
    runtime.block_on([&]() -> Task<void> {
      at_work.insert((co_await spawn_blocking(::gettid)).value());
      at_work.insert((co_await spawn_blocking(BuiltInPool::Fs, ::gettid)).value());
    });
    while (started.all().size() != 4) std::this_thread::yield();
    for (std::size_t i = 0; i < 2; ++i) {
      while (runtime.metrics().worker_thread_id(i) == 0) std::this_thread::yield();
      at_work.insert(runtime.metrics().worker_thread_id(i));
    }
    CHECK(stopped.all().empty());
  }
  CHECK(started.seen.size() == 4);
  CHECK(stopped.seen.size() == 4);
  CHECK(started.all() == at_work);
  CHECK(stopped.all() == at_work);
}

TEST_CASE("RT5: a blocking thread that idled for long says that it stops, and a later call finds another") {
  std::atomic<int> started = 0;
  std::atomic<int> stopped = 0;
  const auto runtime = builder_for(0)
                           .max_blocking_threads(1)
                           .thread_keep_alive(1ms)
                           .on_thread_start([&] { ++started; })
                           .on_thread_stop([&] { ++stopped; })
                           .build()
                           .value();
  for (int round = 1; round <= 5; ++round) {
    runtime.block_on([]() -> Task<void> { CHECK(co_await spawn_blocking([] {})); });
    while (stopped != round) std::this_thread::yield();
    CHECK(started == round);
  }
}

TEST_CASE("RT5: a worker tells when it is about to sleep and when it is awake again, by turns") {
  for (const std::size_t workers : {0U, 1U}) {
    CAPTURE(workers);
    std::mutex mutex;
    std::vector<char> events;
    std::set<int> on;
    const auto note = [&](char what) {
      return [&, what] {
        const std::lock_guard lock(mutex);
        events.push_back(what);
        on.insert(::gettid());
      };
    };
    {
      const auto runtime =
          builder_for(workers).on_thread_park(note('p')).on_thread_unpark(note('u')).build().value();
      for (int i = 0; i < 3; ++i) {
        runtime.block_on([]() -> Task<void> { CHECK(co_await spawn([]() -> Task<void> { co_await sleep_for(2ms); })); });
      }
      if (workers == 0) CHECK(on == std::set<int>{::gettid()});
      if (workers == 1) CHECK(on == std::set<int>{runtime.metrics().worker_thread_id(0)});
    }
    REQUIRE(events.size() >= 6);
    for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(events[i] == (i % 2 == 0 ? 'p' : 'u'));
  }
}

TEST_CASE("RT5: where the park hook spawns, the worker does not sleep and runs what was spawned") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    std::atomic<int> left = 100;
    std::atomic<int> ran = 0;
    const auto runtime = builder_for(workers)
                             .on_thread_park([&] {
                               if (left.fetch_sub(1) <= 0) return;
                               spawn([&ran]() -> Task<void> {
                                 ++ran;
                                 co_return;
                               }).detach();
                             })
                             .build()
                             .value();
    // Nobody else has anything to do.
    runtime.block_on([&]() -> Task<void> {
      CHECK(co_await spawn([]() -> Task<void> { co_return; }));
      if (workers == 0) co_await sleep_for(5ms);
    });
    while (ran != 100) std::this_thread::yield();
  }
}

/// What hooks were told of each task.
struct Story {
  std::mutex mutex;
  std::map<TaskId, std::string> events;
  TaskId last{};

  auto note(char what) {
    return [this, what](const TaskMeta& task) {
      const std::lock_guard lock(mutex);
      events[task.id] += what;
      last = task.id;
    };
  }
  Builder& watch(Builder& builder) {
    return builder.on_task_spawn(note('s'))
        .on_before_task_poll(note('b'))
        .on_after_task_poll(note('a'))
        .on_task_terminate(note('t'));
  }
  std::string of(TaskId task) {
    const std::lock_guard lock(mutex);
    return events[task];
  }
};

TEST_CASE("RT5: a task's hooks tell its spawning, each of its runs, and its end") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    Story story;
    std::vector<TaskId> three_runs;
    TaskId waiting{};
    {
      auto builder = builder_for(workers);
      const auto runtime = story.watch(builder).build().value();
      runtime.block_on([&]() -> Task<void> {
        for (int i = 0; i < 20; ++i) {
          auto handle = spawn(probe::count_to(2));
          three_runs.push_back(handle.id());
          CHECK((co_await handle).value() == 2);
        }
        waiting = spawn([]() -> Task<void> {
                    sync::Notify never;
                    co_await never.notified();
                  }).id();
        static_cast<void>(co_await spawn_blocking([] {}));
      });
      // Refused: it never begins.
    }
    for (const TaskId task : three_runs) {
      std::string told = story.of(task);
      CHECK(told.front() == 's');
      if (workers < 2) CHECK(told == "sbababta");
      std::ranges::sort(told);  // another worker may have begun the next run before the end of this one is told
      CHECK(told == "aaabbbst");
    }
    const std::string aborted = story.of(waiting);
    CHECK((aborted == "sbabta" || aborted == "sbta"));  // the end may meet it before its first run
    CHECK(story.events.size() == 21);  // neither roots nor blocking calls
  }
  CHECK(probe::living == 0);
}

TEST_CASE("RT5: hooks run on the thread concerned, and after the end no frame of the task is left") {
  std::atomic<int> spawner = 0;
  std::atomic<int> runner = 0;
  std::atomic<int> alive_at_end = -1;
  const auto runtime = builder_for(1)
                           .on_task_spawn([&](const TaskMeta&) { spawner = ::gettid(); })
                           .on_before_task_poll([&](const TaskMeta&) { runner = ::gettid(); })
                           .on_task_terminate([&](const TaskMeta&) { alive_at_end = probe::living.load(); })
                           .build()
                           .value();
  const auto handle = runtime.spawn(probe::count_to(0));
  while (alive_at_end < 0) std::this_thread::yield();
  CHECK(spawner == ::gettid());
  CHECK(runner == runtime.metrics().worker_thread_id(0));
  CHECK(alive_at_end == 0);
}

TEST_CASE("RT5: the hooks around a run are told how long the task was ready, where that is tracked") {
  for (const bool tracked : {false, true}) {
    CAPTURE(tracked);
    std::mutex mutex;
    std::map<TaskId, std::vector<std::optional<Duration>>> latencies;
    auto builder = builder_for(0).on_before_task_poll([&](const TaskMeta& task) {
      const std::lock_guard lock(mutex);
      latencies[task.id].push_back(task.schedule_latency);
    });
    if (tracked) builder.track_schedule_latency();
    const auto runtime = builder.build().value();
    const TaskId late = runtime.block_on([]() -> Task<TaskId> {
      auto handle = spawn([]() -> Task<void> { co_await yield_now(); });
      const Instant begun = Instant::now();
      while (begun.elapsed() < 3ms) {
      }
      const TaskId id = handle.id();
      static_cast<void>(co_await handle);
      co_return id;
    });
    REQUIRE(latencies[late].size() == 2);
    for (const auto& latency : latencies[late]) CHECK(latency.has_value() == tracked);
    if (tracked) {
      CHECK(*latencies[late][0] >= 3ms);
      CHECK(*latencies[late][1] < *latencies[late][0]);
    }
  }
}

TEST_CASE("RT5: a hook that throws terminates" *
          doctest::skip(support::kThreadSanitized)) {
  const auto terminates = [](auto set_hook) {
    return support::aborts_with("hook at fault", [&] {
      std::set_terminate([] {
        std::fputs("hook at fault\n", stderr);
        std::abort();
      });
      auto builder = builder_for(0);
      set_hook(builder, [](auto&&...) { throw std::runtime_error("hook"); });
      const auto runtime = builder.build().value();
      try {
        runtime.block_on([]() -> Task<void> {
          static_cast<void>(co_await spawn([]() -> Task<void> { co_await sleep_for(1ms); }));
          static_cast<void>(co_await spawn_blocking([] {}));
        });
      } catch (const std::runtime_error&) {
      }
    });
  };
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_thread_start(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_thread_stop(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_thread_park(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_thread_unpark(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_task_spawn(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_before_task_poll(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_after_task_poll(hook); }));
  CHECK(terminates([](Builder& builder, auto hook) { builder.on_task_terminate(hook); }));
}

std::uint64_t counted(const RuntimeMetrics& metrics, std::uint64_t (RuntimeMetrics::*count)(std::size_t, std::size_t) const noexcept,
                      std::size_t from, std::size_t to) {
  std::uint64_t total = 0;
  for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
    for (std::size_t bucket = from; bucket < to; ++bucket) total += (metrics.*count)(worker, bucket);
  }
  return total;
}

TEST_CASE("RT10: ME2: histograms are off unless they are asked for, and have no bucket then") {
  const auto runtime = builder_for(1).build().value();
  const RuntimeMetrics metrics = runtime.metrics();
  CHECK_FALSE(metrics.poll_time_histogram_enabled());
  CHECK_FALSE(metrics.schedule_latency_histogram_enabled());
  CHECK(metrics.poll_time_histogram_num_buckets() == 0);
  CHECK(metrics.schedule_latency_histogram_num_buckets() == 0);
  CHECK(support::aborts_with("the Builder has not", [] {
    static_cast<void>(builder_for(0).build()->metrics().poll_time_histogram_bucket_range(0));
  }));
  CHECK(support::aborts_with("bucket that is not there", [] {
    static_cast<void>(builder_for(0).build()->metrics().poll_time_histogram_bucket_count(0, 0));
  }));
}

TEST_CASE("RT10: ME2: the histogram of run times has each run once, the long ones in the long buckets") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    std::optional<runtime::Runtime> runtime =
        builder_for(workers).poll_time_histogram(HistogramConfig::linear(2ms, 3)).build().value();
    const RuntimeMetrics metrics = runtime->metrics();
    REQUIRE(metrics.poll_time_histogram_enabled());
    CHECK(metrics.poll_time_histogram_num_buckets() == 3);
    CHECK(metrics.poll_time_histogram_bucket_range(1) == HistogramRange{2ms, 4ms});
    runtime->block_on([]() -> Task<void> {
      static_cast<void>(co_await spawn([]() -> Task<void> {
        for (int i = 0; i < 5; ++i) {
          const Instant begun = Instant::now();
          while (begun.elapsed() < 4ms) {
          }
          co_await yield_now();
        }
      }));
      static_cast<void>(co_await spawn(probe::count_to(20)));
    });
    runtime.reset();
    std::uint64_t polls = 0;
    for (std::size_t i = 0; i < metrics.num_workers(); ++i) polls += metrics.worker_poll_count(i);
    CHECK(counted(metrics, &RuntimeMetrics::poll_time_histogram_bucket_count, 0, 3) == polls);
    CHECK(counted(metrics, &RuntimeMetrics::poll_time_histogram_bucket_count, 2, 3) >= 5);
    CHECK_FALSE(metrics.schedule_latency_histogram_enabled());
  }
}

TEST_CASE("RT10: ME2: the histogram of latencies has the time from ready to run") {
  const auto runtime = builder_for(1).schedule_latency_histogram({{.min = 1us, .max = 8ms, .error = 1.0}}).build().value();
  const RuntimeMetrics metrics = runtime.metrics();
  REQUIRE(metrics.schedule_latency_histogram_enabled());
  runtime.block_on([]() -> Task<void> {
    static_cast<void>(co_await spawn([]() -> Task<void> {
      auto late = spawn(probe::count_to(0));
      const Instant begun = Instant::now();
      while (begun.elapsed() < 5ms) {
      }
      static_cast<void>(co_await late);
    }));
  });
  const std::size_t buckets = metrics.schedule_latency_histogram_num_buckets();
  std::size_t five = 0;
  while (metrics.schedule_latency_histogram_bucket_range(five).to <= 5ms) ++five;
  // The task that was late; each of the three runs once. The last run is counted after the task has ended.
  CHECK(counted(metrics, &RuntimeMetrics::schedule_latency_histogram_bucket_count, five, buckets) >= 1);
  while (counted(metrics, &RuntimeMetrics::schedule_latency_histogram_bucket_count, 0, buckets) < 3) std::this_thread::yield();
}

}  // namespace
