#include <rondeau/connect/circuit_breaker.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using connect::CircuitBreaker;
using connect::CircuitState;
using connect::Outcome;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

/// Calls that are let through; false: refused.
bool call(const CircuitBreaker& breaker, Outcome outcome, std::string_view key = "a") {
  auto permit = breaker.enter(key);
  if (!permit) return false;
  permit->tell(outcome);
  return true;
}

void fail_often(const CircuitBreaker& breaker, int times = 20) {
  for (int i = 0; i < times; ++i) CHECK(call(breaker, Outcome::Failure));
}

}  // namespace

TEST_CASE("connect: a circuit opens when half of at least twenty calls in ten seconds failed") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker;
    for (int i = 0; i < 10; ++i) CHECK(call(breaker, Outcome::Success));
    for (int i = 0; i < 9; ++i) CHECK(call(breaker, Outcome::Failure));
    CHECK(breaker.state("a") == CircuitState::Closed);
    CHECK(call(breaker, Outcome::Failure));
    CHECK(breaker.state("a") == CircuitState::Open);
    CHECK_FALSE(call(breaker, Outcome::Success));
    // Another key is another circuit.
    CHECK(breaker.state("b") == CircuitState::Closed);
    CHECK(call(breaker, Outcome::Success, "b"));
    co_return;
  });
}

TEST_CASE("connect: fewer than half, fewer than twenty, too long ago or ignored: the circuit stays closed") {
  run([]() -> Task<void> {
    const CircuitBreaker few;
    fail_often(few, 19);
    CHECK(few.state("a") == CircuitState::Closed);

    const CircuitBreaker old;
    fail_often(old, 19);
    co_await sleep_for(10s);
    fail_often(old, 19);
    CHECK(old.state("a") == CircuitState::Closed);

    const CircuitBreaker good;
    for (int i = 0; i < 1000; ++i) CHECK(call(good, i % 100 < 51 ? Outcome::Success : Outcome::Failure));
    CHECK(good.state("a") == CircuitState::Closed);

    const CircuitBreaker cancelled;
    for (int i = 0; i < 100; ++i) {
      CHECK(call(cancelled, Outcome::Ignored));
      static_cast<void>(cancelled.enter("a"));  // never told
    }
    fail_often(cancelled, 19);
    CHECK(cancelled.state("a") == CircuitState::Closed);
  });
}

TEST_CASE("connect: an open circuit lets three probes through after five seconds, and closes when all are good") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker;
    fail_often(breaker);
    auto refused = breaker.enter("a");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().next_probe >= Instant::now() + 4500ms);
    CHECK(refused.error().next_probe <= Instant::now() + 5500ms);
    CHECK(refused.error().message().starts_with("a: too many calls failed; the next one is let through in "));
    CHECK(Error(refused.error()) == Errc::Overloaded);
    co_await sleep_until(refused.error().next_probe - 1ms);
    CHECK_FALSE(breaker.enter("a"));
    co_await sleep_for(1ms);
    auto first = breaker.enter("a");
    auto second = breaker.enter("a");
    auto third = breaker.enter("a");
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(third);
    CHECK(first->is_probe());
    CHECK(breaker.state("a") == CircuitState::HalfOpen);
    CHECK_FALSE(breaker.enter("a"));
    first->tell(Outcome::Success);
    second->tell(Outcome::Success);
    CHECK(breaker.state("a") == CircuitState::HalfOpen);
    CHECK_FALSE(breaker.enter("a"));
    third->tell(Outcome::Success);
    CHECK(breaker.state("a") == CircuitState::Closed);
    // What failed before is forgotten.
    fail_often(breaker, 19);
    CHECK(breaker.state("a") == CircuitState::Closed);
  });
}

TEST_CASE("connect: a probe that was cancelled makes room for another one") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker({.probes = 1});
    fail_often(breaker);
    co_await sleep_for(6s);
    {
      auto probe = breaker.enter("a");
      REQUIRE(probe);
      CHECK_FALSE(breaker.enter("a"));
    }
    CHECK(call(breaker, Outcome::Success));
    CHECK(breaker.state("a") == CircuitState::Closed);
  });
}

TEST_CASE("connect: each probe that fails doubles the time, up to a minute") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker;
    fail_often(breaker);
    for (const Duration longest : {5s, 10s, 20s, 40s, 60s, 60s}) {
      const auto refused = breaker.enter("a");
      REQUIRE_FALSE(refused);
      const Duration left = refused.error().next_probe - Instant::now();
      CHECK(left >= longest * 9 / 10);
      CHECK(left <= longest * 11 / 10);
      co_await sleep_for(left);
      CHECK(call(breaker, Outcome::Failure));
    }
    // Once it has closed it begins with five seconds again.
    co_await sleep_for(70s);
    for (int i = 0; i < 3; ++i) CHECK(call(breaker, Outcome::Success));
    fail_often(breaker);
    CHECK(breaker.enter("a").error().next_probe <= Instant::now() + 5500ms);
  });
}

TEST_CASE("connect: what was begun before a circuit changed does not count afterwards") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker({.probes = 2});
    std::vector<CircuitBreaker::Permit> before;
    for (int i = 0; i < 30; ++i) before.push_back(*breaker.enter("a"));
    fail_often(breaker);
    co_await sleep_for(6s);
    auto probe = breaker.enter("a");
    for (auto& permit : before) permit.tell(Outcome::Failure);
    CHECK(breaker.state("a") == CircuitState::HalfOpen);
    probe->tell(Outcome::Success);
    CHECK(breaker.state("a") == CircuitState::HalfOpen);
    CHECK(call(breaker, Outcome::Success));
    CHECK(breaker.state("a") == CircuitState::Closed);
  });
}

TEST_CASE("connect: changes of a circuit are told, each once and under no lock") {
  run([]() -> Task<void> {
    std::vector<std::string> told;
    std::optional<CircuitBreaker> breaker;
    breaker.emplace(connect::CircuitBreakerOptions{
        .probes = 1, .on_change = [&](std::string_view key, CircuitState from, CircuitState to) {
          told.push_back(std::string(key) + ": " + std::string(to_string(from)) + " to " + std::string(to_string(to)));
          CHECK(breaker->state(key) == to);
        }});
    fail_often(*breaker);
    co_await sleep_for(6s);
    CHECK(call(*breaker, Outcome::Success));
    CHECK(told == std::vector<std::string>{"a: closed to open", "a: open to half-open", "a: half-open to closed"});
  });
}

TEST_CASE("connect: keys are bounded; one that was forgotten begins anew") {
  run([]() -> Task<void> {
    const CircuitBreaker breaker({.max_keys = 2});
    auto early = breaker.enter("a");
    fail_often(breaker);
    CHECK(call(breaker, Outcome::Success, "b"));
    CHECK_FALSE(call(breaker, Outcome::Success, "a"));
    CHECK(call(breaker, Outcome::Success, "c"));  // "b" was not called for the longest time
    CHECK(breaker.state("a") == CircuitState::Open);
    CHECK(call(breaker, Outcome::Success, "d"));
    CHECK(call(breaker, Outcome::Success, "e"));
    CHECK(breaker.state("a") == CircuitState::Closed);
    fail_often(breaker, 19);
    early->tell(Outcome::Failure);  // of the circuit that was forgotten
    CHECK(breaker.state("a") == CircuitState::Closed);
    co_return;
  });
}
