#include "../src/jobs/{{part}}.h"

#include <chrono>
#include <memory>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/spawn.h>

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("{{part}}: runs at once, and then once in each period") {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused().build().value();
  runtime.block_on([]() -> Task<void> {
    const auto progress = std::make_shared<{{ns}}::{{Part}}Progress>();
    auto running = spawn({{ns}}::{{part}}(progress, 10s));
    co_await rondeau::runtime::test::advance(1s);
    CHECK(progress->runs == 1);
    co_await rondeau::runtime::test::advance(30s);
    CHECK(progress->runs == 4);
    running.abort();
    CHECK(!co_await running);
  });
}
