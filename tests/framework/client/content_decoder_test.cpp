#include "client/content_decoder.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/coding/encoder.h>

using namespace rondeau;
using client::ContentDecoder;
using coding::Encoder;

namespace {

Headers coded(std::string_view codings) {
  Headers headers;
  REQUIRE(headers.append(HeaderName::ContentEncoding, codings));
  REQUIRE(headers.append(HeaderName::ContentLength, "10"));
  REQUIRE(headers.append(HeaderName::ContentType, "text/plain"));
  return headers;
}

std::string encode(Coding which, std::string_view content) {
  const auto encoder = coding::make_encoder(which);
  std::string out;
  REQUIRE(encoder->encode(content, Encoder::End::Finish, out));
  return out;
}

struct Decoded {
  std::string content;
  std::string error;
  std::size_t longest = 0;  // piece
};

/// Plays `wire` in pieces of that size, at most `enough` bytes of content.
Decoded decode(std::string_view codings, std::string_view wire, std::size_t piece, std::size_t enough = 10'000'000) {
  Headers headers = coded(codings);
  ContentDecoder decoder = *ContentDecoder::take(headers).value();
  Decoded result;
  for (bool over = false; !over;) {
    over = wire.empty();
    decoder.feed(Bytes::copy_of(wire.substr(0, piece)));
    wire.remove_prefix(std::min(piece, wire.size()));
    while (true) {
      auto next = decoder.next();
      if (!next) {
        result.error = next.error().context();
        CHECK(decoder.next().error().context() == result.error);
        return result;
      }
      if (!*next) break;
      CHECK(!(*next)->empty());
      result.longest = std::max(result.longest, (*next)->size());
      result.content += (*next)->view();
      if (result.content.size() >= enough) return result;
    }
  }
  return result;
}

std::string lines(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(text.size() % 977) + "\n";
  text.resize(size);
  return text;
}

bool have(std::initializer_list<Coding> codings) {
  return std::ranges::all_of(codings, coding::is_available);
}

}  // namespace

TEST_CASE("decoder: what this build has is what is asked for") {
  std::string expected;
  for (const Coding each : coding::kCodings) {
    if (coding::is_available(each)) expected.append(expected.empty() ? "" : ", ").append(coding::to_string(each));
  }
  CHECK(client::accepted_codings() == expected);
}

TEST_CASE("decoder: one coding or two come off, however the wire is cut") {
  for (const Coding inner : coding::kCodings) {
    for (const Coding outer : coding::kCodings) {
      if (!have({inner, outer})) continue;
      const std::string both = std::string(coding::to_string(inner)) + ", " + std::string(coding::to_string(outer));
      CAPTURE(both);
      for (const std::size_t size : {0U, 1U, 1000U, 200'000U}) {
        const std::string content = lines(size);
        const std::string once = encode(inner, content);
        const std::string twice = encode(outer, once);
        for (const std::size_t piece : {1U, 100U, 1'000'000U}) {
          const Decoded one = decode(coding::to_string(inner), once, piece);
          CHECK(one.error == "");
          CHECK(one.content == content);
          CHECK(one.longest <= ContentDecoder::kPiece);
          const Decoded two = decode(both, twice, piece);
          CHECK(two.error == "");
          CHECK(two.content == content);
        }
      }
    }
  }
}

TEST_CASE("decoder: the fields name the codings, and lose them") {
  struct Case {
    std::string_view codings;
    int count;  // -1: refused
  };
  static constexpr Case kTable[] = {
      {"identity", 0},
      {"", 0},
      {"identity, identity, identity", 0},
      {"gzip", 1},
      {"GZIP", 1},
      {"x-gzip", 1},
      {"deflate", 1},
      {"gzip, identity", 1},
      {"gzip,deflate", 2},
      {"gzip, gzip, gzip", -1},
      {"compress", -1},
      {"gzip, br2", -1},
      {"gzip;q=1", -1},
      {"aes128gcm", -1},
  };
  if (!have({Coding::Gzip})) return;
  for (const Case& row : kTable) {
    CAPTURE(row.codings);
    Headers headers = coded(row.codings);
    const auto taken = ContentDecoder::take(headers);
    REQUIRE(taken.has_value() == (row.count >= 0));
    if (!taken) CHECK(taken.error().code() == Errc::InvalidData);
    CHECK((taken && *taken) == (row.count > 0));
    CHECK(headers.size() == (row.count > 0 ? 1U : 3U));
  }
  Headers two = coded("gzip");
  REQUIRE(two.append(HeaderName::ContentEncoding, "deflate"));
  CHECK(ContentDecoder::take(two).value().has_value());
  CHECK(two.size() == 1);
  Headers three = coded("gzip, gzip");
  REQUIRE(three.append(HeaderName::ContentEncoding, "gzip"));
  CHECK(!ContentDecoder::take(three));
  Headers none;
  CHECK(!ContentDecoder::take(none).value());
}

TEST_CASE("decoder: what is cut, broken or followed by more is never a success") {
  const std::string content = lines(5'000);
  for (const Coding which : coding::kCodings) {
    if (!coding::is_available(which)) continue;
    const std::string_view name = coding::to_string(which);
    CAPTURE(name);
    const std::string whole = encode(which, content);
    for (const std::size_t piece : {1U, 1'000'000U}) {
      for (std::size_t end = 1; end < whole.size(); ++end) {
        CHECK(decode(name, std::string_view(whole).substr(0, end), piece).error != "");
      }
      CHECK(decode(name, whole + "x", piece).error != "");
      CHECK(decode(name, "plain text, whatever the field says", piece).error != "");
      CHECK(decode(name, "", piece).error == "");
    }
  }
  if (!have({Coding::Gzip, Coding::Deflate})) return;
  const std::string twice = encode(Coding::Deflate, encode(Coding::Gzip, content));
  const std::string inner_cut = encode(Coding::Deflate, encode(Coding::Gzip, content).substr(0, 100));
  CHECK(decode("gzip, deflate", twice.substr(0, twice.size() - 1), 10).error != "");
  CHECK(decode("gzip, deflate", inner_cut, 10).error.find("ends before its end") != std::string::npos);
  CHECK(decode("deflate, gzip", twice, 10).error != "");
  CHECK(decode("gzip, deflate", encode(Coding::Deflate, ""), 10).error == "");  // no content of the inner one
}

TEST_CASE("decoder: members of gzip are read as one, deflate with and without its wrapper") {
  if (!have({Coding::Gzip, Coding::Deflate})) return;
  const std::string two = encode(Coding::Gzip, "one ") + encode(Coding::Gzip, "two");
  CHECK(decode("gzip", two, 1).content == "one two");
  CHECK(decode("gzip", two + std::string(2, '\0'), 5).error != "");
  const std::string wrapped = encode(Coding::Deflate, "hello hello hello");
  const std::string bare = wrapped.substr(2, wrapped.size() - 6);
  for (const std::size_t piece : {1U, 100U}) {
    CHECK(decode("deflate", wrapped, piece).content == "hello hello hello");
    CHECK(decode("deflate", bare, piece).content == "hello hello hello");
    CHECK(decode("deflate", bare, piece).error == "");
  }
}

TEST_CASE("decoder: a bomb costs a piece at a time, and stops where its reader does") {
  const std::string zeros(4'000'000, '\0');
  for (const Coding which : coding::kCodings) {
    if (!coding::is_available(which)) continue;
    CAPTURE(coding::to_string(which));
    const std::string bomb = encode(which, zeros);
    REQUIRE(bomb.size() < zeros.size() / 100);
    const Decoded all = decode(coding::to_string(which), bomb, 1'000'000);
    CHECK(all.content.size() == zeros.size());
    CHECK(all.longest == ContentDecoder::kPiece);
    const Decoded some = decode(coding::to_string(which), bomb, 1'000'000, 100'000);
    CHECK(some.content.size() == 2 * ContentDecoder::kPiece);
    if (which != Coding::Gzip) continue;
    const Decoded nested = decode("gzip, gzip", encode(which, bomb), 1'000'000, 100'000);
    CHECK(nested.content.size() == 2 * ContentDecoder::kPiece);
  }
}

TEST_CASE("decoder: a zstd frame of a window above 8 MiB is refused") {
  if (!have({Coding::Zstd})) return;
  // Magic number, a frame header without content size, a window of 2^(10+13) and of twice that, one raw block.
  const auto frame = [](char window) {
    return std::string("\x28\xB5\x2F\xFD\x00", 5) + window + std::string("\x09\x00\x00x", 4);
  };
  CHECK(decode("zstd", frame(13 << 3), 100).content == "x");
  CHECK(decode("zstd", frame(14 << 3), 100).error != "");
}
