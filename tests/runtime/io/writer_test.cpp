#include <rondeau/io/writer.h>

#include <array>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using support::HandRuntime;

/// Takes nothing, and says so.
class Full final : public io::Writer {
 public:
  Result<std::size_t> try_write(std::span<const std::byte>) noexcept override { return std::size_t{0}; }
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer>) noexcept override { return std::size_t{0}; }
  Result<void> try_flush() noexcept override { return flush_result; }
  Result<void> try_shutdown(io::How) noexcept override { return ++shutdowns, Result<void>(); }
  bool start_wait(io::Waiter&) noexcept override { return true; }
  void end_wait(io::Waiter&) noexcept override {}
  Errc flush_result = Errc::NoSpace;
  int shutdowns = 0;
};

std::string drain(io::Reader& reader) {
  std::string text(256, '\0');
  auto count = reader.try_read(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  return text;
}

TEST_CASE("IO6: io: a sink that takes nothing is WriteZero") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    Full sink;
    std::array<io::ConstBuffer, 1> buffers{io::ConstBuffer(std::string_view("x"))};
    CHECK((co_await sink.write_all("x")).error() == Errc::WriteZero);
    CHECK((co_await sink.write_all_vectored(buffers)).error() == Errc::WriteZero);
    CHECK(co_await sink.write_all(""));
  });
}

TEST_CASE("IO7: io: shutdown flushes first, and does not go on after a failed flush") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    Full sink;
    CHECK((co_await sink.shutdown()).error() == Errc::NoSpace);
    CHECK(sink.shutdowns == 0);
  });
}

TEST_CASE("IO6: io: write_all_vectored writes every buffer once, over any boundary") {
  const std::array<std::string_view, 5> parts{"", "one", "", "two", "three"};
  for (std::size_t limit = 1; limit < 13; ++limit) {
    CAPTURE(limit);
    HandRuntime runtime;
    auto [reader, writer] = io::simplex({.max = 64, .write_limit = limit});
    runtime.block_on([&out = writer, &parts]() -> Task<void> {
      std::array<io::ConstBuffer, 5> buffers;
      std::ranges::copy(parts, buffers.begin());
      CHECK(co_await out.write_all_vectored(buffers));
    });
    CHECK(drain(reader) == "onetwothree");
  }
}

TEST_CASE("IO6: io: write_all_buf says what is left when it is destroyed at any of its waits") {
  for (std::size_t rounds = 1; rounds < 8; ++rounds) {
    CAPTURE(rounds);
    HandRuntime runtime;
    auto [reader, writer] = io::simplex(3);
    const std::string text = "0123456789";
    std::span<const std::byte> left = std::as_bytes(std::span(text));
    auto writing =
        runtime.spawn([&out = writer, &left]() -> Task<void> { static_cast<void>(co_await out.write_all_buf(left)); });
    std::string got;
    for (std::size_t i = 1; i < rounds; ++i) {
      runtime.run_ready();
      got += drain(reader);
    }
    runtime.run_ready();
    writing.abort();
    runtime.run_ready();
    got += drain(reader);
    CHECK(got + std::string(text.substr(text.size() - left.size())) == text);
  }
}

TEST_CASE("IO5: io: an empty write is done at once") {
  auto [reader, writer] = io::simplex(1);
  REQUIRE(writer.try_write(std::as_bytes(std::span("x", 1))));
  HandRuntime runtime;
  runtime.block_on([&out = writer]() -> Task<void> {
    CHECK(co_await out.write_all(""));
    CHECK((co_await out.write_some({})).value() == 0);
  });
}

TEST_CASE("io: ready operations run out of budget, and the task goes on in its next run") {
  HandRuntime runtime;
  auto ends = io::simplex(4096);
  int written = 0;
  auto writing = runtime.spawn([&]() -> Task<void> {
    for (; written < 1000; ++written) {
      if (!co_await ends.second.write_all("x")) co_return;
    }
  });
  REQUIRE(runtime.run_one());
  CHECK(written == 128);
  runtime.run_ready();
  CHECK(written == 1000);
}

}  // namespace
