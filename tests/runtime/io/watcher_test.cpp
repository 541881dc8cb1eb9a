#include <rondeau/io/watcher.h>

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>

#include "support/aborts.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;

std::size_t read_all(io::Reader& reader) {
  std::array<std::byte, 16> room;
  std::size_t total = 0;
  while (auto count = reader.try_read(room)) {
    if (*count == 0) break;
    total += *count;
  }
  return total;
}

TEST_CASE("io: a watcher is told of the reader that has something to tell, and of no other") {
  test::run([]() -> Task<void> {
    auto first = io::duplex(64);
    auto second = io::duplex(64);
    io::Watcher watcher;
    io::Watch watch_first;
    io::Watch watch_second;
    REQUIRE(watch_first.begin(watcher, first.first));
    REQUIRE(watch_second.begin(watcher, second.first));
    auto writing = spawn([](io::DuplexStream& peer) -> Task<void> { CHECK(co_await peer.write_all("x")); },
                         std::ref(second.second));
    co_await watcher.wait([&] { return watch_first.is_over() || watch_second.is_over(); });
    CHECK_FALSE(watch_first.is_over());
    CHECK(watch_second.is_over());
    // What is there already is told at once, not waited for.
    CHECK_FALSE(watch_second.begin(watcher, second.first));
    CHECK(read_all(second.first) == 1);
    CHECK(watch_second.begin(watcher, second.first));
    watch_second.end(second.first);
    CHECK(watch_second.is_over());
    watch_first.end(first.first);
    CHECK((co_await writing).has_value());
  });
}

TEST_CASE("io: a watcher is told of the end of a connection, within a timeout too") {
  test::run([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    auto near = (co_await net::TcpStream::connect(listener.local_addr().value())).value();
    std::optional far((co_await listener.accept()).value());
    io::Watcher watcher;
    io::Watch watch;
    while (!watch.begin(watcher, near)) read_all(near);
    const auto nothing = co_await timeout(1ms, watcher.wait([&] { return watch.is_over(); }));
    CHECK_FALSE(nothing.has_value());
    far.reset();
    const auto told = co_await timeout(10s, watcher.wait([&] { return watch.is_over(); }));
    CHECK(told.has_value());
    std::array<std::byte, 4> room;
    CHECK(near.try_read(room).value() == 0);
  });
}

TEST_CASE("io: who wakes a watcher from another thread is never missed") {
  test::run([]() -> Task<void> {
    constexpr int kRounds = 2000;
    io::Watcher watcher;
    std::atomic<int> asked{0};
    std::atomic<int> done{0};
    std::thread other([&] {
      for (int round = 1; round <= kRounds; ++round) {
        asked = round;
        watcher.wake();
        while (done < round) std::this_thread::yield();
      }
    });
    for (int round = 1; round <= kRounds; ++round) {
      co_await watcher.wait([&] { return asked >= round; });
      done = round;
    }
    other.join();
  });
}

TEST_CASE("io: a watcher outside of a task aborts") {
  CHECK(support::said_at_abort([] { io::Watcher watcher; }).find("made by the task that is to be told") !=
        std::string::npos);
}

}  // namespace
