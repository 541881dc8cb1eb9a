#include <rondeau/task/builder.h>

#include <string>
#include <thread>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include "probe.h"

using namespace rondeau;
using task::Priority;

TEST_CASE("TK9: task::Builder: on another runtime") {
  auto runtime = runtime::Builder::current_thread().build().value();
  auto other = runtime::Builder::multi_thread().worker_threads(1).build().value();
  runtime.block_on([&]() -> Task<void> {
    auto elsewhere = task::Builder{}.on(other.handle()).spawn([]() -> Task<std::thread::id> {
      co_return std::this_thread::get_id();
    });
    CHECK((co_await elsewhere).value() != std::this_thread::get_id());
  });
}

TEST_CASE("TK9: task::Builder: name and priority; ids are never reused") {
  probe::on_every_flavor([]() -> Task<void> {
    const std::string text = "reader of a socket";
    auto named = task::Builder{}.name(text).priority(Priority::Background).spawn(
        [](int number) -> Task<std::pair<std::string, int>> {
          co_await yield_now();
          CHECK(Context::current().priority() == Priority::Background);
          co_return {std::string(detail::task_name(*detail::current_task())), number};
        },
        5);
    const auto [name, number] = (co_await named).value();
    CHECK(name == text);
    CHECK(number == 5);
    CHECK(Context::current().priority() == Priority::Normal);
    const task::TaskId one = (co_await spawn([]() -> Task<task::TaskId> { co_return task::id(); })).value();
    const task::TaskId two = (co_await spawn([]() -> Task<task::TaskId> { co_return task::id(); })).value();
    CHECK(one < two);
    auto call = task::Builder{}.name("cleaner").spawn_blocking([](int value) { return value + 1; }, 3);
    CHECK((co_await call).value() == 4);
  });
  CHECK_FALSE(task::try_id());
  static_assert(sizeof(detail::Cell<void, detail::Empty>) == 128);
}
