#include <rondeau/connect/retry_budget.h>

#include <chrono>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using connect::RetryBudget;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

int withdraw_all(const RetryBudget& budget) {
  int count = 0;
  while (budget.withdraw()) ++count;
  return count;
}

}  // namespace

TEST_CASE("connect: a quiet client may retry ten times a second, in the long run") {
  run([]() -> Task<void> {
    const RetryBudget budget;
    CHECK(withdraw_all(budget) == 100);
    CHECK(budget.balance() == 0);
    co_await sleep_for(9s);
    CHECK_FALSE(budget.withdraw());
    co_await sleep_for(1s);
    CHECK(withdraw_all(budget) == 100);
  });
}

TEST_CASE("connect: a fifth of the calls may be retried, and what is not used in ten seconds is lost") {
  run([]() -> Task<void> {
    const RetryBudget budget({.reserve_per_second = 0});
    CHECK_FALSE(budget.withdraw());
    for (int i = 0; i < 4; ++i) budget.deposit();
    CHECK_FALSE(budget.withdraw());
    budget.deposit();
    CHECK(budget.withdraw());
    CHECK_FALSE(budget.withdraw());
    for (int i = 0; i < 500; ++i) {
      budget.deposit();
      if (i % 50 == 0) co_await sleep_for(10ms);
    }
    CHECK(budget.balance() == doctest::Approx(100));
    co_await sleep_for(8s);
    CHECK(budget.balance() == doctest::Approx(100));
    co_await sleep_for(3s);
    CHECK(budget.balance() == 0);
    CHECK_FALSE(budget.withdraw());
  });
}

TEST_CASE("connect: an outage of all calls is retried by a fifth, not by more") {
  run([]() -> Task<void> {
    const RetryBudget budget;
    int retries = 0;
    for (int i = 0; i < 60'000; ++i) {  // a thousand calls a second
      budget.deposit();
      retries += budget.withdraw();
      if (i % 10 == 0) co_await sleep_for(10ms);
    }
    // A fifth, and the reserve of ten in each of 60 seconds.
    CHECK(retries <= 12'000 + 700);
    CHECK(retries >= 12'000 + 500);
  });
}

TEST_CASE("connect: a budget of strange options neither overflows nor divides by zero") {
  run([]() -> Task<void> {
    const RetryBudget none({.ratio = -1, .token_lifetime = 0s, .reserve_per_second = -5});
    none.deposit();
    CHECK_FALSE(none.withdraw());
    const RetryBudget endless({.ratio = 1e300, .reserve_per_second = 1e300});
    for (int i = 0; i < 1000; ++i) endless.deposit();
    CHECK(endless.withdraw());
    co_return;
  });
}

TEST_CASE("connect: many threads share a budget and take no more than there is") {
  const RetryBudget budget({.token_lifetime = 1h, .reserve_per_second = 1.0 / 3.6});  // 1000
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) {
        budget.deposit();
        taken += budget.withdraw();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken == 1000 + 800);
}
