#include "admin/health.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/task/join_all.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using admin::Health;
using service::Need;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

Task<Result<void>> fine() {
  co_return Result<void>();
}
Task<Result<void>> broken() {
  co_return Error(Errc::Other, "no route to it");
}
Task<Result<void>> slow() {
  co_await sleep_for(1h);
  co_return Result<void>();
}
Task<Result<void>> throwing() {
  co_await sleep_for(1ms);
  throw std::runtime_error("secret");
}

}  // namespace

TEST_CASE("admin: readiness is each required check, and says which is missing") {
  run([]() -> Task<void> {
    const auto health = std::make_shared<Health>();
    CHECK((co_await Health::ask(health)).text == "starting\n");
    health->add("database", fine, Need::Required);
    health->set_started();
    Health::Readiness state = co_await Health::ask(health);
    CHECK(state.ready);
    CHECK(state.text == "ready\n");

    const auto other = std::make_shared<Health>();
    other->add("database", broken, Need::Required);
    other->add("cache", slow, Need::Required);
    other->add("mail", throwing, Need::Required);
    other->add("disk", fine, Need::Required);
    other->set_started();
    const Instant began = Instant::now();
    state = co_await Health::ask(other);
    CHECK_FALSE(state.ready);
    CHECK(state.text.find("database: no route to it\n") != std::string::npos);
    CHECK(state.text.find("cache: ") != std::string::npos);
    CHECK(state.text.find("mail: it threw an exception\n") != std::string::npos);
    CHECK(state.text.find("disk") == std::string::npos);
    CHECK(state.text.find("secret") == std::string::npos);
    CHECK(began.elapsed() == 1s);  // all at the same time
  });
}

TEST_CASE("admin: an advisory check is told and changes nothing") {
  run([]() -> Task<void> {
    const auto health = std::make_shared<Health>();
    health->add("cache", broken, Need::Advisory);
    health->set_started();
    const Health::Readiness state = co_await Health::ask(health);
    CHECK(state.ready);
    CHECK(state.text == "ready\ncache: no route to it (advisory)\n");
  });
}

TEST_CASE("admin: from the first moment of draining nothing is asked and it is not ready") {
  run([]() -> Task<void> {
    int asked = 0;
    const auto health = std::make_shared<Health>();
    health->add(
        "database",
        [&asked]() -> Task<Result<void>> {
          ++asked;
          co_return Result<void>();
        },
        Need::Required);
    health->set_started();
    CHECK((co_await Health::ask(health)).ready);
    health->set_draining();
    const Health::Readiness state = co_await Health::ask(health);
    CHECK_FALSE(state.ready);
    CHECK(state.text == "draining\n");
    CHECK(asked == 1);
  });
}

TEST_CASE("admin: many probes at once are two questions, and none gets an answer from before it asked") {
  run([]() -> Task<void> {
    int asked = 0;
    const auto health = std::make_shared<Health>();
    health->add(
        "database",
        [&asked]() -> Task<Result<void>> {
          ++asked;
          co_await sleep_for(100ms);
          co_return Result<void>();
        },
        Need::Required);
    health->set_started();
    auto first = spawn(Health::ask(health));
    co_await sleep_for(50ms);
    std::vector<Task<Health::Readiness>> more;
    for (int i = 0; i < 20; ++i) more.push_back(Health::ask(health));
    const auto answers = co_await task::join_all(std::move(more));
    for (const Health::Readiness& answer : answers) CHECK(answer.ready);
    CHECK((co_await first)->ready);
    CHECK(asked == 2);
  });
}

TEST_CASE("admin: a probe that is given up leaves the next one its turn") {
  run([]() -> Task<void> {
    const auto health = std::make_shared<Health>();
    health->add(
        "database",
        []() -> Task<Result<void>> {
          co_await sleep_for(100ms);
          co_return Result<void>();
        },
        Need::Required);
    health->set_started();
    auto given_up = spawn(Health::ask(health));
    co_await sleep_for(10ms);
    given_up.abort();
    static_cast<void>(co_await given_up);
    CHECK((co_await Health::ask(health)).ready);
  });
}
