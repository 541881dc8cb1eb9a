#include "postgres/decode.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "rendered.h"

namespace {

using namespace rondeau;
using postgres::column_type;
using postgres::ColumnType;
using postgres::Fault;
using postgres_test::from_hex;
using postgres_test::rendered;

// Object identifiers, as pg_type has them.
enum : postgres::TypeId {
  Bool = 16, Bytea = 17, Int8 = 20, Int2 = 21, Int4 = 23, Text = 25, Oid = 26, Json = 114, Float4 = 700, Float8 = 701,
  Varchar = 1043, Date = 1082, Time = 1083, Timestamp = 1114, Timestamptz = 1184, Interval = 1186, Numeric = 1700,
  Uuid = 2950, Jsonb = 3802, Int4Array = 1007, TextArray = 1009, NumericArray = 1231, Own = 16'500,
};

/// What is expected; an error begins with '!'.
struct Row {
  postgres::TypeId type;
  std::string_view bytes;
  std::string_view expected;
};

std::string decoded(Fault (*decode)(const ColumnType&, std::string_view, sql::Cell&, postgres::Scratch&),
                    postgres::TypeId type, std::string_view bytes) {
  sql::Cell cell;
  postgres::Scratch scratch;
  const Fault fault = decode(column_type(type), bytes, cell, scratch);
  return fault == nullptr ? rendered(cell) : '!' + std::string(fault);
}

constexpr Row kBinary[] = {
    {Bool, "01", "1"},
    {Bool, "00", "0"},
    {Bool, "", "!its length does not fit its type"},
    {Int2, "8000", "-32768"},
    {Int2, "7fff", "32767"},
    {Int4, "ffffffff", "-1"},
    {Int4, "ffffff", "!its length does not fit its type"},
    {Int8, "8000000000000000", "-9223372036854775808"},
    {Int8, "0000000000000007", "7"},
    {Int8, "00000000000000000007", "!its length does not fit its type"},
    {Oid, "ffffffff", "4294967295"},
    {Float4, "3fc00000", "1.5"},
    {Float4, "7fc00000", "nan"},
    {Float8, "c004000000000000", "-2.5"},
    {Float8, "7ff0000000000000", "inf"},
    {Float8, "3fc00000", "!its length does not fit its type"},
    {Text, "68c3a9", "hé"},
    {Varchar, "", ""},
    {Bytea, "00ff10", "00ff10"},
    {Json, "7b7d", "{}"},
    {Jsonb, "017b7d", "{}"},
    {Jsonb, "027b7d", "!its version of jsonb is not known"},
    {Jsonb, "", "!its version of jsonb is not known"},
    {Date, "00000000", "10957"},
    {Date, "ffffd533", "0"},
    {Date, "7fffffff", "!infinity is no day"},
    {Date, "80000000", "!infinity is no day"},
    {Time, "000000141dd76000", "86400000000"},
    {Time, "000000141dd76001", "!it is no time of day"},
    {Time, "ffffffffffffffff", "!it is no time of day"},
    {Timestamp, "0000000000000000", "946684800000000"},
    {Timestamptz, "fffca2fec4c81fff", "-1"},
    {Timestamptz, "7fffffffffffffff", "!infinity is no point in time"},
    {Timestamptz, "8000000000000000", "!infinity is no point in time"},
    {Timestamptz, "7ffffffffffffffe", "!it is out of range"},
    {Interval, "0000000000000001 fffffffd 0000000e", "14m -3d 1us"},
    {Interval, "0000000000000001 fffffffd", "!its length does not fit its type"},
    {Uuid, "000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f"},
    {Uuid, "0001", "!its length does not fit its type"},
    {Numeric, "0000 0000 0000 0000", "0"},
    {Numeric, "0000 0000 0000 0002", "0.00"},
    {Numeric, "0002 0000 4000 0002 000c 1388", "-12.50"},
    {Numeric, "0001 ffff 0000 0004 0001", "0.0001"},
    {Numeric, "0001 fffe 0000 0006 0064", "0.000001"},
    {Numeric, "0001 0002 0000 0000 0001", "100000000"},
    {Numeric, "0002 0001 0000 0000 0001 0002", "10002"},
    {Numeric, "0001 0000 0000 0003 0001", "1.000"},
    {Numeric, "0000 0000 c000 0000", "NaN"},
    {Numeric, "0000 0000 d000 0000", "!infinity is no decimal number"},
    {Numeric, "0000 0000 f000 0000", "!infinity is no decimal number"},
    {Numeric, "0001 0000 0000 0000 2710", "!it is no binary form of numeric"},
    {Numeric, "0001 0000 0001 0000 0001", "!it is no binary form of numeric"},
    {Numeric, "0002 0000 0000 0000 0001", "!it is no binary form of numeric"},
    {Numeric, "0000 0000 0000 4000", "!it is no binary form of numeric"},
    {Numeric, "0000", "!it is no binary form of numeric"},
    {Int4Array, "00000000 00000000 00000017", "[]"},
    {Int4Array, "00000001 00000001 00000017 00000002 00000001 00000004 00000007 ffffffff", "[7, null]"},
    {Int4Array, "00000001 00000000 00000017 00000001 00000001 00000004 000000", "!it is no array of its type"},
    {Int4Array, "00000001 00000000 00000017 7fffffff 00000001", "!it is no array of its type"},
    {Int4Array, "00000001 00000000 00000017 ffffffff 00000001", "!it is no array of its type"},
    {Int4Array, "00000001 00000000 00000019 00000001 00000001 00000004 00000007", "!it is no array of its type"},
    {Int4Array, "00000001 00000000 00000017 00000001 00000001 00000002 0007", "!its length does not fit its type"},
    {Int4Array, "00000001 00000000 00000017 00000001 00000001 fffffffe", "!it is no array of its type"},
    {Int4Array, "00000001 00000000 00000017 00000001 00000001 00000004 00000007 00", "!it is no array of its type"},
    {Int4Array, "00000002 00000000 00000017 00000001 00000001 00000001 00000001 00000004 00000007",
     "!it is an array of more than one dimension"},
    {Int4Array, "00000000 00000000 00000017 00", "!it is no array of its type"},
    {Int4Array, "00000001", "!it is no array of its type"},
    {TextArray, "00000001 00000000 00000019 00000002 00000005 00000001 61 00000000", "[a, ]"},
    {NumericArray, "00000001 00000000 000006a4 00000001 00000001 0000000a 0001 0000 0000 0000 0001", "[1]"},
    {Own, "01", "!its binary form is not known"},
};

constexpr Row kText[] = {
    {Bool, "t", "1"},
    {Bool, "f", "0"},
    {Bool, "true", "!it is neither t nor f"},
    {Int2, "-32768", "-32768"},
    {Int2, "32768", "!it is no integer of its type"},
    {Int4, "2147483647", "2147483647"},
    {Int4, "12x", "!it is no integer of its type"},
    {Int4, "", "!it is no integer of its type"},
    {Int8, "-9223372036854775808", "-9223372036854775808"},
    {Oid, "4294967295", "4294967295"},
    {Float4, "1.5", "1.5"},
    {Float4, "-92220543372054755808808", "-9.22205428e+22"},
    {Float8, "-2.5e-3", "-0.0025"},
    {Float8, "NaN", "nan"},
    {Float8, "-Infinity", "-inf"},
    {Float8, "1.5 ", "!it is no number"},
    {Text, "hé", "hé"},
    {Own, "(1,2)", "(1,2)"},
    {Bytea, "\\x00FF10", "00ff10"},
    {Bytea, "\\x0", "!it is no text form of bytea"},
    {Bytea, "a\\\\b\\001", "615c6201"},
    {Bytea, "a\\4", "!it is no text form of bytea"},
    {Bytea, "a\\", "!it is no text form of bytea"},
    {Date, "2000-01-01", "10957"},
    {Date, "1970-01-01", "0"},
    {Date, "0001-01-01 BC", "-719528"},
    {Date, "5874897-12-31", "2145042905"},
    {Date, "2023-02-29", "!it is no date"},
    {Date, "2024-02-29", "19782"},
    {Date, "2024-13-01", "!it is no date"},
    {Date, "0000-01-01", "!it is no date"},
    {Date, "01.02.2024", "!it is no date"},
    {Date, "infinity", "!infinity is no day"},
    {Time, "00:00:00", "0"},
    {Time, "23:59:59.999999", "86399999999"},
    {Time, "12:34:56.5", "45296500000"},
    {Time, "24:00:00", "86400000000"},
    {Time, "24:00:01", "!it is no time of day"},
    {Time, "12:60:00", "!it is no time of day"},
    {Time, "12:00", "!it is no time of day"},
    {Time, "12:00:00.1234567", "!it is no time of day"},
    {Timestamp, "2000-01-01 00:00:00", "946684800000000"},
    {Timestamp, "1970-01-01 00:00:00.000001", "1"},
    {Timestamp, "2000-01-01 00:00:00+00", "!it is no timestamp"},
    {Timestamp, "-infinity", "!infinity is no point in time"},
    {Timestamptz, "1970-01-01 05:30:00+05:30", "0"},
    {Timestamptz, "1969-12-31 20:00:00-04", "0"},
    {Timestamptz, "1970-01-01 00:53:28+00:53:28", "0"},
    {Timestamptz, "0044-03-15 12:00:00+00 BC", "-63517780800000000"},
    {Timestamptz, "1970-01-01 00:00:00", "!it is no timestamp"},
    {Timestamptz, "1970-01-01T00:00:00+00", "!it is no timestamp"},
    {Timestamptz, "294276-12-31 23:59:59.999999+00", "!it is out of range"},
    {Interval, "00:00:00", "0m 0d 0us"},
    {Interval, "1 year 2 mons -3 days +04:05:06.789", "14m -3d 14706789000us"},
    {Interval, "-00:00:00.5", "0m 0d -500000us"},
    {Interval, "1 mon", "1m 0d 0us"},
    {Interval, "1 fortnight", "!it is no text form of interval"},
    {Interval, "", "!it is no text form of interval"},
    {Interval, "999999999999 years", "!it is out of range"},
    {Interval, "P1Y2M-3DT4H5M6.789S", "14m -3d 14706789000us"},
    {Interval, "PT0S", "0m 0d 0us"},
    {Interval, "PT-0.5S", "0m 0d -500000us"},
    {Interval, "P", "!it is no text form of interval"},
    {Interval, "P1S", "!it is no text form of interval"},
    {Interval, "P1.5Y", "!it is no text form of interval"},
    {Uuid, "00010203-0405-0607-0809-0a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f"},
    {Uuid, "0001", "!it is no UUID"},
    {Numeric, "-12.50", "-12.50"},
    {Int4Array, "{}", "[]"},
    {Int4Array, "{1,NULL,-3}", "[1, null, -3]"},
    {Int4Array, "[0:1]={1,2}", "[1, 2]"},
    {Int4Array, "{{1},{2}}", "!it is an array of more than one dimension"},
    {Int4Array, "[1:1][1:1]={{1}}", "!it is an array of more than one dimension"},
    {Int4Array, "{1,}", "!it is no array of its type"},
    {Int4Array, "{1", "!it is no array of its type"},
    {Int4Array, "{1}x", "!it is no array of its type"},
    {Int4Array, "{x}", "!it is no integer of its type"},
    {Int4Array, "", "!it is no array of its type"},
    {Int4Array, "[0:1]", "!it is no array of its type"},
    {TextArray, R"({a,"b,\"c\"\\",NULL,"NULL",""})", R"([a, b,"c"\, null, NULL, ])"},
    {TextArray, R"({"a)", "!it is no array of its type"},
    {TextArray, R"({a\)", "!it is no array of its type"},
    {TextArray, R"({a"b"})", "!it is no array of its type"},
};

TEST_CASE("postgres: binary forms are read exactly, and what is malformed is refused") {
  for (const Row& row : kBinary) {
    INFO(column_type(row.type).name, " ", row.bytes);
    CHECK(decoded(postgres::decode_binary, row.type, from_hex(row.bytes)) == row.expected);
  }
}

TEST_CASE("postgres: text forms are read exactly, and what is malformed is refused") {
  for (const Row& row : kText) {
    INFO(column_type(row.type).name, " ", row.bytes);
    CHECK(decoded(postgres::decode_text, row.type, row.bytes) == row.expected);
  }
}

TEST_CASE("postgres: a type of the server's that is not known comes as text") {
  CHECK_FALSE(column_type(Own).has_binary());
  CHECK(column_type(Own).type == sql::Type::Unknown);
  CHECK(column_type(0).type == sql::Type::Unknown);
}

TEST_CASE("postgres: the memory of a row is used again for the next one") {
  postgres::Scratch scratch;
  const char* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    scratch.clear();
    sql::Cell cell;
    CHECK(postgres::decode_text(column_type(Bytea), "\\x" + std::string(200, '0'), cell, scratch) == nullptr);
    CHECK(cell.bytes.size() == 100);
    if (i == 0) first = cell.bytes.data();
    CHECK(cell.bytes.data() == first);
  }
}

}  // namespace
