#include <rondeau/io/copy.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/buf_stream.h>
#include <rondeau/io/buf_writer.h>
#include <rondeau/io/cursor.h>
#include <rondeau/io/duplex.h>
#include <rondeau/io/halves.h>

#include "runtime/sync/flavors.h"
#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using support::HandRuntime;

TEST_CASE("IO10: io: copy carries everything over, flushes at the end and counts") {
  HandRuntime runtime;
  const std::string text(100'000, 'x');
  for (const std::size_t buffer : {1'000U, 8'192U, 200'000U}) {
    runtime.block_on([&]() -> Task<void> {
      io::SimplexReader from = source(text, 5'000);
      RecordingWriter to;
      to.step = 3'000;
      CHECK((co_await io::copy(from, to, buffer)).value() == text.size());
      CHECK(to.text() == text);
      CHECK(to.flushes == 1);
    });
  }
}

TEST_CASE("IO10: io: copy reads at most 8 KiB at once") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    io::SimplexReader text = source(std::string(20'000, 'x'));
    CountingReader from(text);
    RecordingWriter to;
    CHECK((co_await io::copy(from, to)).value() == 20'000);
    CHECK(from.largest == 8 * 1024);
  });
}

TEST_CASE("IO10: io: copy between sources and sinks that inherit from nothing") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    ForeignSource from{"what is copied"};
    ForeignSink to;
    CHECK((co_await io::copy(from, to)).value() == 14);
    CHECK(to.text == "what is copied");
    ForeignSource again{"what is copied"};
    io::BufReader buffered(again);
    ForeignSink second;
    CHECK((co_await io::copy_buf(buffered, second)).value() == 14);
    CHECK(second.text == "what is copied");
  });
}

TEST_CASE("IO10: io: what was copied so far is flushed while the source has nothing") {
  HandRuntime runtime;
  for (const bool buffered : {false, true}) {
    CAPTURE(buffered);
    auto [from, feed] = io::simplex(64);
    auto [sunk, out] = io::simplex(64);
    io::BufReader reader(from);
    io::BufWriter writer(out);
    auto copying = runtime.spawn([&]() -> Task<void> {
      if (buffered) {
        CHECK(co_await io::copy_buf(reader, writer));
      } else {
        CHECK(co_await io::copy(from, writer));
      }
    });
    for (const char* part : {"one", "two"}) {
      REQUIRE(feed.try_write(bytes_of(part)));
      runtime.run_ready();
      CHECK_FALSE(copying.is_finished());
      CHECK(drain(sunk) == part);
    }
    REQUIRE(feed.try_shutdown(io::How::Write));
    runtime.run_ready();
    CHECK(copying.is_finished());
  }
}

TEST_CASE("IO10: io: a source that inherits from nothing is read while the sink is flushed") {
  /// Answers its second read when it is told to.
  struct Slow {
    io::SimplexReader& reader;
    Task<Result<std::size_t>> read_some(std::span<std::byte> out) { co_return co_await reader.read_some(out); }
  };
  HandRuntime runtime;
  auto [from, feed] = io::simplex(64);
  auto [sunk, out] = io::simplex(64);
  io::BufWriter writer(out);
  Slow slow{from};
  auto copying = runtime.spawn([&]() -> Task<void> { CHECK(co_await io::copy(slow, writer)); });
  REQUIRE(feed.try_write(bytes_of("now")));
  runtime.run_ready();
  CHECK_FALSE(copying.is_finished());
  CHECK(drain(sunk) == "now");
  REQUIRE(feed.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK(copying.is_finished());
}

TEST_CASE("IO10: io: copy lets others go first, though neither side ever waits") {
  HandRuntime runtime;
  auto copying = runtime.spawn([]() -> Task<void> {
    io::Repeat endless = io::repeat(std::byte{1});
    io::Sink drop = io::sink();
    static_cast<void>(co_await io::copy(endless, drop));
  });
  auto buffered = runtime.spawn([]() -> Task<void> {
    io::BufReader endless(io::repeat(std::byte{1}));
    io::Sink drop = io::sink();
    static_cast<void>(co_await io::copy_buf(endless, drop));
  });
  for (int i = 0; i < 10; ++i) REQUIRE(runtime.run_one());
  copying.abort();
  buffered.abort();
  runtime.run_ready();
  CHECK(copying.is_finished());
}

TEST_CASE("IO10: io: copy ends with the first error of either side") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    io::SimplexReader from = source("text");
    RecordingWriter to;
    to.failure = Errc::NoSpace;
    CHECK((co_await io::copy(from, to)).error() == Errc::NoSpace);
    io::BufReader buffered(source("text"));
    to.failure = Errc::Ok;
    to.step = 0;
    CHECK((co_await io::copy_buf(buffered, to)).error() == Errc::WriteZero);
    CHECK(text_of(buffered.buffered()) == "text");
  });
}

TEST_CASE("IO10: io: a destroyed copy_buf leaves in the reader what it did not write") {
  HandRuntime runtime;
  io::BufReader from(source("0123456789"));
  auto [sunk, out] = io::simplex(4);
  auto copying = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await io::copy_buf(from, out)); });
  runtime.run_ready();
  copying.abort();
  runtime.run_ready();
  CHECK(drain(sunk) + text_of(from.buffered()) == "0123456789");
}

TEST_CASE("IO11: io: the end of one side shuts down the other's writing, and the copy waits for the other's end") {
  HandRuntime runtime;
  auto [client, a] = io::duplex(64);
  auto [server, b] = io::duplex(64);
  auto copying = runtime.spawn([&]() -> Task<io::CopiedBytes> {
    co_return (co_await io::copy_bidirectional(a, b, {.a_to_b = 3, .b_to_a = 4})).value();
  });
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await client.write_all("question"));
    CHECK(co_await client.shutdown());
    std::string question;
    CHECK(co_await io::read_to_string(server, question, 99));  // up to the end, which was passed on
    CHECK(question == "question");
    CHECK_FALSE(copying.is_finished());
    CHECK(co_await server.write_all("late answer"));
    CHECK(co_await server.shutdown());
    std::string answer;
    CHECK(co_await io::read_to_string(client, answer, 99));
    CHECK(answer == "late answer");
    CHECK((co_await copying).value() == io::CopiedBytes{8, 11});
  });
}

TEST_CASE("IO11: io: an error of one side ends both directions and shuts down neither") {
  HandRuntime runtime;
  auto [client, a] = io::duplex(64);
  auto [in, feed] = io::simplex(64);
  RecordingWriter out;
  auto b = io::join(in, out);
  auto copying = runtime.spawn(
      [&]() -> Task<bool> { co_return (co_await io::copy_bidirectional(a, b)).error() == Errc::BrokenPipe; });
  runtime.run_ready();
  out.failure = Errc::BrokenPipe;
  REQUIRE(client.try_write(bytes_of("x")));
  runtime.run_ready();
  REQUIRE(copying.is_finished());
  std::array<std::byte, 1> byte;
  CHECK(client.try_read(byte).error() == Errc::WouldBlock);
  CHECK(out.shutdowns == 0);
}

TEST_CASE("IO11: io: a chain of copies carries two streams at once, in pieces of every size, on every runtime") {
  constexpr std::size_t kBytes = 60'000;
  const auto byte_at = [](std::size_t seed, std::size_t at) { return static_cast<std::byte>((at * seed) >> 3); };
  const auto talk = [byte_at](io::DuplexStream stream, std::size_t mine, std::size_t theirs) -> Task<bool> {
    auto [reader, writer] = io::split(std::move(stream));
    auto sending = spawn(
        [byte_at, mine](auto out) -> Task<bool> {
          std::minstd_rand random(static_cast<unsigned>(mine));
          std::vector<std::byte> piece;
          for (std::size_t at = 0; at < kBytes; at += piece.size()) {
            piece.resize(std::min<std::size_t>(kBytes - at, 1 + random() % 700));
            for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = byte_at(mine, at + i);
            if (!co_await out.write_all(piece)) co_return false;
          }
          co_return (co_await out.shutdown()).has_value();
        },
        std::move(writer));
    std::vector<std::byte> all;
    if (!co_await io::read_to_end(reader, all, kBytes)) co_return false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] != byte_at(theirs, i)) co_return false;
    }
    co_return all.size() == kBytes && (co_await sending).value();
  };
  sync_test::on_each_flavor([&](const runtime::Runtime& runtime) {
    runtime.block_on([](auto both) -> Task<void> {
      auto [client, first] = io::duplex(97);
      auto [second, third] = io::duplex(1'009);
      auto [fourth, server] = io::duplex(311);
      auto relay = [](auto a, auto b) -> Task<bool> {
        co_return (co_await io::copy_bidirectional(a, b, {.a_to_b = 131, .b_to_a = 53})).value() ==
            io::CopiedBytes{kBytes, kBytes};
      };
      auto left = spawn(relay, std::move(first), io::BufStream(std::move(second), {.read = 64, .write = 400}));
      auto right = spawn(relay, std::move(third), std::move(fourth));
      auto a = spawn(both, std::move(client), 31, 7);
      auto b = spawn(both, std::move(server), 7, 31);
      CHECK((co_await a).value());
      CHECK((co_await b).value());
      CHECK((co_await left).value());
      CHECK((co_await right).value());
    }(talk));
  });
}

}  // namespace
