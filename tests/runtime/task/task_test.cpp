#include <rondeau/task/task.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>

#include "probe.h"

using namespace rondeau;
using probe::Alive;

namespace {

Task<std::int64_t> one() { co_return 1; }

Task<std::int64_t> sum_of_ready(std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += co_await one();
  co_return sum;
}

Task<std::string> held(std::string text, Alive) { co_return text; }

Task<int> throws() {
  const Alive alive;
  throw std::runtime_error("thrown");
  co_return 0;
}

Task<int> passes_on(int depth) {
  const Alive alive;
  if (depth == 0) co_return co_await throws();
  co_return co_await passes_on(depth - 1);
}

Task<Result<int>> fails() { co_return Errc::Closed; }
Task<Result<std::string>> tries() {
  RONDEAU_TRY(const int value, co_await fails());
  co_return std::to_string(value);
}

Task<int> deep(int depth) {
  if (depth == 0) {
    co_await yield_now();
    co_return 0;
  }
  co_return 1 + co_await deep(depth - 1);
}

Task<void> deep_and_stuck(int depth) {
  const Alive alive;
  co_await (depth == 0 ? probe::for_ever() : deep_and_stuck(depth - 1));
}

}  // namespace

TEST_CASE("TK1: task: ten million awaits of ready coroutines do not grow the stack") {
  auto runtime = runtime::Builder::current_thread().build();
  CHECK(runtime.value().block_on(sum_of_ready(10'000'000)) == 10'000'000);
}

TEST_CASE("TK1: task: destroying one that never ran destroys its arguments and runs nothing") {
  {
    auto task = held("text", Alive());
    CHECK(probe::living.load() == 1);
    discard(std::move(task));
  }
  CHECK(probe::living.load() == 0);
}

TEST_CASE("TK1: task: an exception passes through sixteen frames to the awaiter") {
  probe::on_every_flavor([]() -> Task<void> {
    bool caught = false;
    try {
      static_cast<void>(co_await passes_on(16));
    } catch (const std::runtime_error& error) {
      caught = std::string(error.what()) == "thrown";
    }
    CHECK(caught);
  });
}

TEST_CASE("TK1: task: RONDEAU_TRY passes an error on") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto result = co_await tries();
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::Closed);
  });
}

TEST_CASE("TK1: task: a chain of a hundred thousand frames runs, and is destroyed without recursion") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await deep(100'000) == 100'000);
    auto stuck = spawn(deep_and_stuck(100'000));
    for (int i = 0; i < 3; ++i) co_await yield_now();
    stuck.abort();
    const auto result = co_await stuck;
    CHECK_FALSE(result);
    CHECK(probe::living.load() == 0);
  });
}

TEST_CASE("TK6: yield_now: the task goes to the back of its queue, also where it is alone with its own wakes") {
  auto runtime = runtime::Builder::current_thread().build().value();
  std::string order;
  runtime.block_on([&order]() -> Task<void> {
    std::vector<JoinHandle<void>> tasks;
    for (char name = 'a'; name <= 'c'; ++name) {
      tasks.push_back(spawn([&order, name]() -> Task<void> {
        for (int turn = 0; turn < 3; ++turn) {
          order += name;
          co_await yield_now();
        }
      }));
    }
    for (auto& task : tasks) CHECK(co_await task);
  });
  CHECK(order == "abcabcabc");
}

TEST_CASE("TK6: yield_now: always suspends, and may be destroyed while it does") {
  probe::on_every_flavor([]() -> Task<void> {
    auto forever = spawn(probe::for_ever());
    co_await yield_now();
    forever.abort();
    const auto ended = co_await forever;
    CHECK_FALSE(ended);
  });
}
