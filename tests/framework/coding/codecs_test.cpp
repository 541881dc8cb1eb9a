#include <rondeau/coding/decoder.h>
#include <rondeau/coding/encoder.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using coding::Encoder;
using std::string_view_literals::operator""sv;

namespace {

std::vector<Coding> here() {
  std::vector<Coding> codings;
  for (const Coding each : coding::kCodings) {
    if (coding::is_available(each)) codings.push_back(each);
  }
  return codings;
}

std::string encoded(Coding which, std::string_view content, std::size_t piece = std::string::npos) {
  const auto encoder = coding::make_encoder(which, {}, content.size());
  std::string out;
  while (content.size() > piece) {
    REQUIRE(encoder->encode(content.substr(0, piece), Encoder::End::None, out));
    content.remove_prefix(piece);
  }
  REQUIRE(encoder->encode(content, Encoder::End::Finish, out));
  return out;
}

struct Decoded {
  std::string content;
  std::string error;
  bool at_end = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decoded(Coding which, std::string_view input, std::size_t piece = std::string::npos, std::size_t most = 65536) {
  const auto decoder = coding::make_decoder(which);
  Decoded result;
  while (!input.empty()) {
    std::string_view part = input.substr(0, piece);
    input.remove_prefix(part.size());
    for (;;) {
      const std::size_t before = result.content.size();
      if (auto done = decoder->decode(part, most, result.content); !done) {
        result.error = std::string(base::to_string(done.error().code()));
        return result;
      }
      if (result.content.size() > before + most) FAIL("more came out than was asked for");
      if (result.content.size() < before + most) break;
    }
    if (!part.empty()) FAIL("there was room, and yet input was left");
  }
  result.at_end = decoder->at_end();
  return result;
}

/// Text that shrinks, and some that does not.
std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size / 2) text += "line " + std::to_string(text.size() % 977) + " of many\n";
  while (text.size() < size) text += static_cast<char>(random());
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("coding: names are compared without case, and x-gzip is gzip") {
  CHECK(coding::coding_named("GZip") == Coding::Gzip);
  CHECK(coding::coding_named("x-gzip") == Coding::Gzip);
  CHECK(coding::coding_named("br") == Coding::Brotli);
  CHECK(coding::coding_named("zstd") == Coding::Zstd);
  CHECK(coding::coding_named("deflate") == Coding::Deflate);
  for (std::string_view other : {"", "identity", "gzip ", "compress", "brotli", "*"})
    CHECK(!coding::coding_named(other));
}

TEST_CASE("coding: what is encoded is decoded, however both are cut") {
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    for (const std::size_t size : {0U, 1U, 100U, 70'000U, 700'000U}) {
      const std::string content = sample(size);
      for (const std::size_t piece : {std::string::npos, std::size_t{1000}, std::size_t{70'000}}) {
        const std::string coded = encoded(which, content, piece);
        CHECK(decoded(which, coded) == Decoded{content, "", true});
        CHECK(decoded(which, coded, 1) == Decoded{content, "", true});
        CHECK(decoded(which, coded, 4096, 1000) == Decoded{content, "", true});
      }
    }
    const std::string small = sample(300);
    CHECK(decoded(which, encoded(which, small), 1, 1) == Decoded{small, "", true});
  }
}

TEST_CASE("coding: what was flushed can be decoded before the rest has come") {
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const auto encoder = coding::make_encoder(which);
    const auto decoder = coding::make_decoder(which);
    std::string wire;
    for (const std::string& piece : {std::string("first"), std::string("second"), sample(100'000)}) {
      wire.clear();
      REQUIRE(encoder->encode(piece, Encoder::End::Flush, wire));
      std::string_view input = wire;
      std::string out;
      REQUIRE(decoder->decode(input, 1'000'000, out));
      CHECK(out == piece);
      CHECK(!decoder->at_end());
    }
    wire.clear();
    REQUIRE(encoder->encode("", Encoder::End::Finish, wire));
    std::string_view input = wire;
    std::string out;
    REQUIRE(decoder->decode(input, 1'000'000, out));
    CHECK(out.empty());
    CHECK(decoder->at_end());
  }
}

TEST_CASE("coding: a content that is cut anywhere does not end") {
  const std::string content = sample(2000);
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const std::string coded = encoded(which, content);
    for (std::size_t size = 0; size < coded.size(); ++size) {
      const Decoded cut = decoded(which, std::string_view(coded).substr(0, size));
      CAPTURE(size);
      CHECK(!cut.at_end);
      CHECK(cut.error.empty());
    }
  }
}

TEST_CASE("coding: bytes behind the end are refused") {
  const std::string content = sample(2000);
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const std::string coded = encoded(which, content) + "garbage";
    CHECK(!decoded(which, coded).error.empty());
    CHECK(!decoded(which, coded, 1).error.empty());
    // Where the room ends with the content, the next call tells.
    CHECK(!decoded(which, coded, std::string::npos, content.size()).error.empty());
  }
}

TEST_CASE("coding: malformed content is refused") {
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const Decoded text = decoded(which, "this is no compressed content at all, but text of some length");
    CHECK((!text.error.empty() || !text.at_end));
    // A changed checksum, where the format has one.
    if (which == Coding::Gzip || which == Coding::Deflate) {
      std::string coded = encoded(which, "hello, hello, hello");
      coded[coded.size() - 1] = static_cast<char>(coded.back() ^ 1);
      CHECK(!decoded(which, coded).error.empty());
    }
  }
}

TEST_CASE("coding: several members, or frames, are one content") {
  for (const Coding which : {Coding::Gzip, Coding::Zstd}) {
    if (!coding::is_available(which)) continue;
    CAPTURE(coding::to_string(which));
    const std::string coded = encoded(which, "one ") + encoded(which, "") + encoded(which, "two");
    CHECK(decoded(which, coded) == Decoded{"one two", "", true});
    CHECK(decoded(which, coded, 1, 1) == Decoded{"one two", "", true});
  }
}

TEST_CASE("coding: deflate is taken with and without its wrapper") {
  if (!coding::is_available(Coding::Deflate)) return;
  const std::string wrapped = encoded(Coding::Deflate, "hello");
  const std::string raw = wrapped.substr(2, wrapped.size() - 6);  // RFC 1950 §2.2: two bytes in front, four behind
  for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
    CHECK(decoded(Coding::Deflate, wrapped, piece) == Decoded{"hello", "", true});
    CHECK(decoded(Coding::Deflate, raw, piece, 2) == Decoded{"hello", "", true});
    CHECK(!decoded(Coding::Deflate, raw + "x", piece).error.empty());
  }
}

TEST_CASE("coding: a zstd window above 8 MiB is refused (RFC 9659 §3)") {
  if (!coding::is_available(Coding::Zstd)) return;
  // A frame's head with a window of 2^23 bytes, and of 2^24; then an empty last block.
  CHECK(decoded(Coding::Zstd, "\x28\xB5\x2F\xFD\x00\x68\x01\x00\x00"sv) == Decoded{"", "", true});
  CHECK(!decoded(Coding::Zstd, "\x28\xB5\x2F\xFD\x00\x70\x01\x00\x00"sv).error.empty());
}

TEST_CASE("coding: only frames of RFC 8878 are zstd, and those to be skipped are skipped, wherever they are cut") {
  if (!coding::is_available(Coding::Zstd)) return;
  const std::string frame = encoded(Coding::Zstd, "hello");
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{3}}) {
    CAPTURE(piece);
    for (const char kind : {'\x50', '\x5F'}) {
      const std::string skipped = std::string(1, kind) + std::string("\x2A\x4D\x18\x03\x00\x00\x00" "abc", 10);
      CHECK(decoded(Coding::Zstd, skipped + frame + skipped + frame, piece) == Decoded{"hellohello", "", true});
    }
    // The magic numbers of versions 0.1, 0.2, 0.7, and what is none at all; in front and behind a frame.
    for (const auto first : {"\x1E\xB5\x2F\xFD"sv, "\x22\xB5\x2F\xFD"sv, "\x27\xB5\x2F\xFD"sv, "\x28\xB5\x2F\xFC"sv,
                             "\x4F\x2A\x4D\x18"sv, "\x60\x2A\x4D\x18"sv, "\x51\x2A\x4D\x19"sv}) {
      const std::string other = std::string(first) + std::string(12, '\0');
      CHECK(!decoded(Coding::Zstd, other, piece).error.empty());
      CHECK(!decoded(Coding::Zstd, frame + other, piece).error.empty());
    }
  }
}

TEST_CASE("coding: a zstd frame has the length that it says") {
  if (!coding::is_available(Coding::Zstd)) return;
  // One byte is said, then an empty last block, or one with a byte, or two.
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
    CHECK(!decoded(Coding::Zstd, "\x28\xB5\x2F\xFD\x20\x01\x01\x00\x00"sv, piece).error.empty());
    CHECK(decoded(Coding::Zstd, "\x28\xB5\x2F\xFD\x20\x01\x09\x00\x00x"sv, piece) == Decoded{"x", "", true});
    CHECK(!decoded(Coding::Zstd, "\x28\xB5\x2F\xFD\x20\x01\x11\x00\x00xy"sv, piece).error.empty());
  }
}

TEST_CASE("coding: no more comes out than was asked for, however much there is") {
  for (const Coding which : here()) {
    CAPTURE(coding::to_string(which));
    const std::string coded = encoded(which, std::string(10'000'000, '\0'));
    const auto decoder = coding::make_decoder(which);
    std::string_view input = coded;
    std::string out;
    REQUIRE(decoder->decode(input, 1000, out));
    CHECK(out.size() == 1000);
    CHECK(out.capacity() < 10'000);
    CHECK(!decoder->at_end());
  }
}
