#include <rondeau/sync/once_cell.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/task/spawn.h>

#include "flavors.h"

using namespace sync_test;

namespace {

constinit OnceCell<int> global_cell;

Task<int> forty_two() {
  co_await yield_now();
  co_return 42;
}

}  // namespace

TEST_CASE("SY14: once cell: it may be a global with static initialisation") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    CHECK(global_cell.get() == nullptr);
    CHECK(*co_await global_cell.get_or_init(forty_two) == 42);
    CHECK(*global_cell.get() == 42);
  });
}

TEST_CASE("SY14: once cell: many ask, one initialiser runs, all get its value") {
  for (std::size_t round = 0; round < rounds(); ++round) {
    on_each_flavor([](const runtime::Runtime& runtime) {
      runtime.block_on([]() -> Task<void> {
        OnceCell<std::string> cell;
        std::atomic<int> runs{0};
        std::vector<JoinHandle<const std::string*>> tasks;
        for (int i = 0; i < 100; ++i) {
          tasks.push_back(spawn([&]() -> Task<const std::string*> {
            co_return co_await cell.get_or_init([&runs]() -> Task<std::string> {
              ++runs;
              for (int k = 0; k < 5; ++k) co_await yield_now();
              co_return "made once";
            });
          }));
        }
        for (auto& task : tasks) {
          const std::string* value = (co_await task).value();
          CHECK(value == cell.get());
          CHECK(*value == "made once");
        }
        CHECK(runs == 1);
        CHECK(cell.initialized());
      });
    });
  }
}

TEST_CASE("SY14: once cell: if the initialiser fails, throws or is cancelled the next waiter's runs") {
  enum class How { Fails, Throws, Cancelled };
  for (const How how : {How::Fails, How::Throws, How::Cancelled}) {
    const runtime::Runtime runtime = current_thread();
    runtime.block_on([how]() -> Task<void> {
      OnceCell<int> cell;
      auto first = spawn([&]() -> Task<bool> {
        auto made = co_await cell.get_or_try_init([how]() -> Task<Result<int>> {
          for (int i = 0; i < 20; ++i) co_await yield_now();
          if (how == How::Throws) throw std::runtime_error("no");
          co_return Errc::NotFound;
        });
        CHECK(made.error() == Errc::NotFound);
        co_return made.has_value();
      });
      co_await settle();
      auto second = spawn([&]() -> Task<int> { co_return *co_await cell.get_or_init(forty_two); });
      auto third = spawn([&]() -> Task<int> {
        co_return **co_await cell.get_or_try_init([]() -> Task<Result<int>> { co_return 1; });
      });
      co_await settle();
      CHECK_FALSE(second.is_finished());
      if (how == How::Cancelled) first.abort();
      CHECK((co_await second).value() == 42);
      CHECK((co_await third).value() == 42);
      const auto ended = co_await first;
      CHECK((how == How::Fails) == ended.has_value());
    });
  }
}

TEST_CASE("SY14: once cell: a cancelled waiter, waiting or chosen, does not hold up the others") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    OnceCell<int> cell;
    const auto waiting = [&]() -> Task<const int*> { co_return co_await cell.get_or_init(forty_two); };
    auto first = spawn([&]() -> Task<void> {
      static_cast<void>(co_await cell.get_or_init([]() -> Task<int> {
        for (;;) co_await yield_now();
      }));
    });
    co_await settle();
    auto second = spawn(waiting);
    auto third = spawn(waiting);
    auto fourth = spawn(waiting);
    co_await settle();
    third.abort();
    first.abort();
    second.abort();  // may have the turn already
    CHECK(*(co_await fourth).value() == 42);
  });
}

TEST_CASE("SY14: once cell: set takes a value where there is none and none is being made") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    OnceCell<int> cell;
    auto maker = spawn([&]() -> Task<int> { co_return *co_await cell.get_or_init(forty_two); });
    co_await yield_now();
    auto early = cell.set(1);
    REQUIRE_FALSE(early);
    CHECK(early.error().is_being_set());
    CHECK(early.error().value() == 1);
    CHECK((co_await maker).value() == 42);
    CHECK(cell.set(2).error().is_already_set());
    OnceCell<int> other;
    CHECK(other.set(3));
    CHECK(*co_await other.get_or_init(forty_two) == 3);
    CHECK(*OnceCell<int>(4).get() == 4);
  });
}

TEST_CASE("SY14: once cell: take leaves it empty, to be initialised again") {
  const runtime::Runtime runtime = current_thread();
  runtime.block_on([]() -> Task<void> {
    OnceCell<std::unique_ptr<int>> cell;
    CHECK_FALSE(cell.take());
    CHECK(cell.set(std::make_unique<int>(1)));
    CHECK(**cell.take() == 1);
    CHECK(cell.get() == nullptr);
    CHECK_FALSE(cell.initialized());
    CHECK(**co_await cell.get_or_init([]() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); }) == 2);
  });
}
