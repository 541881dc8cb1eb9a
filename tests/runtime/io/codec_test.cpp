#include <rondeau/io/codec.h>

#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/io/bytes_codec.h>
#include <rondeau/io/delimited_codec.h>
#include <rondeau/io/length_delimited_codec.h>

#include "streams.h"
#include "support/codec_player.h"

namespace {

using namespace io_test;
using namespace std::string_view_literals;
using io::AnyDelimiterCodec;
using io::LengthDelimitedCodec;
using io::LengthField;
using io::LinesCodec;
using support::play_codec;

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

/// The verdict is the same wherever the bytes were cut.
template <class Codec>
void check_verdict(const Codec& codec, std::string_view input, std::string_view expected) {
  for (std::size_t step = 1; step <= input.size() + 1; ++step) {
    CAPTURE(step);
    CHECK(play_codec(codec, input, step, step) == expected);
  }
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    CAPTURE(cut);
    CHECK(play_codec(codec, input, cut, input.size()) == expected);
  }
}

struct Row {
  std::string_view input;
  std::size_t max;
  std::string_view expected;
};

TEST_CASE("IO16: io: LinesCodec's verdicts, cut anywhere") {
  const Row rows[] = {
      {"", 9, ""},
      {"\n", 9, "[]"},
      {"\r\n", 9, "[]"},
      {"\r", 9, "[\r]"},
      {"a\nb\r\nc", 9, "[a][b][c]"},
      {"a\rb\r\r\n", 9, "[a\rb\r]"},
      {"abc\nabc\r\nabc", 3, "[abc][abc][abc]"},
      {"abcd\nx\n", 3, "too large;[x]"},
      {"abcd\r\nx", 3, "too large;[x]"},
      {"abc\r\r\nx\n", 3, "too large;[x]"},
      {"abcdefghijkl\nx\nabcdefgh\r\ny", 3, "too large;[x]too large;[y]"},
      {"abcdefghijkl", 3, "too large;"},
      {"abcd", 3, "too large;"},
      {"abc\r", 3, "too large;"},
      {"\n\nx\n", 0, "[][]too large;"},
      {"\xff\nb\n", 9, "invalid data;[b]"},
      {"a\n\xc3", 9, "[a]invalid data;"},
      {"a\0b\n"sv, 9, "[a\0b]"sv},
      {"no limit\n", kMany, "[no limit]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.max);
    check_verdict(LinesCodec(row.max), row.input, row.expected);
  }
}

TEST_CASE("IO16: io: AnyDelimiterCodec's verdicts, cut anywhere") {
  const Row rows[] = {
      {"", 9, ""},
      {";", 9, "[]"},
      {"a,b;c", 9, "[a][b][c]"},
      {"a,b;", 9, "[a][b]"},
      {",;x", 9, "[][][x]"},
      {"\xff\xfe,", 9, "[\xff\xfe]"},
      {"abc,abcd;x", 3, "[abc]too large;[x]"},
      {"abcdefgh,abcdefgh;", 3, "too large;too large;"},
      {"abcdef", 3, "too large;"},
      {"x,", 0, "too large;"},
      {"a\0b,"sv, 9, "[a\0b]"sv},
      {"no limit,", kMany, "[no limit]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.max);
    check_verdict(AnyDelimiterCodec(",;", row.max), row.input, row.expected);
  }
}

TEST_CASE("IO16: io: LengthDelimitedCodec's verdicts, cut anywhere") {
  const struct {
    LengthField field;
    std::string_view input;
    std::string_view expected;
  } rows[] = {
      {{}, "", ""},
      {{}, "\0\0\0\3abc\0\0\0\0\0\0\0\1x"sv, "[abc][][x]"},
      {{}, "\0\0\0"sv, "unexpected end of stream;"},
      {{}, "\0\0\0\3ab"sv, "unexpected end of stream;"},
      {{}, "\0\0\0\1"sv, "unexpected end of stream;"},
      {{}, "\0\x80\0\1abc"sv, "too large;"},
      {{}, "\xff\xff\xff\xff"sv, "too large;"},
      {{.max_frame_length = 3}, "\0\0\0\3abc\0\0\0\4abcd\0\0\0\1x"sv, "[abc]too large;"},
      {{.order = io::Endian::little}, "\2\0\0\0ab"sv, "[ab]"},
      {{.size = 1}, "\2ab\0\1c"sv, "[ab][][c]"},
      {{.size = 3}, "\0\0\2ab"sv, "[ab]"},
      {{.size = 3, .order = io::Endian::little}, "\2\0\0ab"sv, "[ab]"},
      {{.size = 8}, "\0\0\0\0\0\0\0\2ab"sv, "[ab]"},
      {{.size = 8}, "\xff\xff\xff\xff\xff\xff\xff\xff"sv, "too large;"},
      {{.size = 8, .length_adjustment = 1}, "\xff\xff\xff\xff\xff\xff\xff\xff"sv, "too large;"},
      {{.size = 8, .length_adjustment = -1, .max_frame_length = kMany},
       "\xff\xff\xff\xff\xff\xff\xff\xff"sv,
       "unexpected end of stream;"},
      // The length counts itself.
      {{.size = 2, .length_adjustment = -2}, "\0\4ab\0\2\0\3c"sv, "[ab][][c]"},
      {{.size = 2, .length_adjustment = -2}, "\0\1ab"sv, "invalid data;"},
      // A byte of type in front, which is given out, with the length.
      {{.offset = 1, .size = 1, .length_adjustment = 2, .num_skip = 0}, "A\2abB\0"sv, "[A\2ab][B\0]"sv},
      {{.offset = 1, .size = 1}, "A\2abB\0C\1x"sv, "[ab][][x]"},
      // A byte behind the length that it does not count, dropped or given out.
      {{.size = 1, .num_skip = 2}, "\2-ab\0-"sv, "[ab][]"},
      {{.size = 1, .num_skip = 2}, "\2"sv, "unexpected end of stream;"},
      {{.size = 1, .length_adjustment = 1}, "\2-ab"sv, "[-ab]"},
      // Frames that end before their length does would be found again for ever.
      {{.size = 1, .num_skip = 0}, "\0\0\0"sv, "invalid data;"},
      {{.size = 2, .num_skip = 1}, "\0\0\0"sv, "invalid data;"},
      {{.size = 2, .num_skip = 0}, "\0\1\0"sv, "invalid data;"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.field.max_frame_length);
    check_verdict(LengthDelimitedCodec(row.field), row.input, row.expected);
  }
}

TEST_CASE("IO16: io: the limit of a length is 8 MiB unless it is set") {
  LengthDelimitedCodec codec;
  io::Buffer largest;
  largest.append("\0\x80\0\0"sv);
  CHECK_FALSE(codec.decode(largest).value());
  largest.append(std::string(8 * 1024 * 1024, 'x'));
  CHECK(codec.decode(largest).value()->size() == 8 * 1024 * 1024);
}

TEST_CASE("IO16: io: a length that is announced takes no memory before its bytes come") {
  LengthDelimitedCodec codec;
  io::Buffer buffer;
  buffer.append("\0\x7f\xff\xff"sv);
  CHECK_FALSE(codec.decode(buffer).value());
  CHECK(buffer.spare().size() < 1024);
}

TEST_CASE("IO16: io: BytesCodec gives what is there") {
  CHECK(play_codec(io::BytesCodec(), "abcdef", 4, 4) == "[abcd][ef]");
  CHECK(play_codec(io::BytesCodec(), "", 1, 1) == "");
}

template <class Codec, class... Items>
std::string encoded(Codec codec, Items... items) {
  io::Buffer out;
  (static_cast<void>(codec.encode(items, out).value()), ...);
  return std::string(out.view());
}

TEST_CASE("IO16: io: what a codec writes is what it reads") {
  CHECK(encoded(LinesCodec(9), "a", "") == "a\n\n");
  CHECK(encoded(AnyDelimiterCodec(",;", 9), "a", Bytes::from_static("b")) == "a,b,");
  CHECK(encoded(AnyDelimiterCodec(",;", 9, "\r\n"), "a") == "a\r\n");
  CHECK(encoded(io::BytesCodec(), "a", Bytes::from_static("b")) == "ab");
  CHECK(encoded(LengthDelimitedCodec(), "abc") == "\0\0\0\3abc"sv);
  CHECK(encoded(LengthDelimitedCodec({.size = 2, .order = io::Endian::little}), "abc") == "\3\0abc"sv);
  CHECK(encoded(LengthDelimitedCodec({.size = 2, .length_adjustment = -2}), "abc") == "\0\5abc"sv);
  CHECK(encoded(LengthDelimitedCodec({.offset = 1, .size = 1}), "Tab") == "T\2ab"sv);
}

TEST_CASE("IO16: io: what has no length in its field is not written") {
  io::Buffer out;
  CHECK(LengthDelimitedCodec({.max_frame_length = 2}).encode("abc"sv, out).error() == Errc::TooLarge);
  CHECK(LengthDelimitedCodec({.size = 1}).encode(std::string(256, 'x'), out).error() == Errc::TooLarge);
  CHECK(LengthDelimitedCodec({.length_adjustment = 4}).encode("abc"sv, out).error() == Errc::InvalidArgument);
  CHECK(LengthDelimitedCodec({.offset = 4}).encode("abc"sv, out).error() == Errc::InvalidArgument);
  CHECK(out.empty());
}

}  // namespace
