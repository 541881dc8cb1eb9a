// What is lost when an await on a socket is destroyed: what its doc says, and nothing else.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/net/connected.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using support::bytes_of;
using support::Connected;

TEST_CASE("IO2: net: a read destroyed while it waits, or after it was woken, loses no byte") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    Connected pair;
    auto reading = pair.runtime.spawn([&]() -> Task<void> {
      std::array<std::byte, 64> buffer;
      static_cast<void>(co_await pair.far->read_some(buffer));
    });
    pair.runtime.run_ready();
    if (woken) {
      // Bytes arrive, a turn takes the waiter and wakes the task, and only then it is aborted.
      REQUIRE(pair.near->try_write(bytes_of("kept")).value() == 4);
      pair.runtime.reactor().turn(std::chrono::seconds(5));
    }
    reading.abort();
    pair.runtime.run_ready();
    REQUIRE(reading.is_finished());
    if (!woken) REQUIRE(pair.near->try_write(bytes_of("kept")).value() == 4);
    CHECK(pair.read(*pair.far, 4) == "kept");
  }
}

TEST_CASE("IO6: net: write_all_buf destroyed at its k-th wait says exactly what was not written") {
  for (std::size_t suspension = 1; suspension <= 4; ++suspension) {
    CAPTURE(suspension);
    Connected pair;
    const std::string text(16 << 20, 'x');
    std::span<const std::byte> left = bytes_of(text);
    auto writing =
        pair.runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await pair.near->write_all_buf(left)); });
    pair.runtime.run_ready();
    std::size_t got = 0;
    std::vector<std::byte> buffer(256 * 1024);
    for (std::size_t k = 1; k < suspension; ++k) {
      const std::size_t before = left.size();
      REQUIRE(pair.runtime.run_until([&] {
        auto count = pair.far->try_read(buffer);
        if (count) got += *count;
        return left.size() != before;
      }));
    }
    writing.abort();
    pair.runtime.run_ready();
    REQUIRE(writing.is_finished());
    REQUIRE_FALSE(left.empty());
    REQUIRE(pair.near->try_shutdown(io::How::Write));
    got += pair.read(*pair.far, text.size()).size();
    CHECK(got + left.size() == text.size());
  }
}

TEST_CASE("NE1: net: an accept destroyed while it waits, or after it was woken, leaves the connection queued") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    Connected pair;
    auto accepting = pair.runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await pair.listener->accept()); });
    pair.runtime.run_ready();
    const SocketAddress address = pair.listener->local_addr().value();
    std::optional<net::TcpStream> client;
    auto connecting = pair.runtime.spawn(
        [&]() -> Task<void> { client.emplace((co_await net::TcpStream::connect(address)).value()); });
    if (woken) {
      pair.runtime.run_one();  // connects; then a turn wakes the acceptor
      while (pair.runtime.reactor().turn(std::chrono::seconds(5)) == 0) {
      }
    }
    accepting.abort();
    REQUIRE(pair.runtime.run_until([&] { return connecting.is_finished() && accepting.is_finished(); }));
    const SocketAddress from = pair.runtime.block_on(
        [&]() -> Task<SocketAddress> { co_return (co_await pair.listener->accept()).value().peer_addr().value(); });
    CHECK(from == client->local_addr().value());
  }
}

TEST_CASE("NE2: net: a connect destroyed while it waits closes its socket") {
  Connected pair;
  const auto before = support::open_descriptors();
  const auto registered = pair.runtime.reactor().registered();
  // A full queue: connects beyond it hang.
  net::TcpListener narrow = net::TcpListener::bind("127.0.0.1:0", {.backlog = 1}).value();
  const SocketAddress address = narrow.local_addr().value();
  std::vector<JoinHandle<void>> tasks;
  for (int i = 0; i < 8; ++i) {
    tasks.push_back(pair.runtime.spawn(
        [address]() -> Task<void> { static_cast<void>(co_await net::TcpStream::connect(address)); }));
  }
  pair.runtime.run_ready();
  CHECK(pair.runtime.live_tasks() > 0);
  pair.runtime.end_tasks();
  CHECK(support::open_descriptors() == before + 1);
  CHECK(pair.runtime.reactor().registered() == registered + 1);
}

TEST_CASE("net: waits for readiness that are destroyed leave the stream as it was") {
  Connected pair;
  std::vector<JoinHandle<void>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(pair.runtime.spawn([&]() -> Task<void> { co_await pair.far->readable(); }));
    tasks.push_back(pair.runtime.spawn([&]() -> Task<void> { co_await pair.far->peer_closed(); }));
  }
  pair.runtime.run_ready();
  tasks[2].abort();
  tasks[3].abort();
  pair.runtime.run_ready();
  REQUIRE(pair.near->try_write(bytes_of("x")));
  CHECK(pair.runtime.run_until([&] { return tasks[0].is_finished() && tasks[4].is_finished(); }));
  CHECK_FALSE(tasks[1].is_finished());
  CHECK(pair.read(*pair.far, 1) == "x");
}

}  // namespace
