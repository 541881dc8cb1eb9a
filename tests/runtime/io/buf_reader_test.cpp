#include <rondeau/io/buf_reader.h>

#include <array>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/any_stream.h>
#include <rondeau/io/read.h>

#include "streams.h"
#include "support/aborts.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using io::BufReader;
using support::HandRuntime;

static_assert(io::AsyncBufRead<BufReader<io::SimplexReader&>>);
static_assert(io::AsyncBufRead<BufReader<ForeignSource>>);
static_assert(!io::AsyncBufRead<io::SimplexReader>);
static_assert(std::derived_from<BufReader<io::AnyReader>, io::Reader>);
static_assert(io::AsyncSeek<ForeignSource> && io::AsyncSeek<BufReader<ForeignSource>>);
static_assert(!io::AsyncSeek<BufReader<io::SimplexReader>>);

template <class R>
Task<std::string> read_text(R& reader, std::size_t at_most) {
  std::string text(at_most, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  co_return text;
}

TEST_CASE("IO8: io: small reads of a BufReader cost one read of its source") {
  HandRuntime runtime;
  io::SimplexReader text = source("0123456789");
  CountingReader counting(text);
  runtime.block_on([&]() -> Task<void> {
    BufReader reader(counting);
    std::string all;
    for (int i = 0; i < 10; ++i) all += co_await read_text(reader, 1);
    CHECK(all == "0123456789");
    CHECK(counting.reads == 1);
    CHECK(counting.largest == 8 * 1024);
  });
}

TEST_CASE("IO8: io: a read of the buffer's size goes past an empty buffer, and first takes what is buffered") {
  HandRuntime runtime;
  io::SimplexReader text = source("0123456789");
  CountingReader counting(text);
  runtime.block_on([&]() -> Task<void> {
    BufReader reader(counting, 4);
    CHECK(co_await read_text(reader, 6) == "012345");
    CHECK(counting.largest == 6);
    CHECK(reader.buffered().empty());
    CHECK(co_await read_text(reader, 1) == "6");
    CHECK(co_await read_text(reader, 6) == "789");
    CHECK(counting.reads == 2);
  });
}

TEST_CASE("IO8: io: a BufReader over a source that inherits from nothing reads the same") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    BufReader reader(ForeignSource{"0123456789", 100}, 4);
    CHECK(co_await read_text(reader, 6) == "012345");
    CHECK(co_await read_text(reader, 1) == "6");
    CHECK(co_await read_text(reader, 6) == "789");
    CHECK(reader.inner().reads == 2);
    CHECK(co_await read_text(reader, 1) == "");
  });
}

TEST_CASE("IO9: io: fill_buf gives the same bytes until they are consumed, and nothing at the end") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    BufReader reader(source("abcdef", 4));
    CHECK(text_of((co_await reader.fill_buf()).value()) == "abcd");
    reader.consume(1);
    CHECK(text_of((co_await reader.fill_buf()).value()) == "bcd");
    reader.consume(3);
    CHECK(text_of((co_await reader.fill_buf()).value()) == "ef");
    reader.consume(2);
    CHECK((co_await reader.fill_buf()).value().empty());
  });
}

TEST_CASE("IO9: io: a fill_buf that is destroyed while it waits, or after it was woken, loses no byte") {
  for (const bool woken : {false, true}) {
    CAPTURE(woken);
    HandRuntime runtime;
    auto [in, out] = io::simplex(64);
    BufReader reader(in);
    auto filling = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await reader.fill_buf()); });
    runtime.run_ready();
    if (woken) REQUIRE(out.try_write(bytes_of("kept")));
    filling.abort();
    runtime.run_ready();
    if (!woken) REQUIRE(out.try_write(bytes_of("kept")));
    CHECK(drain(reader) == "kept");
  }
}

TEST_CASE("IO3: io: a read_exact of a BufReader, destroyed at any of its waits, leaves every byte to be read") {
  const std::string text = "0123456789abcdef";
  for (const std::size_t capacity : {1U, 5U, 12U, 100U}) {
    for (std::size_t fed = 0; fed < 12; ++fed) {
      CAPTURE(capacity);
      CAPTURE(fed);
      HandRuntime runtime;
      auto [in, out] = io::simplex(64);
      BufReader reader(in, capacity);
      std::array<std::byte, 12> bytes;
      auto reading = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await reader.read_exact(bytes)); });
      for (std::size_t i = 0; i < fed; ++i) {
        runtime.run_ready();
        REQUIRE(out.try_write(bytes_of(text).subspan(i, 1)));
      }
      runtime.run_ready();
      REQUIRE_FALSE(reading.is_finished());
      reading.abort();
      runtime.run_ready();
      REQUIRE(out.try_write(bytes_of(text).subspan(fed)));
      CHECK(drain(reader) == text);
    }
  }
}

TEST_CASE("IO3: io: read_exact of a BufReader goes on where a destroyed one stopped, larger than the buffer or not") {
  for (const std::size_t capacity : {2U, 4U, 64U}) {
    CAPTURE(capacity);
    HandRuntime runtime;
    auto [in, out] = io::simplex(64);
    BufReader reader(in, capacity);
    std::array<std::byte, 8> bytes;
    REQUIRE(out.try_write(bytes_of("01234")));
    auto reading = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await reader.read_exact(bytes)); });
    runtime.run_ready();
    reading.abort();
    runtime.run_ready();
    REQUIRE(out.try_write(bytes_of("56789ab")));
    runtime.block_on([&]() -> Task<void> {
      CHECK(co_await reader.read_exact(std::span(bytes).first(3)));
      CHECK(text_of(std::span(bytes).first(3)) == "012");
      CHECK((co_await io::read_int<std::uint16_t>(reader)).value() == 0x3334);
      CHECK(co_await reader.read_exact(std::span(bytes).first(7)));
      CHECK(text_of(std::span(bytes).first(7)) == "56789ab");
    });
  }
}

TEST_CASE("IO3: io: a BufReader keeps what there was when the end comes before a read_exact is filled") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    std::array<std::byte, 8> bytes;
    BufReader reader(source("abc", 1), 4);
    CHECK((co_await reader.read_exact(bytes)).error() == Errc::UnexpectedEof);
    CHECK(co_await read_text(reader, 8) == "abc");
    BufReader foreign(ForeignSource{"abc"}, 4);
    CHECK((co_await foreign.read_exact(bytes)).error() == Errc::UnexpectedEof);
    CHECK(co_await read_text(foreign, 8) == "abc");
  });
}

TEST_CASE("io: a BufReader with bytes is readable, and its peer is not gone for that") {
  HandRuntime runtime;
  auto [in, out] = io::simplex(64);
  BufReader reader(in);
  REQUIRE(out.try_write(bytes_of("ab")));
  CHECK(reader.try_fill_buf());
  auto readable = runtime.spawn([&]() -> Task<void> { co_await reader.readable(); });
  auto closed = runtime.spawn([&]() -> Task<void> { co_await reader.peer_closed(); });
  runtime.run_ready();
  CHECK(readable.is_finished());
  CHECK_FALSE(closed.is_finished());
  REQUIRE(out.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK(closed.is_finished());
}

TEST_CASE("IO7: io: seeking drops what a BufReader holds and counts from where its user is") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    BufReader reader(ForeignSource{"0123456789", 100}, 6);
    CHECK(co_await read_text(reader, 2) == "01");
    CHECK((co_await reader.position()).value() == 2);
    CHECK(text_of(reader.buffered()) == "2345");
    CHECK((co_await reader.seek(io::SeekFrom::current(1))).value() == 3);
    CHECK(reader.buffered().empty());
    CHECK(co_await read_text(reader, 2) == "34");
    CHECK((co_await reader.seek(io::SeekFrom::end(-1))).value() == 9);
    CHECK(co_await read_text(reader, 2) == "9");
    CHECK(co_await io::rewind(reader));
    CHECK(co_await read_text(reader, 2) == "01");
    CHECK((co_await reader.seek(io::SeekFrom::current(INT64_MIN))).error() == Errc::InvalidArgument);
    CHECK((co_await io::position(reader)).value() == 2);
  });
}

TEST_CASE("io: consuming more than fill_buf gave, and a buffer of no bytes, abort") {
  const std::string consumed = support::said_at_abort([] {
    BufReader reader(source("abc"));
    static_cast<void>(reader.try_fill_buf());
    reader.consume(4);
  });
  CHECK(consumed.find("more bytes than fill_buf() gave") != std::string::npos);
  CHECK(support::said_at_abort([] { BufReader(source(""), 0); }).find("leave the capacity out") !=
        std::string::npos);
}

TEST_CASE("io: releasing the source of a BufReader gives it back as it is") {
  BufReader reader(source("abc"));
  io::SimplexReader back = std::move(reader).release();
  CHECK(drain(back) == "abc");
  BufReader erased(io::AnyReader(source("def")));
  CHECK(drain(erased) == "def");
}

}  // namespace
