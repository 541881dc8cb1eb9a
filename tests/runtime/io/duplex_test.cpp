#include <rondeau/io/duplex.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using support::HandRuntime;

Task<std::string> read_text(io::Reader& reader, std::size_t at_most = 64) {
  std::string text(at_most, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  co_return text;
}

std::string try_read_text(io::Reader& reader) {
  std::string text(64, '\0');
  auto count = reader.try_read(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  return text;
}

TEST_CASE("IO12: io: what is written to one end of a duplex pair is read at the other") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(64);
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await near.write_all("there"));
    CHECK(co_await read_text(far) == "there");
    CHECK(co_await far.write_all("back"));
    CHECK(co_await read_text(near) == "back");
  });
}

TEST_CASE("IO12: io: a reader waits for bytes, a writer for room") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(4);
  auto reading = runtime.spawn([&]() -> Task<std::string> { co_return co_await read_text(far); });
  runtime.run_ready();
  CHECK_FALSE(reading.is_finished());
  auto writing = runtime.spawn([&]() -> Task<bool> { co_return (co_await near.write_all("0123456789")).has_value(); });
  runtime.run_ready();
  CHECK(reading.is_finished());
  CHECK_FALSE(writing.is_finished());
  std::string rest;
  while (!writing.is_finished()) {
    rest += try_read_text(far);
    runtime.run_ready();
  }
  rest += try_read_text(far);
  CHECK(rest == "456789");
}

TEST_CASE("IO12: io: a pipe wraps round without mixing bytes") {
  auto [reader, writer] = io::simplex(7);
  std::string sent;
  std::string got;
  for (int round = 0; round < 100; ++round) {
    const std::string text = std::to_string(round) + ",";
    REQUIRE(writer.try_write(std::as_bytes(std::span(text))).value() == text.size());
    sent += text;
    got += try_read_text(reader);
  }
  CHECK(got == sent);
}

TEST_CASE("IO12: io: a dropped peer is read as the end after its last bytes, and breaks the pipe for a writer") {
  HandRuntime runtime;
  auto ends = io::duplex(64);
  io::DuplexStream near = std::move(ends.first);
  auto writing = std::make_unique<io::DuplexStream>(std::move(ends.second));
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await writing->write_all("last"));
    writing.reset();
    CHECK(co_await read_text(near) == "last");
    std::array<std::byte, 4> bytes;
    CHECK((co_await near.read_some(bytes)).value() == 0);
    CHECK((co_await near.write_all("x")).error() == Errc::BrokenPipe);
  });
}

TEST_CASE("IO12: io: a peer that goes away wakes a waiting reader and a waiting writer") {
  HandRuntime runtime;
  auto ends = io::duplex(1);
  io::DuplexStream near = std::move(ends.first);
  auto far = std::make_unique<io::DuplexStream>(std::move(ends.second));
  auto reading = runtime.spawn([&]() -> Task<std::string> { co_return co_await read_text(near); });
  auto writing = runtime.spawn([&]() -> Task<Errc> {
    auto result = co_await near.write_all("12");
    co_return result ? Errc::Ok : result.error().code();
  });
  runtime.run_ready();
  far.reset();
  runtime.run_ready();
  CHECK(reading.is_finished());
  CHECK(writing.is_finished());
}

TEST_CASE("IO7: io: shutting down writing ends one direction and leaves the other") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(64);
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await near.write_all("question"));
    CHECK(co_await near.shutdown());
    CHECK(co_await read_text(far) == "question");
    CHECK(co_await read_text(far) == "");
    CHECK(co_await far.write_all("answer"));
    CHECK(co_await read_text(near) == "answer");
    CHECK((co_await near.write_all("more")).error() == Errc::BrokenPipe);
  });
}

TEST_CASE("io: that the peer closed is noticed while its bytes are unread") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(64);
  auto noticing = runtime.spawn([&]() -> Task<void> { co_await near.peer_closed(); });
  REQUIRE(far.try_write(std::as_bytes(std::span("unread"))));
  runtime.run_ready();
  CHECK_FALSE(noticing.is_finished());
  REQUIRE(far.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK(noticing.is_finished());
}

TEST_CASE("io: waiting for readability takes no byte") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(64);
  auto waiting = runtime.spawn([&]() -> Task<void> { co_await far.readable(); });
  runtime.run_ready();
  CHECK_FALSE(waiting.is_finished());
  REQUIRE(near.try_write(std::as_bytes(std::span("ab", 2))));
  runtime.run_ready();
  CHECK(waiting.is_finished());
  CHECK(try_read_text(far) == "ab");
}

TEST_CASE("IO2: io: a read that is destroyed while it waits takes no byte") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(64);
  auto reading = runtime.spawn([&]() -> Task<std::string> { co_return co_await read_text(far); });
  runtime.run_ready();
  REQUIRE(near.try_write(std::as_bytes(std::span("kept", 4))));  // chosen and notified, but aborted before it runs
  reading.abort();
  runtime.run_ready();
  CHECK(reading.is_finished());
  CHECK(try_read_text(far) == "kept");
}

TEST_CASE("IO5: io: a write that is destroyed while it waits has written nothing") {
  HandRuntime runtime;
  auto [near, far] = io::duplex(4);
  REQUIRE(near.try_write(std::as_bytes(std::span("full", 4))));
  auto writing = runtime.spawn(
      [&]() -> Task<void> { static_cast<void>(co_await near.write_some(std::as_bytes(std::span("more", 4)))); });
  runtime.run_ready();
  writing.abort();
  runtime.run_ready();
  CHECK(try_read_text(far) == "full");
  std::array<std::byte, 4> bytes;
  CHECK(far.try_read(bytes).error() == Errc::WouldBlock);
}

TEST_CASE("io: limits cut reads and writes short") {
  auto [near, far] = io::duplex({.max = 64, .read_limit = 2, .write_limit = 3});
  CHECK(near.try_write(std::as_bytes(std::span("abcdef", 6))).value() == 3);
  CHECK(try_read_text(far) == "ab");
  CHECK(try_read_text(far) == "c");
}

TEST_CASE("io: a duplex pair carries a stream between two threads") {
  auto ends = io::duplex(13);
  io::DuplexStream near = std::move(ends.first);
  constexpr std::size_t kBytes = 20'000;
  std::thread writer([far = std::move(ends.second)]() mutable {
    HandRuntime runtime;
    auto writing = runtime.spawn([&]() -> Task<void> {
      for (std::size_t i = 0; i < kBytes; ++i) {
        const auto byte = static_cast<std::byte>(i % 251);
        if (!co_await far.write_all(std::span(&byte, 1))) co_return;
      }
    });
    while (!writing.is_finished()) {
      if (!runtime.run_one()) std::this_thread::yield();
    }
  });
  std::size_t seen = 0;
  bool in_order = true;
  while (seen < kBytes) {
    std::array<std::byte, 64> bytes;
    auto count = near.try_read(bytes);
    for (std::size_t i = 0; count && i < *count; ++i) in_order &= bytes[i] == static_cast<std::byte>(seen++ % 251);
    if (!count) std::this_thread::yield();
  }
  writer.join();
  CHECK(in_order);
}

}  // namespace
