#include "scheduler/ring.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/recorded_task.h"

using rondeau::detail::Header;
using rondeau::scheduler::Ring;

namespace {

/// Tasks that are only pushed about.
class Tasks {
 public:
  explicit Tasks(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) tasks_.push_back(std::make_unique<support::RecordedTask>(home_, i + 1));
  }
  Header* operator[](std::size_t index) { return tasks_[index].get(); }

 private:
  support::RecordingScheduler home_;
  std::vector<std::unique_ptr<support::RecordedTask>> tasks_;
};

struct Overflowed {
  std::vector<std::uint64_t> ids;
  void operator()(Header* first, Header* last, std::size_t count) {
    std::size_t seen = 0;
    for (Header* task = first;; task = task->queue_next) {
      ids.push_back(task->id);
      ++seen;
      if (task == last) break;
    }
    CHECK(seen == count);
  }
};

}  // namespace

TEST_CASE("ring: pops in the order of pushes, across the wrap") {
  Tasks tasks(3);
  Ring<4> ring;
  Overflowed overflowed;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 3; ++i) ring.push(tasks[i], overflowed);
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(ring.pop()->id == i + 1);
    CHECK(ring.pop() == nullptr);
  }
  CHECK(overflowed.ids.empty());
}

TEST_CASE("ring: when full, the second half and the new task overflow as one chain") {
  Tasks tasks(5);
  Ring<4> ring;
  Overflowed overflowed;
  for (std::size_t i = 0; i < 5; ++i) ring.push(tasks[i], overflowed);
  CHECK(overflowed.ids == std::vector<std::uint64_t>{3, 4, 5});
  CHECK(ring.pop()->id == 1);
  CHECK(ring.pop()->id == 2);
  CHECK(ring.pop() == nullptr);
}

TEST_CASE("ring: a thief takes half, rounded up, and runs the last it took") {
  Tasks tasks(4);
  Ring<4> ring;
  Ring<4> thief;
  Overflowed overflowed;
  for (std::size_t i = 0; i < 3; ++i) ring.push(tasks[i], overflowed);
  CHECK(ring.steal_into(thief).first->id == 2);
  CHECK(thief.pop()->id == 1);
  CHECK(thief.pop() == nullptr);
  CHECK(ring.pop()->id == 3);
  CHECK(ring.steal_into(thief).first == nullptr);
}

TEST_CASE("ring: no task is lost or doubled while owner and thieves work at once") {
  constexpr std::size_t kTasks = 64;
  constexpr int kRounds = 300;
  Tasks tasks(kTasks);
  std::vector<std::atomic<int>> seen(kTasks + 1);
  for (int round = 0; round < kRounds; ++round) {
    Ring<8> ring;
    std::atomic<bool> pushing{true};
    std::vector<std::thread> thieves;
    for (int t = 0; t < 2; ++t) {
      thieves.emplace_back([&] {
        Ring<8> own;
        const auto take_all = [&] {
          while (Header* task = ring.steal_into(own).first) {
            seen[task->id].fetch_add(1);
            while (Header* more = own.pop()) seen[more->id].fetch_add(1);
          }
        };
        while (pushing.load()) take_all();
        take_all();
      });
    }
    std::vector<Header*> overflowed;
    for (std::size_t i = 0; i < kTasks; ++i) {
      ring.push(tasks[i], [&](Header* first, Header* last, std::size_t) {
        for (Header* task = first;; task = task->queue_next) {
          overflowed.push_back(task);
          if (task == last) break;
        }
      });
      if (i % 3 == 0) {
        if (Header* task = ring.pop()) seen[task->id].fetch_add(1);
      }
    }
    while (Header* task = ring.pop()) seen[task->id].fetch_add(1);
    for (Header* task : overflowed) seen[task->id].fetch_add(1);
    pushing.store(false);
    for (std::thread& thief : thieves) thief.join();
    while (Header* task = ring.pop()) seen[task->id].fetch_add(1);
  }
  for (std::size_t id = 1; id <= kTasks; ++id) CHECK(seen[id].load() == kRounds);
}
