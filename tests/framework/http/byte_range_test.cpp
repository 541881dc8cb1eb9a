// Range fields: a table of text and verdict.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/byte_range.h>

using namespace rondeau;
using http::ByteRange;
using Verdict = http::ByteRanges::Verdict;

TEST_CASE("http: a Range names parts of the body, is ignored, or cannot be met (RFC 9110 §14.1.2)") {
  constexpr Verdict kIgnored = Verdict::Ignored;
  constexpr Verdict kMet = Verdict::Satisfiable;
  constexpr Verdict kUnmet = Verdict::Unsatisfiable;
  struct Case {
    std::string_view field;
    std::uint64_t size;
    Verdict verdict;
    std::vector<ByteRange> ranges;
  };
  const Case cases[] = {
      {"bytes=0-4", 10, kMet, {{0, 4}}},
      {"bytes=4-", 10, kMet, {{4, 9}}},
      {"bytes=-3", 10, kMet, {{7, 9}}},
      {"bytes=0-0", 10, kMet, {{0, 0}}},
      {"bytes=9-9", 10, kMet, {{9, 9}}},
      {"bytes=0-9", 10, kMet, {{0, 9}}},
      {"bytes=0-10", 10, kMet, {{0, 9}}},
      {"bytes=5-99999999999999999999999999", 10, kMet, {{5, 9}}},
      {"bytes=-99999999999999999999999999", 10, kMet, {{0, 9}}},
      {"BYTES=0-4", 10, kMet, {{0, 4}}},
      {"bytes= 0-4 ", 10, kMet, {{0, 4}}},
      {"bytes=007-008", 10, kMet, {{7, 8}}},
      // Several, in the order they were given.
      {"bytes=0-1,3-4", 10, kMet, {{0, 1}, {3, 4}}},
      {"bytes=-1, 0-0", 10, kMet, {{9, 9}, {0, 0}}},
      {"bytes=,0-1,,2-3,", 10, kMet, {{0, 1}, {2, 3}}},
      {"bytes=0-1,20-30", 10, kMet, {{0, 1}}},
      {"bytes=20-30,0-1,-0", 10, kMet, {{0, 1}}},
      {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7",
       10,
       kMet,
       {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}}},
      {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8", 10, kIgnored, {}},
      {"bytes=90-,91-,92-,93-,94-,95-,96-,97-,98-", 10, kIgnored, {}},
      {"bytes=0-4,4-5", 10, kIgnored, {}},
      {"bytes=0-,0-", 10, kIgnored, {}},
      {"bytes=5-9,0-5", 10, kIgnored, {}},
      {"bytes=0-8,-2", 10, kIgnored, {}},
      // Behind the end.
      {"bytes=10-", 10, kUnmet, {}},
      {"bytes=10-20,30-40", 10, kUnmet, {}},
      {"bytes=99999999999999999999999999-", 10, kUnmet, {}},
      {"bytes=-0", 10, kUnmet, {}},
      {"bytes=0-", 0, kUnmet, {}},
      {"bytes=-0", 0, kUnmet, {}},
      {"bytes=-5", 0, kIgnored, {}},
      // No ranges.
      {"", 10, kIgnored, {}},
      {"bytes", 10, kIgnored, {}},
      {"bytes=", 10, kIgnored, {}},
      {"bytes=,", 10, kIgnored, {}},
      {"bytes=-", 10, kIgnored, {}},
      {"bytes=5", 10, kIgnored, {}},
      {"bytes=4-3", 10, kIgnored, {}},
      {"bytes=0-4,4-3", 10, kIgnored, {}},
      {"bytes=0-4,x", 10, kIgnored, {}},
      {"bytes=--4", 10, kIgnored, {}},
      {"bytes=0--4", 10, kIgnored, {}},
      {"bytes=+0-4", 10, kIgnored, {}},
      {"bytes=0x0-4", 10, kIgnored, {}},
      {"bytes=0 - 4", 10, kIgnored, {}},
      {"bytes=0-4;5-6", 10, kIgnored, {}},
      {"bytes =0-4", 10, kIgnored, {}},
      {"lines=0-4", 10, kIgnored, {}},
      {"0-4", 10, kIgnored, {}},
      {"bytes=\"0-4\"", 10, kIgnored, {}},
  };
  for (const Case& row : cases) {
    CAPTURE(row.field);
    CAPTURE(row.size);
    const http::ByteRanges read = http::parse_byte_ranges(row.field, row.size);
    CHECK(read.verdict == row.verdict);
    CHECK(read.ranges == row.ranges);
  }
}

TEST_CASE("http: a body of any size has ranges") {
  const std::uint64_t most = ~std::uint64_t{0};
  CHECK(http::parse_byte_ranges("bytes=-1", most).ranges == std::vector<ByteRange>{{most - 1, most - 1}});
  CHECK(http::parse_byte_ranges("bytes=1-", most).ranges == std::vector<ByteRange>{{1, most - 1}});
}
