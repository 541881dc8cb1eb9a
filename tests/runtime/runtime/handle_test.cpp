#include <rondeau/runtime/handle.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "../task/probe.h"

namespace {

using namespace rondeau;
using runtime::Builder;
using runtime::Handle;

Builder builder_for(std::size_t workers) {
  return workers == 0 ? Builder::current_thread() : Builder::multi_thread().worker_threads(workers);
}

TEST_CASE("RT14: a handle knows the flavour and the number of its runtime") {
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    const auto current = Builder::current_thread().build().value();
    const auto multi = Builder::multi_thread().worker_threads(1).build().value();
    CHECK(current.handle().flavor() == runtime::Flavor::CurrentThread);
    CHECK(multi.handle().flavor() == runtime::Flavor::MultiThread);
    CHECK(current.block_on([]() -> Task<std::uint64_t> { co_return Handle::current().id(); }) == current.handle().id());
    ids.insert({current.handle().id(), multi.handle().id()});
  }
  CHECK(ids.size() == 6);
}

TEST_CASE("RT14: worker_index is the worker's number, and empty elsewhere") {
  CHECK_FALSE(runtime::worker_index());
  const auto runtime = builder_for(3).build().value();
  const auto entered = runtime.enter();
  CHECK_FALSE(runtime::worker_index());
  std::set<std::size_t> seen;
  runtime.block_on([&]() -> Task<void> {
    CHECK_FALSE(runtime::worker_index());
    CHECK_FALSE((co_await spawn_blocking(runtime::worker_index)).value());
    std::atomic<int> met = 0;
    const auto meet = [&met]() -> Task<std::size_t> {
      for (++met; met < 3;) std::this_thread::yield();
      co_return runtime::worker_index().value();
    };
    std::array handles{spawn(meet), spawn(meet), spawn(meet)};
    for (auto& handle : handles) seen.insert((co_await handle).value());
  });
  CHECK(seen == std::set<std::size_t>{0, 1, 2});
  const auto current = Builder::current_thread().build().value();
  {
    const auto inside = current.enter();
    CHECK_FALSE(runtime::worker_index());
  }
}

TEST_CASE("RT14: on current_thread who drives is worker 0") {
  const auto current = Builder::current_thread().build().value();
  CHECK(current.block_on([]() -> Task<std::size_t> { co_return runtime::worker_index().value(); }) == 0);
}

TEST_CASE("RT13: RT14: spawn_blocking of a runtime and of a handle, from outside and after the end") {
  std::optional<Handle> handle;
  for (const std::size_t workers : {0U, 2U}) {
    {
      const auto runtime = builder_for(workers).build().value();
      handle = runtime.handle();
      auto one = runtime.spawn_blocking([] { return 1; });
      auto two = handle->spawn_blocking(BuiltInPool::Fs, [](int value) { return value; }, 2);
      CHECK(runtime.block_on([&]() -> Task<int> { co_return (co_await one).value() + (co_await two).value(); }) == 3);
      CHECK_FALSE(Handle::try_current());
    }
    auto late = handle->spawn_blocking([alive = probe::Alive()] {});
    CHECK(late.is_finished());
    CHECK(late.take_result().error().is_cancelled());
    CHECK(probe::living == 0);
  }
}

struct AskedAtTheEnd {
  std::atomic<int>* answer = nullptr;
  ~AskedAtTheEnd() {
    if (answer == nullptr) return;
    const auto handle = Handle::try_current();
    *answer = handle ? 1 : handle.error().is_missing() ? 2 : 3;
  }
};
thread_local AskedAtTheEnd asked_at_the_end;

TEST_CASE("RT14: try_current tells a thread without a runtime from one that is ending") {
  const auto none = Handle::try_current();
  REQUIRE_FALSE(none);
  CHECK(none.error().is_missing());
  CHECK_FALSE(none.error().is_thread_ending());

  std::atomic<int> never_had_one = 0;
  std::thread([&] { asked_at_the_end.answer = &never_had_one; }).join();
  CHECK(never_had_one == 2);

  std::atomic<int> had_one = 0;
  const auto runtime = Builder::current_thread().build().value();
  std::thread([&] {
    asked_at_the_end.answer = &had_one;
    const auto entered = runtime.enter();
    CHECK(Handle::try_current());
  }).join();
  CHECK(had_one == 3);
}

TEST_CASE("RT14: after shutdown I/O and timers end with the shutdown error, and never hang") {
  for (const std::size_t workers : {0U, 1U, 2U}) {
    CAPTURE(workers);
    std::optional<Handle> handle;
    std::optional<net::UnixStream> mine;
    std::optional<net::UnixStream> peer;
    {
      const auto runtime = builder_for(workers).build().value();
      handle = runtime.handle();
      runtime.block_on([&]() -> Task<void> {
        auto [one, other] = net::UnixStream::pair().value();
        mine.emplace(std::move(one));
        peer.emplace(std::move(other));
        co_return;
      });
    }
    const auto other = Builder::current_thread().build().value();
    std::array<std::byte, 4> bytes;
    const auto read = other.block_on([&]() -> Task<Result<std::size_t>> { co_return co_await mine->read_some(bytes); });
    REQUIRE_FALSE(read);
    CHECK(runtime::is_shutdown_error(read.error()));
    CHECK_FALSE(runtime::is_shutdown_error(Error(Errc::Closed)));

    handle->block_on([]() -> Task<void> {
      auto listener = net::TcpListener::bind("127.0.0.1:0");
      REQUIRE_FALSE(listener);
      CHECK(runtime::is_shutdown_error(listener.error()));
      co_await sleep_for(std::chrono::hours(1));
    }());
  }
}

}  // namespace
