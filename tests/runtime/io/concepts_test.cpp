#include <rondeau/io/concepts.h>

#include <doctest/doctest.h>

#include <rondeau/io/any_stream.h>
#include <rondeau/io/duplex.h>
#include <rondeau/task/task.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;

/// Inherits from nothing.
struct Zeros {
  Task<Result<std::size_t>> read_some(std::span<std::byte> out) {
    std::ranges::fill(out, std::byte{0});
    co_return out.size();
  }
};
struct NoReader {
  int read_some(std::span<std::byte>);
};

static_assert(io::AsyncRead<Zeros>);
static_assert(!io::AsyncRead<NoReader>);
static_assert(!io::AsyncWrite<Zeros>);
static_assert(io::AsyncReadWrite<io::DuplexStream>);
static_assert(io::AsyncRead<io::Reader> && io::AsyncWrite<io::Writer>);
static_assert(io::AsyncRead<io::SimplexReader> && !io::AsyncWrite<io::SimplexReader>);

TEST_CASE("IO1: io: an erased stream reads and writes as the one it owns") {
  support::HandRuntime runtime;
  auto ends = io::duplex(16);
  io::AnyStream near = std::move(ends.first);
  io::AnyReader far = std::move(ends.second);
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await near->write_all("abc"));
    std::array<std::byte, 3> bytes;
    CHECK(co_await far->read_exact(bytes));
    CHECK(bytes[2] == std::byte{'c'});
  });
}

}  // namespace
