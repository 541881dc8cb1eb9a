#include <rondeau/io/adapt.h>

#include <array>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/any_stream.h>
#include <rondeau/io/buf_reader.h>
#include <rondeau/io/cursor.h>
#include <rondeau/io/pieces.h>
#include <rondeau/io/read.h>

#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using support::HandRuntime;

static_assert(io::AsyncBufRead<io::Cursor> && io::AsyncSeek<io::Cursor>);
static_assert(io::AsyncBufRead<io::Empty>);
static_assert(io::AsyncBufRead<io::Take<io::Cursor>>);
static_assert(!io::AsyncBufRead<io::Take<io::SimplexReader>>);

io::Cursor cursor(std::string text) {
  return io::Cursor(Bytes(std::move(text)));
}

TEST_CASE("IO9: io: a chain reads the second source where the first has ended") {
  HandRuntime runtime;
  for (std::size_t step = 1; step < 8; ++step) {
    CAPTURE(step);
    runtime.block_on([step]() -> Task<void> {
      std::string all;
      auto both = io::chain(source("first ", step), source("second", step));
      CHECK((co_await io::read_to_string(both, all, 99)).value() == 12);
      CHECK(all == "first second");
      std::array<std::byte, 1> more;
      CHECK((co_await both.read_some(more)).value() == 0);
    });
  }
}

TEST_CASE("IO9: io: a chain of buffered readers lets lines go over the seam") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto lines = io::lines(io::chain(cursor("one\ntw"), io::BufReader(source("o\nthree", 2))), 99);
    std::string all;
    while (auto line = co_await lines.next()) all += line->value() + ";";
    CHECK(all == "one;two;three;");
  });
}

TEST_CASE("IO9: io: a chain waits at the source it reads, and for the peer of the second") {
  HandRuntime runtime;
  auto [first, first_writer] = io::simplex(8);
  auto [second, second_writer] = io::simplex(8);
  auto both = io::chain(first, second);
  std::string got;
  auto reading = runtime.spawn([&]() -> Task<void> { CHECK(co_await io::read_to_string(both, got, 99)); });
  auto closed = runtime.spawn([&]() -> Task<void> { co_await both.peer_closed(); });
  runtime.run_ready();
  REQUIRE(second_writer.try_write(bytes_of("2")));
  REQUIRE(first_writer.try_write(bytes_of("1")));
  runtime.run_ready();
  REQUIRE(first_writer.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK_FALSE(closed.is_finished());
  REQUIRE(second_writer.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK(closed.is_finished());
  CHECK(reading.is_finished());
  CHECK(got == "12");
}

TEST_CASE("IO9: io: take never reads past its limit") {
  HandRuntime runtime;
  for (std::size_t limit = 0; limit < 9; ++limit) {
    CAPTURE(limit);
    runtime.block_on([limit]() -> Task<void> {
      const std::string text = "012345";
      io::SimplexReader whole = source(text, 4);
      std::string part;
      auto some = io::take(whole, limit);
      CHECK(co_await io::read_to_string(some, part, 99));
      CHECK(part == text.substr(0, limit));
      CHECK(drain(whole) == (limit < 6 ? text.substr(limit) : ""));
      CHECK(some.limit() == (limit < 6 ? 0 : limit - 6));
    });
  }
}

TEST_CASE("IO9: io: take of a buffered reader is one, up to its limit") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    io::BufReader whole(source("ab\ncd\nef"));
    auto lines = io::lines(io::take(whole, 4), 99);
    std::string all;
    while (auto line = co_await lines.next()) all += line->value() + ";";
    CHECK(all == "ab;c;");
    CHECK(drain(whole) == "d\nef");
  });
}

TEST_CASE("IO9: io: inspect shows what was read or written, once, and nothing else") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    std::string seen;
    const auto look = [&seen](std::span<const std::byte> bytes) { seen += "[" + text_of(bytes) + "]"; };
    auto shown = io::inspect(source("abcde", 2), look);
    std::string all;
    CHECK(co_await io::read_to_string(shown, all, 99));
    CHECK(seen == "[ab][cd][e]");

    seen.clear();
    auto [reader, out] = io::simplex({.max = 64, .write_limit = 3});
    auto writer = io::inspect_writer(out, look);
    CHECK(co_await writer.write_all("abcd"));
    std::array<io::ConstBuffer, 3> parts{io::ConstBuffer(std::string_view("12")), {}, std::string_view("345")};
    CHECK(co_await writer.write_all_vectored(parts));
    CHECK(seen == "[abc][d][12][3][45]");
    CHECK(drain(reader) == "abcd12345");
  });
}

TEST_CASE("IO9: io: empty ends at once, repeat never, sink takes everything") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    std::array<std::byte, 3> bytes{};
    io::Empty nothing = io::empty();
    CHECK((co_await nothing.read_some(bytes)).value() == 0);
    CHECK((co_await nothing.fill_buf()).value().empty());
    io::Repeat letters = io::repeat(std::byte{'a'});
    CHECK(co_await letters.read_exact(bytes));
    CHECK(text_of(bytes) == "aaa");
    io::Sink drop = io::sink();
    CHECK(co_await drop.write_all(bytes));
    CHECK(co_await drop.shutdown());
    std::array<io::ConstBuffer, 2> parts{io::ConstBuffer(bytes), io::ConstBuffer(bytes)};
    CHECK((co_await drop.write_vectored(parts)).value() == 6);
  });
}

TEST_CASE("IO7: io: a cursor reads memory, seeks in it, and ends behind it") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    io::Cursor file = cursor("0123456789");
    std::string text;
    CHECK((co_await file.seek(io::SeekFrom::end(-3))).value() == 7);
    CHECK(co_await io::read_to_string(file, text, 99));
    CHECK(text == "789");
    CHECK((co_await io::position(file)).value() == 10);
    CHECK(co_await io::rewind(file));
    CHECK((co_await file.fill_buf()).value().size() == 10);
    CHECK((co_await file.seek(io::SeekFrom::current(-1))).error() == Errc::InvalidArgument);
    CHECK((co_await file.seek(io::SeekFrom::start(UINT64_MAX))).value() == UINT64_MAX);
    CHECK((co_await file.fill_buf()).value().empty());
    CHECK((co_await file.seek(io::SeekFrom::current(1))).error() == Errc::InvalidArgument);
  });
}

TEST_CASE("IO1: io: an erased reader costs one call of the one it owns for each operation") {
  HandRuntime runtime;
  io::SimplexReader text = source("abcdef");
  auto owned = std::make_unique<CountingReader>(text);
  const CountingReader& counting = *owned;
  io::AnyReader reader(std::move(owned));
  runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 2> bytes;
    for (int i = 1; i <= 3; ++i) {
      CHECK((co_await reader->read_some(bytes)).value() == 2);
      CHECK(counting.reads == i);
    }
  });
}

}  // namespace
