// Descriptors that travel over a Unix stream.
#include <rondeau/net/unix_stream.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/aborts.h"
#include "support/hand_runtime.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using net::UnixStream;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Streams {
  Streams() {
    auto pair = UnixStream::pair().value();
    near.emplace(std::move(pair.first));
    far.emplace(std::move(pair.second));
  }
  ~Streams() { runtime.end_tasks(); }

  support::HandRuntime runtime;
  std::optional<UnixStream> near;
  std::optional<UnixStream> far;
};

/// A pipe of the system's.
struct SystemPipe {
  SystemPipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  base::UniqueFd reading;
  base::UniqueFd writing;
};

TEST_CASE("NE5: net: descriptors come with the bytes they were sent with, close-on-exec, and work") {
  Streams streams;
  SystemPipe pipe;
  const std::array<int, 2> fds{pipe.reading.get(), pipe.writing.get()};
  streams.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await streams.near->send_with_fds(bytes_of("take these"), fds)).value() == 10);
    CHECK(co_await streams.near->write_all("and no more"));
    std::array<std::byte, 64> room;
    auto got = (co_await streams.far->receive_with_fds(room, 8)).value();
    // A read does not go on into bytes that came without.
    CHECK(got.size == 10);
    CHECK(got.fds.size() == 2);
    for (const base::UniqueFd& fd : got.fds) CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::write(got.fds[1].get(), "x", 1) == 1);
    char byte = 0;
    CHECK(::read(pipe.reading.get(), &byte, 1) == 1);
    got = (co_await streams.far->receive_with_fds(room, 8)).value();
    CHECK(got.size == 11);
    CHECK(got.fds.empty());
    streams.near.reset();
    CHECK((co_await streams.far->receive_with_fds(room, 8)).value().size == 0);
  });
}

TEST_CASE("NE5: net: more descriptors than were asked for are an error, and none of them stays open") {
  Streams streams;
  SystemPipe pipe;
  const std::array<int, 3> fds{pipe.reading.get(), pipe.writing.get(), pipe.writing.get()};
  const auto before = support::open_descriptors();
  for (std::size_t max : {std::size_t{1}, std::size_t{2}}) {
    CAPTURE(max);
    REQUIRE(streams.near->try_send_with_fds(bytes_of("many"), fds).value() == 4);
    const Errc error = streams.runtime.block_on([&]() -> Task<Errc> {
      std::array<std::byte, 64> room;
      co_return (co_await streams.far->receive_with_fds(room, max)).error().code();
    });
    CHECK(error == Errc::TooLarge);
    CHECK(support::open_descriptors() == before);
  }
  // Nor do those that a read meets which does not know of them.
  REQUIRE(streams.near->try_send_with_fds(bytes_of("many"), fds).value() == 4);
  streams.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 64> room;
    CHECK((co_await streams.far->read_some(room)).value() == 4);
  });
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("NE5: net: descriptors go with a byte at least, and no more than the system takes") {
  Streams streams;
  SystemPipe pipe;
  const std::vector<int> most(253, pipe.reading.get());
  const std::vector<int> too_many(254, pipe.reading.get());
  CHECK(streams.near->try_send_with_fds({}, most).error() == Errc::InvalidArgument);
  CHECK(streams.near->try_send_with_fds(bytes_of("x"), too_many).error() == Errc::InvalidArgument);
  CHECK(streams.near->try_send_with_fds(bytes_of("x"), {}).value() == 1);
  const auto before = support::open_descriptors();
  REQUIRE(streams.near->try_send_with_fds(bytes_of("y"), most).value() == 1);
  streams.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 1> room;
    CHECK((co_await streams.far->receive_with_fds(room, 1)).value().fds.empty());
    CHECK((co_await streams.far->receive_with_fds(room, 1000)).value().fds.size() == 253);
  });
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("NE5: net: a receive of descriptors destroyed while it waits, or after it was woken, loses none") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    Streams streams;
    SystemPipe pipe;
    const std::array<int, 1> fds{pipe.reading.get()};
    auto receiving = streams.runtime.spawn([&]() -> Task<void> {
      std::array<std::byte, 8> room;
      static_cast<void>(co_await streams.far->receive_with_fds(room, 1));
    });
    streams.runtime.run_ready();
    if (woken) {
      REQUIRE(streams.near->try_send_with_fds(bytes_of("kept"), fds));
      while (streams.runtime.reactor().turn(std::chrono::seconds(5)) == 0) {
      }
    }
    receiving.abort();
    streams.runtime.run_ready();
    REQUIRE(receiving.is_finished());
    if (!woken) REQUIRE(streams.near->try_send_with_fds(bytes_of("kept"), fds));
    streams.runtime.block_on([&]() -> Task<void> {
      std::array<std::byte, 8> room;
      auto got = (co_await streams.far->receive_with_fds(room, 1)).value();
      CHECK(got.size == 4);
      CHECK(got.fds.size() == 1);
    });
  }
}

TEST_CASE("NE5: net: a send of descriptors destroyed while it waits passed none") {
  Streams streams;
  SystemPipe pipe;
  const std::array<int, 1> fds{pipe.reading.get()};
  const std::vector<std::byte> block(64 * 1024);
  std::size_t full = 0;
  for (auto count = streams.near->try_write(block); count; count = streams.near->try_write(block)) full += *count;
  auto sending = streams.runtime.spawn(
      [&]() -> Task<void> { static_cast<void>(co_await streams.near->send_with_fds(bytes_of("lost"), fds)); });
  streams.runtime.run_ready();
  CHECK_FALSE(sending.is_finished());
  sending.abort();
  streams.runtime.run_ready();
  streams.near.reset();
  streams.runtime.block_on([&]() -> Task<void> {
    std::vector<std::byte> room(full);
    std::size_t got = 0;
    for (;;) {
      auto received = (co_await streams.far->receive_with_fds(room, 4)).value();
      CHECK(received.fds.empty());
      if (received.size == 0) break;
      got += received.size;
    }
    CHECK(got == full);
  });
}

TEST_CASE("NE5: net: no room for descriptors at all is a bug of the caller") {
  Streams streams;
  CHECK(support::aborts_with("max_fds > 0", [&] {
    std::array<std::byte, 1> room;
    static_cast<void>(streams.far->try_receive_with_fds(room, 0));
  }));
}

}  // namespace
