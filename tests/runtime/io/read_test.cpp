#include <rondeau/io/read.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>

#include <rondeau/io/utf8.h>
#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using support::HandRuntime;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

io::SimplexReader source(std::string_view text) {
  auto [reader, writer] = io::simplex({.max = text.size() + 1, .read_limit = 3});
  REQUIRE(writer.try_write(bytes_of(text)));
  return std::move(reader);
}

TEST_CASE("IO3: io: read_exact fills the span over short reads, or says that the end came first") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    io::SimplexReader reader = source("0123456789");
    std::array<std::byte, 8> bytes;
    CHECK(co_await reader.read_exact(bytes));
    CHECK(std::ranges::equal(bytes, bytes_of("01234567")));
    CHECK((co_await reader.read_exact(bytes)).error() == Errc::UnexpectedEof);
    CHECK(co_await reader.read_exact({}));
  });
}

TEST_CASE("IO3: io: numbers are read and written in either byte order") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto [reader, writer] = io::simplex(64);
    CHECK(co_await io::write_int<std::uint32_t>(writer, 0x01020304));
    CHECK(co_await io::write_int<std::int16_t>(writer, -2, io::Endian::little));
    CHECK(co_await io::write_float(writer, 1.5));
    std::array<std::byte, 4> raw;
    CHECK(co_await reader.read_exact(raw));
    CHECK(raw == std::array{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
    CHECK((co_await io::read_int<std::int16_t>(reader, io::Endian::little)).value() == -2);
    CHECK((co_await io::read_float<double>(reader)).value() == 1.5);
  });
}

TEST_CASE("IO4: io: read_to_end takes everything up to its limit, and more is an error") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    const std::string text(10'000, 'x');
    for (std::size_t max : {std::size_t{10'000}, std::numeric_limits<std::size_t>::max()}) {
      io::SimplexReader reader = source(text);
      std::vector<std::byte> out;
      CHECK((co_await io::read_to_end(reader, out, max)).value() == 10'000);
      CHECK(out.size() == 10'000);
    }
    io::SimplexReader reader = source(text);
    std::vector<std::byte> out;
    CHECK((co_await io::read_to_end(reader, out, 9'999)).error() == Errc::TooLarge);
    CHECK(out.size() <= 9'999);
  });
}

TEST_CASE("IO4: io: text that is not UTF-8 leaves what is there unchanged") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    std::string out = "before ";
    io::SimplexReader bad = source("ab\xff");
    CHECK((co_await io::read_to_string(bad, out, 100)).error() == Errc::InvalidData);
    CHECK(out == "before ");
    io::SimplexReader good = source("häppchen");
    CHECK((co_await io::read_to_string(good, out, 100)).value() == 9);
    CHECK(out == "before häppchen");
  });
}

TEST_CASE("io: UTF-8 is judged by Unicode's table of well-formed sequences") {
  const struct {
    std::string_view text;
    bool valid;
  } cases[] = {
      {"", true},
      {"plain", true},
      {"\xc2\x80", true},
      {"\xdf\xbf", true},
      {"\xe0\xa0\x80", true},
      {"\xed\x9f\xbf", true},
      {"\xee\x80\x80", true},
      {"\xf0\x90\x80\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\x80", false},
      {"\xc0\x80", false},
      {"\xc1\xbf", false},
      {"\xc2", false},
      {"\xc2\x41", false},
      {"\xe0\x9f\xbf", false},
      {"\xed\xa0\x80", false},
      {"\xe1\x80", false},
      {"\xf0\x8f\xbf\xbf", false},
      {"\xf4\x90\x80\x80", false},
      {"\xf5\x80\x80\x80", false},
      {"\xf1\x80\x80\x41", false},
      {"\xff", false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text.size());
    CHECK(io::is_utf8(bytes_of(row.text)) == row.valid);
  }
}

}  // namespace
