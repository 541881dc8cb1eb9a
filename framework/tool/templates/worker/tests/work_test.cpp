#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/spawn.h>
#include <rondeau/testing/test_app.h>

#include "app.h"

using namespace rondeau;
using {{ns}}::Progress;
using {{ns}}::Work;
using namespace std::chrono_literals;

namespace {

/// On a runtime whose clock stands still.
template <class Body>
void run_paused(Body body) {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused().build().value();
  runtime.block_on(std::move(body));
}

}  // namespace

TEST_CASE("work: what is queued is done, and words are counted") {
  run_paused([]() -> Task<void> {
    const auto work = std::make_shared<Work>(10);
    auto running = spawn(Work::run(work, 1s));
    CHECK(work->push("count the words") == 1);
    CHECK(work->push("  of\nthis ") == 2);
    co_await rondeau::runtime::test::advance(3500ms);  // three reports on the way
    CHECK(work->progress().done == 2);
    CHECK(work->progress().words == 5);
    work->close();
    CHECK(co_await running);
  });
}

TEST_CASE("work: a queue that is full refuses, and one that is closed is worked off") {
  run_paused([]() -> Task<void> {
    const auto work = std::make_shared<Work>(2);
    CHECK(work->push("a"));
    CHECK(work->push("b"));
    CHECK(!work->push("c"));
    work->close();
    CHECK(!work->push("d"));
    CHECK(co_await spawn(Work::run(work, 1s)));
    CHECK(work->progress().accepted == 2);
    CHECK(work->progress().refused == 2);
    CHECK(work->progress().done == 2);
  });
}

TEST_CASE("work: it is asked for over HTTP") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  const auto ask = [&app] {
    return app.post("/work").header("content-type", "application/json").body(R"({"text":"a b"})").send();
  };
  CHECK(ask().status() == StatusCode::Accepted);
  CHECK(ask().body() == R"({"number":2})");
  CHECK(ask().status() == StatusCode::Accepted);
  const auto refused = ask();  // there is room for three, and nobody works
  CHECK(refused.status() == StatusCode::ServiceUnavailable);
  CHECK(refused.header("retry-after") == "1");
  CHECK(app.get("/work").send().json<Progress>().accepted == 3);
}
