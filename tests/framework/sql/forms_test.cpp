#include <doctest/doctest.h>

#include <rondeau/sql/cells.h>

using namespace rondeau;
using sql::Type;
using sql::Value;

namespace {

std::int64_t parsed(std::string_view text, Type type) {
  std::int64_t out = -1;
  REQUIRE_MESSAGE(sql::parse_text_form(text, type, out), text);
  return out;
}
bool refuses(std::string_view text, Type type) {
  std::int64_t out = 0;
  return !sql::parse_text_form(text, type, out);
}
std::string form(Type type, std::int64_t value) {
  return sql::text_form({type, Type::Null, value});
}

}  // namespace

TEST_CASE("sql: times are written with all their digits and read back") {
  struct Case {
    Type type;
    std::int64_t value;
    std::string_view text;
  };
  static constexpr Case kCases[] = {
      {Type::Date, 0, "1970-01-01"},
      {Type::Date, -1, "1969-12-31"},
      {Type::Date, 2'932'896, "9999-12-31"},
      {Type::Date, -719'528, "0000-01-01"},
      {Type::Time, 1, "00:00:00.000001"},
      {Type::Time, 86'400'000'000, "24:00:00.000000"},
      {Type::Timestamp, -1, "1969-12-31 23:59:59.999999"},
      {Type::Timestamptz, 1'700'000'000'123'456, "2023-11-14T22:13:20.123456Z"},
      {Type::Timestamptz, -62'167'219'200'000'000, "0000-01-01T00:00:00.000000Z"},
  };
  for (const Case& one : kCases) {
    CHECK(form(one.type, one.value) == one.text);
    CHECK(parsed(one.text, one.type) == one.value);
  }
}

TEST_CASE("sql: a time outside of years 0 to 9999 has no text") {
  CHECK(form(Type::Date, 2'932'897).empty());
  CHECK(form(Type::Date, -719'529).empty());
  CHECK(form(Type::Timestamptz, INT64_MAX).empty());
  CHECK(form(Type::Timestamptz, INT64_MIN).empty());
  CHECK(form(Type::Time, -1).empty());
}

TEST_CASE("sql: what SQLite's own functions write is read as UTC, offsets are taken off") {
  const std::int64_t noon = parsed("2024-02-29T12:00:00Z", Type::Timestamptz);
  CHECK(parsed("2024-02-29 12:00:00", Type::Timestamptz) == noon);
  CHECK(parsed("2024-02-29 12:00", Type::Timestamptz) == noon);
  CHECK(parsed("2024-02-29T14:30:00+02:30", Type::Timestamptz) == noon);
  CHECK(parsed("2024-02-29T11:00:00-01:00", Type::Timestamptz) == noon);
  CHECK(parsed("2024-02-29T12:00:00.5Z", Type::Timestamptz) == noon + 500'000);
}

TEST_CASE("sql: what is no time is refused") {
  for (const std::string_view text : {"", "2024", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "24-01-01",
                                      "2024-1-1", "2024-01-01 ", " 2024-01-01", "2024-01-01x", "+2024-01-01"}) {
    CHECK_MESSAGE(refuses(text, Type::Date), text);
  }
  for (const std::string_view text : {"2024-01-01", "2024-01-01T", "2024-01-01T12", "2024-01-01T12:60:00Z",
                                      "2024-01-01T12:00:60Z", "2024-01-01T24:00:00.000001Z", "2024-01-01T12:00:00.Z",
                                      "2024-01-01T12:00:00.1234567Z", "2024-01-01T12:00:00z", "2024-01-01T12:00:00+2:00",
                                      "2024-01-01T12:00:00+02", "2024-01-01T12:00:00+24:00", "2024-01-01x12:00:00Z"}) {
    CHECK_MESSAGE(refuses(text, Type::Timestamptz), text);
  }
  CHECK(refuses("2024-01-01T12:00:00Z", Type::Timestamp));
}

TEST_CASE("sql: intervals keep their three parts") {
  struct Case {
    sql::Interval value;
    std::string_view text;
  };
  static constexpr Case kCases[] = {
      {{0, 0, 0}, "PT0S"},
      {{14, 3, 4'500'000}, "P14M3DT4.500000S"},
      {{-1, -2, -3}, "P-1M-2DT-0.000003S"},
      {{0, 0, INT64_MAX}, "PT9223372036854.775807S"},
      {{INT32_MIN, INT32_MAX, 0}, "P-2147483648M2147483647D"},
  };
  for (const Case& one : kCases) {
    CHECK(sql::text_form({Type::Interval, Type::Null, one.value}) == one.text);
    sql::Interval back;
    REQUIRE(sql::parse_text_form(one.text, back));
    CHECK(back == one.value);
  }
  sql::Interval read;
  REQUIRE(sql::parse_text_form("P1Y2M1W1DT1H1M1S", read));
  CHECK(read == sql::Interval{14, 8, 3'661'000'000});
  for (const std::string_view text : {"", "P", "PT", "1D", "P1", "P1S", "PT1D", "P1D1M", "PT1.5H", "P99999999999Y",
                                      "PT9223372036854775807H", "P1DT", "P 1D", "P--1D"}) {
    CHECK_MESSAGE(!sql::parse_text_form(text, read), text);
  }
}

TEST_CASE("sql: numbers are exact texts") {
  for (const std::string_view text : {"0", "-12.50", "+3", ".5", "1e10", "1.5E-3", "NaN",
                                      "123456789012345678901234567890.123456789"}) {
    const auto number = sql::Numeric::parse(text);
    REQUIRE_MESSAGE(number, text);
    CHECK(number->text() == text);
  }
  for (const std::string_view text : {"", "-", ".", "1.", "1e", "1e+", "0x10", "1,5", " 1", "1 ", "nan", "Infinity"}) {
    CHECK_MESSAGE(!sql::Numeric::parse(text), text);
  }
}

TEST_CASE("sql: an array is flat JSON, both ways") {
  sql::Array array;
  array.elements.push_back({Type::Int64, Type::Null, std::int64_t{-3}});
  array.elements.push_back({Type::Null, Type::Null, {}});
  array.elements.push_back({Type::Text, Type::Null, std::string("a\"b")});
  array.elements.push_back({Type::Date, Type::Null, std::int64_t{0}});
  const std::string text = sql::json_form(array);
  CHECK(text == R"([-3,null,"a\"b","1970-01-01"])");
  sql::Misfit misfit;
  const sql::ArrayCells cells({.type = Type::Text, .bytes = text}, misfit);
  REQUIRE(cells.ok());
  REQUIRE(cells.get().size() == 4);
  CHECK(cells.get()[0].integer == -3);
  CHECK(cells.get()[1].is_null());
  CHECK(cells.get()[2].bytes == "a\"b");
  for (const std::string_view bad : {"", "1", "{}", "[[1]]", "[{}]", "[1", "[1]x", "[18446744073709551615]", "null"}) {
    const sql::ArrayCells refused({.type = Type::Text, .bytes = bad}, misfit);
    CHECK_MESSAGE(!refused.ok(), bad);
  }
}
