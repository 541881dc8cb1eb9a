#include <rondeau/io/pieces.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/buf_reader.h>

#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using io::BufReader;
using support::HandRuntime;

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

/// What a stream of results gives, one word each: the item in brackets, or the error.
template <class S>
Task<std::string> all_of(S& stream) {
  std::string told;
  while (auto item = co_await stream.next()) {
    if (!*item) {
      told += item->error().message() + ";";
    } else if constexpr (std::same_as<std::remove_cvref_t<decltype(**item)>, std::string>) {
      told += "[" + **item + "]";
    } else {
      told += "[" + std::string((*item)->view()) + "]";
    }
  }
  co_return told;
}

struct Case {
  std::string_view text;
  std::size_t max;
  std::string_view expected;
};

// Each verdict holds however the text is cut on its way.
const Case kLines[] = {
    {"", 9, ""},
    {"\n", 9, "[]"},
    {"\r\n", 9, "[]"},
    {"a\nb\r\nc", 9, "[a][b][c]"},
    {"a\n\n\nb\n", 9, "[a][][][b]"},
    {"a\rb\n", 9, "[a\rb]"},
    {"a\r\r\n", 9, "[a\r]"},
    {"last\r", 9, "[last\r]"},
    {"abc\nabc\r\nabc", 3, "[abc][abc][abc]"},
    {"abcd\nx", 3, "too large;[x]"},
    {"abcd\r\nx\n", 3, "too large;[x]"},
    {"abc\r\r\nx", 3, "too large;[x]"},
    {"abcdefghijklmnop\nx\nabcdefgh\r\ny", 3, "too large;[x]too large;[y]"},
    {"abcd", 3, "too large;"},
    {"abc\r", 3, "too large;"},
    {"abcdefghi", 3, "too large;"},
    {"\n\nx\n", 0, "[][]too large;"},
    {"a\xff\nb\n", 9, "invalid data;[b]"},
    {"\xc3\xa4\n", 2, "[\xc3\xa4]"},
    {"no limit\n", kMany, "[no limit]"},
};

TEST_CASE("IO9: io: lines come without their ends, over any cut, and too long ones are one error each") {
  HandRuntime runtime;
  for (const Case& row : kLines) {
    CAPTURE(row.text);
    CAPTURE(row.max);
    for (std::size_t step = 1; step <= row.text.size() + 1; ++step) {
      CAPTURE(step);
      runtime.block_on([&]() -> Task<void> {
        auto lines = io::lines(BufReader(source(row.text, step), 4), row.max);
        CHECK(co_await all_of(lines) == row.expected);
        auto foreign = io::lines(BufReader(ForeignSource{std::string(row.text), step}, 4), row.max);
        CHECK(co_await all_of(foreign) == row.expected);
      });
    }
  }
}

const Case kPieces[] = {
    {"", 9, ""},
    {";", 9, "[]"},
    {"a;b", 9, "[a][b]"},
    {"a;b;", 9, "[a][b]"},
    {";;x", 9, "[][][x]"},
    {"a\r;", 9, "[a\r]"},
    {"abc;abcd;x", 3, "[abc]too large;[x]"},
    {"abc\r;", 3, "too large;"},
    {"a\xff;b", 9, "[a\xff][b]"},
    {"abcdef", 3, "too large;"},
    {"abc", 3, "[abc]"},
    {"x;", 0, "too large;"},
};

TEST_CASE("IO9: io: split gives the bytes between delimiters, over any cut") {
  HandRuntime runtime;
  for (const Case& row : kPieces) {
    CAPTURE(row.text);
    for (std::size_t step = 1; step <= row.text.size() + 1; ++step) {
      runtime.block_on([&]() -> Task<void> {
        auto pieces = io::split(BufReader(source(row.text, step), 4), ';', row.max);
        CHECK(co_await all_of(pieces) == row.expected);
      });
    }
  }
}

TEST_CASE("IO9: io: lines().next(), destroyed at any of its waits, loses no byte of a line") {
  const std::string text = "one\ntwo\r\nthree";
  for (std::size_t aborted_after = 0; aborted_after < text.size(); ++aborted_after) {
    CAPTURE(aborted_after);
    HandRuntime runtime;
    auto [in, out] = io::simplex(64);
    BufReader reader(in, 4);
    auto lines = io::lines(reader, 10);
    std::string told;
    auto reading = runtime.spawn([&]() -> Task<void> {
      while (auto line = co_await lines.next()) told += "[" + line->value() + "]";
    });
    for (std::size_t i = 0; i < aborted_after; ++i) {
      runtime.run_ready();
      REQUIRE(out.try_write(bytes_of(text).subspan(i, 1)));
    }
    reading.abort();
    runtime.run_ready();
    REQUIRE(out.try_write(bytes_of(text).subspan(aborted_after)));
    REQUIRE(out.try_shutdown(io::How::Write));
    runtime.block_on([&]() -> Task<void> {
      while (auto line = co_await lines.next()) told += "[" + line->value() + "]";
    });
    CHECK(told == "[one][two][three]");
  }
}

TEST_CASE("IO9: io: split().next(), destroyed at any of its waits, loses no byte of a piece") {
  for (std::size_t aborted_after = 0; aborted_after < 5; ++aborted_after) {
    CAPTURE(aborted_after);
    HandRuntime runtime;
    auto [in, out] = io::simplex(64);
    auto pieces = io::split(BufReader(std::move(in)), ',', 10);
    const auto text = bytes_of("abcd,");
    auto reading = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await pieces.next()); });
    for (std::size_t i = 0; i < aborted_after; ++i) {
      runtime.run_ready();
      REQUIRE(out.try_write(text.subspan(i, 1)));
    }
    reading.abort();
    runtime.run_ready();
    REQUIRE(out.try_write(text.subspan(aborted_after)));
    runtime.block_on([&]() -> Task<void> { CHECK((co_await pieces.next())->value().view() == "abcd"); });
  }
}

TEST_CASE("IO9: io: an error of the reader is told once and ends the lines") {
  /// Ends with an error instead of an end.
  struct Broken {
    int reads = 0;
    Task<Result<std::size_t>> read_some(std::span<std::byte> out) {
      if (++reads > 1) co_return Errc::ConnectionReset;
      out[0] = std::byte{'x'};
      co_return std::size_t{1};
    }
  };
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto lines = io::lines(BufReader(Broken{}), 9);
    CHECK(co_await all_of(lines) == "connection reset;");
    CHECK_FALSE(co_await lines.next());
    CHECK(lines.inner().inner().reads == 2);
  });
}

TEST_CASE("IO9: io: read_until appends up to and with the delimiter, or to the end") {
  HandRuntime runtime;
  for (std::size_t step = 1; step < 9; ++step) {
    CAPTURE(step);
    runtime.block_on([&]() -> Task<void> {
      BufReader reader(source("ab;;cd", step), 4);
      std::vector<std::byte> out;
      CHECK((co_await io::read_until(reader, ';', out, 9)).value() == 3);
      CHECK((co_await io::read_until(reader, ';', out, 0)).value() == 1);
      CHECK((co_await io::read_until(reader, ';', out, kMany)).value() == 2);
      CHECK((co_await io::read_until(reader, ';', out, 9)).value() == 0);
      CHECK(text_of(out) == "ab;;cd");
    });
  }
}

TEST_CASE("IO9: io: read_until takes no more than its limit before the delimiter and leaves the rest") {
  HandRuntime runtime;
  for (std::size_t step = 1; step < 9; ++step) {
    CAPTURE(step);
    runtime.block_on([&]() -> Task<void> {
      BufReader reader(source("abcd;", step), 4);
      std::vector<std::byte> out;
      CHECK((co_await io::read_until(reader, ';', out, 3)).error() == Errc::TooLarge);
      CHECK(text_of(out) == "abc");
      CHECK((co_await io::read_until(reader, ';', out, 1)).value() == 2);
      CHECK(text_of(out) == "abcd;");
    });
  }
}

TEST_CASE("IO9: io: a destroyed read_until leaves in `out` what it had read") {
  HandRuntime runtime;
  auto [in, out] = io::simplex(64);
  BufReader reader(in);
  std::vector<std::byte> got;
  REQUIRE(out.try_write(bytes_of("first ")));
  auto reading =
      runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await io::read_until(reader, ';', got, 99)); });
  runtime.run_ready();
  reading.abort();
  runtime.run_ready();
  REQUIRE(out.try_write(bytes_of("second;")));
  runtime.block_on([&]() -> Task<void> { CHECK(co_await io::read_until(reader, ';', got, 99)); });
  CHECK(text_of(got) == "first second;");
}

TEST_CASE("IO9: io: read_line appends the line without its end and counts what it read") {
  HandRuntime runtime;
  for (std::size_t step = 1; step < 9; ++step) {
    CAPTURE(step);
    runtime.block_on([&]() -> Task<void> {
      BufReader reader(source("ab\r\n\nabc\r\n\xff\nx\r", step), 4);
      std::string out = ">";
      CHECK((co_await io::read_line(reader, out, 3)).value() == 4);
      CHECK(out == ">ab");
      CHECK((co_await io::read_line(reader, out, 3)).value() == 1);
      CHECK((co_await io::read_line(reader, out, 3)).value() == 5);
      CHECK(out == ">ababc");
      CHECK((co_await io::read_line(reader, out, 3)).error() == Errc::InvalidData);
      CHECK(out == ">ababc");
      CHECK((co_await io::read_line(reader, out, kMany)).value() == 2);
      CHECK(out == ">ababcx\r");
      CHECK((co_await io::read_line(reader, out, 3)).value() == 0);
      BufReader longer(source("abcd\n", step), 4);
      CHECK((co_await io::read_line(longer, out, 3)).error() == Errc::TooLarge);
    });
  }
}

}  // namespace
