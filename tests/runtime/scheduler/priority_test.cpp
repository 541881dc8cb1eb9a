#include <rondeau/task/builder.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/handle.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/yield_now.h>

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using runtime::Builder;
using task::Priority;

constexpr std::array kAll{Priority::Interactive, Priority::Normal, Priority::Background};

std::size_t index(Priority band) { return static_cast<std::size_t>(band); }

/// Zero workers: a current_thread runtime.
runtime::Runtime make(std::size_t workers) {
  auto builder = workers == 0 ? Builder::current_thread() : Builder::multi_thread();
  if (workers != 0) builder.worker_threads(workers);
  return builder.build().value();
}

/// Runs `body() -> Task<void>` as a task, that is on a worker.
template <class Body>
void inside(const runtime::Runtime& runtime, Body body) {
  runtime.block_on([&]() -> Task<void> { CHECK(co_await spawn(body)); });
}

template <class F>
void spawn_in(Priority band, F body) {
  task::Builder{}.priority(band).spawn(std::move(body)).detach();
}

/// Runs of each band, up to a number of runs altogether.
struct Runs {
  explicit Runs(int runs) : left(runs) {}
  std::array<std::atomic<int>, 3> of{};
  std::atomic<int> left;
  std::atomic<int> living{0};
  sync::Notify done;

  Task<void> yield(Priority band) {
    while (left.load() > 0) {
      left.fetch_sub(1);
      of[index(band)].fetch_add(1);
      co_await yield_now();
    }
    if (living.fetch_sub(1) == 1) done.notify_one();
  }
  void spawn_some(Priority band, int count) {
    living.fetch_add(count);
    for (int i = 0; i < count; ++i) spawn_in(band, [this, band] { return yield(band); });
  }
  Task<void> wait() { co_await done.notified(); }
};

TEST_CASE("TK9: priority: bands that all have work run 8 : 4 : 1") {
  for (const std::size_t workers : {0U, 1U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    Runs runs(13'000);
    inside(runtime, [&]() -> Task<void> {
      for (const Priority band : kAll) runs.spawn_some(band, 3);
      co_await runs.wait();
    });
    // Where the system keeps us waiting for long a band may have aged.
    CHECK(std::abs(runs.of[0] - 8000) < 200);
    CHECK(std::abs(runs.of[1] - 4000) < 200);
    CHECK(std::abs(runs.of[2] - 1000) < 200);
  }
}

TEST_CASE("TK9: priority: a task alone in its band has the turns of the band, however many there are in others") {
  const runtime::Runtime runtime = make(1);
  Runs runs(9000);
  inside(runtime, [&]() -> Task<void> {
    runs.spawn_some(Priority::Interactive, 1);
    runs.spawn_some(Priority::Background, 100);
    co_await runs.wait();
  });
  CHECK(std::abs(runs.of[0] - 8000) < 200);
}

TEST_CASE("TK9: priority: nobody starves behind tasks that wake each other") {
  for (const std::size_t workers : {0U, 1U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    std::atomic<int> interactive = 0;
    std::atomic<int> living = 3;
    std::atomic<bool> stop = false;
    sync::Notify ping;
    sync::Notify pong;
    const auto play = [&](sync::Notify& mine, sync::Notify& other) -> Task<void> {
      while (!stop.load()) {
        interactive.fetch_add(1);
        other.notify_one();
        co_await mine.notified();
      }
      other.notify_one();
      living.fetch_sub(1);
    };
    runtime.block_on([&]() -> Task<void> {
      static_cast<void>(co_await spawn([&]() -> Task<void> {
        spawn_in(Priority::Interactive, [&] { return play(ping, pong); });
        spawn_in(Priority::Interactive, [&] { return play(pong, ping); });
        spawn_in(Priority::Background, [&]() -> Task<void> {
          for (int i = 0; i < 100; ++i) co_await yield_now();
          stop = true;
          living.fetch_sub(1);
        });
        co_return;
      }));
      while (living.load() != 0) co_await yield_now();
    });
    // Twice in a run: what the other one told before is still there.
    CHECK(interactive.load() <= 2 * (100 * 8 + 50));
  }
}

TEST_CASE("TK9: priority: children inherit the band, unless they are given one") {
  for (const std::size_t workers : {0U, 1U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    const RuntimeMetrics metrics = runtime.metrics();
    const auto depths = [metrics] {
      std::array<std::size_t, 3> found{};
      for (const Priority band : kAll) found[index(band)] = metrics.band_queue_depth(band);
      return found;
    };
    using Depths = std::array<std::size_t, 3>;
    const auto nothing = []() -> Task<void> { co_return; };
    inside(runtime, [&]() -> Task<void> {
      const auto ended = co_await task::Builder{}.priority(Priority::Background).spawn([&]() -> Task<void> {
        const Depths before = depths();
        for (int i = 0; i < 3; ++i) spawn(nothing).detach();
        CHECK(depths() == Depths{before[0], before[1], before[2] + 3});
        spawn_in(Priority::Interactive, nothing);
        spawn_in(Priority::Interactive, nothing);
        spawn_in(Priority::Normal, nothing);
        CHECK(depths() == Depths{before[0] + 2, before[1] + 1, before[2] + 3});
        co_await with_context(Context::current().with_priority(Priority::Interactive), [](auto empty) -> Task<void> {
          spawn(empty).detach();
          co_return;
        }(nothing));
        CHECK(depths() == Depths{before[0] + 3, before[1] + 1, before[2] + 3});
        CHECK(metrics.worker_local_queue_depth(0) == before[0] + before[1] + before[2] + 7);
        co_return;
      });
      CHECK(ended);
      while (metrics.num_alive_tasks() > 1) co_await yield_now();
      CHECK(depths() == Depths{});
    });
  }
}

/// What ran, in order.
class Order {
 public:
  Task<void> add(char name) {
    const std::lock_guard lock(mutex_);
    text_ += name;
    co_return;
  }
  auto adding(char name) {
    return [this, name] { return add(name); };
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

TEST_CASE("TK9: priority: without priorities the last one spawned runs first, the others in their order") {
  const runtime::Runtime runtime = make(1);
  const RuntimeMetrics metrics = runtime.metrics();
  Order order;
  inside(runtime, [&]() -> Task<void> {
    for (const char name : {'1', '2', '3'}) spawn(order.adding(name)).detach();
    CHECK(metrics.band_queue_depth(Priority::Normal) == 3);
    co_await yield_now();
    CHECK(order.text() == "312");
  });
}

TEST_CASE("TK9: priority: the LIFO slot is for interactive tasks first, and for background ones never") {
  const runtime::Runtime runtime = make(1);
  SUBCASE("a normal one goes behind the interactive one that is there") {
    Order order;
    inside(runtime, [&]() -> Task<void> {
      spawn(order.adding('1')).detach();
      spawn_in(Priority::Interactive, order.adding('a'));
      spawn(order.adding('2')).detach();
      spawn_in(Priority::Background, order.adding('z'));
      while (order.text().size() < 4) co_await yield_now();
    });
    CHECK(order.text() == "a12z");
  }
  SUBCASE("an interactive one takes it from another") {
    Order order;
    inside(runtime, [&]() -> Task<void> {
      for (const char name : {'a', 'b', 'c'}) spawn_in(Priority::Interactive, order.adding(name));
      while (order.text().size() < 3) co_await yield_now();
    });
    CHECK(order.text() == "cab");
  }
  SUBCASE("background ones keep their order") {
    Order order;
    inside(runtime, [&]() -> Task<void> {
      for (const char name : {'x', 'y', 'z'}) spawn_in(Priority::Background, order.adding(name));
      while (order.text().size() < 3) co_await yield_now();
    });
    CHECK(order.text() == "xyz");
  }
  SUBCASE("wakes do as spawns do") {
    Order order;
    std::array<sync::Notify, 4> go;
    std::atomic<int> waiting = 0;
    const auto waiter = [&](std::size_t at, char name) {
      return [&, at, name]() -> Task<void> {
        auto told = go[at].notified();
        waiting.fetch_add(1);
        co_await told;
        co_await order.add(name);
      };
    };
    inside(runtime, [&]() -> Task<void> {
      spawn_in(Priority::Background, waiter(0, 'z'));
      spawn_in(Priority::Interactive, waiter(1, 'a'));
      spawn(waiter(2, '1')).detach();
      spawn(waiter(3, '2')).detach();
      while (waiting.load() != 4) co_await yield_now();
      for (const std::size_t at : {0U, 2U, 1U, 3U}) go[at].notify_one();
      while (order.text().size() < 4) co_await yield_now();
    });
    CHECK(order.text() == "a12z");
  }
}

TEST_CASE("TK9: priority: an interactive task from outside waits for five tasks of a flood at most") {
  for (const std::size_t workers : {0U, 1U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    const runtime::Handle handle = runtime.handle();
    Runs flood(1'000'000);
    std::atomic<int> served = 0;
    int before = 0;
    int worst = 0;
    // Spawned from another thread while a task of the flood waits for that thread.
    const auto spawn_outside = [&] {
      std::thread([&] {
        task::Builder{}.priority(Priority::Interactive).on(handle).spawn([&]() -> Task<void> {
          worst = std::max(worst, flood.of[1].load() + flood.of[2].load() - before);
          served.fetch_add(1);
          co_return;
        }).detach();
      }).join();
      before = flood.of[1].load() + flood.of[2].load();
    };
    inside(runtime, [&]() -> Task<void> {
      flood.spawn_some(Priority::Normal, 40);
      flood.spawn_some(Priority::Background, 40);
      spawn_in(Priority::Background, [&]() -> Task<void> {
        for (int i = 1; i <= 20; ++i) {
          spawn_outside();
          while (served.load() != i) co_await yield_now();
          for (int j = 0; j < i; ++j) co_await yield_now();
        }
        flood.left = 0;
      });
      co_return;
    });
    runtime.block_on([&]() -> Task<void> { return flood.wait(); });
    CHECK(served.load() == 20);
    CHECK(worst <= 5 + 2);  // each band may age once meanwhile
  }
}

/// Longest row of other runs between two of the background band, where each run takes 20 ms and all bands have work.
int longest_row(const runtime::Runtime& runtime) {
  std::atomic<int> others = 0;
  std::atomic<int> background = 0;
  int worst = 0;
  const auto slow = [&](Priority band) -> Task<void> {
    while (background.load() < 4) {
      if (band == Priority::Background) {
        const int between = others.exchange(0);
        if (background.fetch_add(1) > 0) worst = std::max(worst, between);
      } else {
        others.fetch_add(1);
      }
      for (const auto end = std::chrono::steady_clock::now() + 20ms; std::chrono::steady_clock::now() < end;) {
      }
      co_await yield_now();
    }
  };
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<void>> handles;
    for (const Priority band : kAll) handles.push_back(task::Builder{}.priority(band).spawn(slow, band));
    for (auto& handle : handles) static_cast<void>(co_await handle);
  });
  return worst;
}

TEST_CASE("TK9: priority: where runs are long the band that waited for 100 ms is next") {
  // By the weights alone there would be twelve.
  CHECK(longest_row(make(1)) < 12);  // the watchdog's looks tell the time
  CHECK(longest_row(Builder::current_thread().event_interval(1).build().value()) < 9);
}

TEST_CASE("TK9: priority: who steals takes from the higher bands first") {
  const runtime::Runtime runtime = make(2);
  Order order;
  std::atomic<bool> queued = false;
  std::atomic<bool> held = false;
  inside(runtime, [&]() -> Task<void> {
    auto held_back = spawn([&]() -> Task<void> {
      held = true;
      while (!queued.load()) std::this_thread::yield();
      co_return;
    });
    while (!held.load()) co_await yield_now();  // on the other worker
    for (int i = 0; i < 10; ++i) spawn_in(Priority::Background, order.adding('B'));
    for (int i = 0; i < 10; ++i) spawn(order.adding('N')).detach();
    for (int i = 0; i < 10; ++i) spawn_in(Priority::Interactive, order.adding('I'));
    queued = true;
    while (order.text().size() < 30) std::this_thread::yield();
    static_cast<void>(co_await held_back);
  });
  // The last interactive one lies in the LIFO slot, which is for the end of a search.
  const std::string ran = order.text();
  CHECK(ran.substr(0, 9) == "IIIIIIIII");
  CHECK(std::ranges::count(ran.substr(0, 19), 'B') == 0);
}

TEST_CASE("TK9: priority: each ring overflows into the queue of its own band") {
  const runtime::Runtime runtime = make(1);
  const RuntimeMetrics metrics = runtime.metrics();
  std::atomic<int> ran = 0;
  inside(runtime, [&]() -> Task<void> {
    for (const Priority band : kAll) {
      const std::uint64_t overflows = metrics.worker_overflow_count(0);
      for (int i = 0; i < 1000; ++i) {
        spawn_in(band, [&]() -> Task<void> {
          ran.fetch_add(1);
          co_return;
        });
      }
      CHECK(metrics.worker_overflow_count(0) > overflows);
      CHECK(metrics.band_queue_depth(band) == 1000);
    }
    CHECK(metrics.global_queue_depth() + metrics.worker_local_queue_depth(0) == 3000);
    while (ran.load() != 3000) co_await yield_now();
    for (const Priority band : kAll) CHECK(metrics.band_queue_depth(band) == 0);
  });
}

TEST_CASE("TK9: priority: tasks from outside all run, and know their band") {
  for (const std::size_t workers : {0U, 1U, 3U}) {
    CAPTURE(workers);
    const runtime::Runtime runtime = make(workers);
    const runtime::Handle handle = runtime.handle();
    std::array<std::atomic<int>, 3> ran{};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 300; ++i) {
          for (const Priority band : kAll) {
            task::Builder{}.priority(band).on(handle).spawn([&]() -> Task<void> {
              co_await yield_now();
              ran[index(Context::current().priority())].fetch_add(1);
            }).detach();
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    runtime.block_on([&]() -> Task<void> {
      while (ran[0] + ran[1] + ran[2] != 1800) co_await yield_now();
    });
    for (const auto& count : ran) CHECK(count.load() == 600);
    CHECK(runtime.metrics().remote_schedule_count() >= 1800);
  }
}

TEST_CASE("TK9: priority: a task from outside is let in to each band, though the band has tasks of its own") {
  // As often as a cycle has turns, so that the same band would be met each time.
  const runtime::Runtime runtime = Builder::multi_thread().worker_threads(1).global_queue_interval(13).build().value();
  const auto entered = runtime.enter();
  Runs runs(1'000'000);
  inside(runtime, [&]() -> Task<void> {
    for (const Priority band : kAll) runs.spawn_some(band, 3);
    co_return;
  });
  std::atomic<int> let_in = 0;
  for (const Priority band : kAll) {
    spawn_in(band, [&]() -> Task<void> {
      if (let_in.fetch_add(1) == 2) runs.left = 0;
      co_return;
    });
  }
  while (runs.living.load() != 0) std::this_thread::yield();
  CHECK(let_in.load() == 3);
  int all = 0;
  for (const auto& count : runs.of) all += count.load();
  CHECK(all < 1'000'000);
}

/// Counts how many there were, and how many are gone.
class Counted {
 public:
  explicit Counted(std::atomic<int>& living) : living_(&living) { living.fetch_add(1); }
  Counted(Counted&& other) noexcept : living_(std::exchange(other.living_, nullptr)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (living_ != nullptr) living_->fetch_sub(1);
  }

 private:
  std::atomic<int>* living_;
};

void spawn_counted(std::atomic<int>& living, int each) {
  for (int i = 0; i < each; ++i) {
    for (const Priority band : kAll) {
      task::Builder{}.priority(band).spawn([](Counted) -> Task<void> {
        for (;;) co_await yield_now();
      }, Counted(living)).detach();
    }
  }
}

TEST_CASE("TK9: priority: the end of the runtime finds the tasks of all bands") {
  for (const std::size_t workers : {0U, 1U, 3U}) {
    CAPTURE(workers);
    std::atomic<int> living = 0;
    {
      const runtime::Runtime runtime = make(workers);
      inside(runtime, [&]() -> Task<void> {
        spawn_counted(living, 500);
        co_return;
      });
      const auto entered = runtime.enter();
      spawn_counted(living, 100);
      CHECK(living.load() == 1800);
    }
    CHECK(living.load() == 0);
  }
}

TEST_CASE("TK9: priority: what lies behind a worker that does not come back is ended, in all bands") {
  std::atomic<int> living = 0;
  std::atomic<bool> stuck = false;
  std::atomic<bool> stop = false;
  std::atomic<bool> left = false;
  runtime::Runtime runtime = Builder::multi_thread().worker_threads(1).watchdog(Duration::zero()).build().value();
  runtime.spawn([&]() -> Task<void> {
    spawn_counted(living, 500);
    stuck = true;
    while (!stop.load()) std::this_thread::yield();
    left = true;
    co_return;
  }).detach();
  while (!stuck.load()) std::this_thread::yield();
  CHECK(std::move(runtime).shutdown_timeout(1ms).tasks.size() == 1);
  CHECK(living.load() == 0);
  stop = true;
  while (!left.load()) std::this_thread::yield();
}

TEST_CASE("ME3: metrics: a band says how many tasks wait, and for how long") {
  const runtime::Runtime runtime = make(2);
  const RuntimeMetrics metrics = runtime.metrics();
  std::atomic<bool> stop = false;
  std::atomic<int> spinning = 0;
  const auto spin = [&]() -> Task<void> {
    spinning.fetch_add(1);
    while (!stop.load()) std::this_thread::yield();
    co_return;
  };
  CHECK(metrics.band_oldest_age(Priority::Background) == Duration::zero());
  for (int i = 0; i < 2; ++i) runtime.spawn(spin).detach();
  while (spinning.load() != 2) std::this_thread::yield();
  const auto entered = runtime.enter();
  for (int i = 0; i < 3; ++i) spawn_in(Priority::Background, []() -> Task<void> { co_return; });
  CHECK(metrics.band_queue_depth(Priority::Background) == 3);
  CHECK(metrics.band_queue_depth(Priority::Interactive) == 0);
  while (metrics.band_oldest_age(Priority::Background) < 30ms) std::this_thread::yield();
  CHECK(metrics.band_oldest_age(Priority::Interactive) == Duration::zero());
  stop = true;
  while (metrics.band_queue_depth(Priority::Background) != 0) std::this_thread::yield();
  while (metrics.band_oldest_age(Priority::Background) != Duration::zero()) std::this_thread::yield();
}

}  // namespace
