#include "postgres/encode.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "postgres/decode.h"
#include "rendered.h"

namespace {

using namespace rondeau;
using postgres::Encoded;
using postgres_test::rendered;
using postgres_test::to_hex;
using sql::Type;
using sql::Value;

Value integer(Type type, std::int64_t number) { return {.type = type, .data = number}; }
Value text(Type type, std::string bytes) { return {.type = type, .data = std::move(bytes)}; }
Value array(Type element, std::vector<Value> elements) {
  return {.type = Type::Array, .element = element, .data = sql::Array{std::move(elements)}};
}

/// "23 b 00000007": the declared type, text or binary, the bytes; an error begins with '!'.
std::string encoded(Value value) {
  Encoded encoded;
  const std::vector<Value> values{std::move(value)};
  if (auto filled = encoded.fill(values); !filled) return '!' + filled.error().what;
  if (encoded.values()[0] == nullptr) return std::to_string(encoded.types()[0]) + " null";
  const std::string_view bytes(encoded.values()[0], static_cast<std::size_t>(encoded.lengths()[0]));
  const bool is_binary = encoded.formats()[0] == 1;
  return std::to_string(encoded.types()[0]) + (is_binary ? " b " : " t ") + (is_binary ? to_hex(bytes) : std::string(bytes));
}

TEST_CASE("postgres: parameters are declared and written in the form of their type") {
  CHECK(encoded(integer(Type::Bool, 1)) == "16 b 01");
  CHECK(encoded(integer(Type::Int16, -2)) == "21 b fffe");
  CHECK(encoded(integer(Type::Int32, 7)) == "23 b 00000007");
  CHECK(encoded(integer(Type::Int64, 7)) == "20 b 0000000000000007");
  CHECK(encoded({.type = Type::Float32, .data = 1.5}) == "700 b 3fc00000");
  CHECK(encoded({.type = Type::Float64, .data = -2.5}) == "701 b c004000000000000");
  CHECK(encoded(text(Type::Text, "hé")) == "0 t hé");
  CHECK(encoded(text(Type::Bytes, std::string("\0\xff", 2))) == "17 b 00ff");
  CHECK(encoded(text(Type::Json, "{}")) == "3802 b 017b7d");
  CHECK(encoded(text(Type::Numeric, "-12.50")) == "1700 t -12.50");
  CHECK(encoded(text(Type::Uuid, "0123456789abcdef")) == "2950 b 30313233343536373839616263646566");
  CHECK(encoded(integer(Type::Date, 10'957)) == "1082 b 00000000");
  CHECK(encoded(integer(Type::Time, 1)) == "1083 b 0000000000000001");
  CHECK(encoded(integer(Type::Timestamp, 946'684'800'000'000)) == "1114 b 0000000000000000");
  CHECK(encoded(integer(Type::Timestamptz, 946'684'800'000'001)) == "1184 b 0000000000000001");
  CHECK(encoded({.type = Type::Interval, .data = sql::Interval{.months = 14, .days = -3, .microseconds = 1}}) ==
        "1186 b 0000000000000001fffffffd0000000e");
  CHECK(encoded({.type = Type::Int32, .data = {}}) == "23 null");
  CHECK(encoded({}) == "0 null");
}

TEST_CASE("postgres: arrays of text are literals that quote everything, others are binary") {
  CHECK(encoded(array(Type::Text, {text(Type::Text, "a\"b\\c"), {}, text(Type::Text, "NULL"), text(Type::Text, "")})) ==
        R"(0 t {"a\"b\\c",NULL,"NULL",""})");
  CHECK(encoded(array(Type::Numeric, {text(Type::Numeric, "1.5")})) == R"(1231 t {"1.5"})");
  CHECK(encoded(array(Type::Int32, {})) == "1007 b 000000000000000000000017");
  CHECK(encoded(array(Type::Int32, {integer(Type::Int32, 7), {}})) ==
        "1007 b 0000000100000001000000170000000200000001"
        "0000000400000007"
        "ffffffff");
  CHECK(encoded({.type = Type::Array, .element = Type::Uuid, .data = {}}) == "2951 null");
}

TEST_CASE("postgres: what the server could not keep is refused before it is sent") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(encoded(text(Type::Text, std::string("a\0b", 3))) == "!a text of the server's cannot hold a zero byte");
  CHECK(encoded(text(Type::Json, std::string("\0", 1))) == "!a text of the server's cannot hold a zero byte");
  CHECK(encoded(array(Type::Text, {text(Type::Text, std::string("\0", 1))})).starts_with('!'));
  CHECK(encoded(integer(Type::Timestamptz, kMost)).starts_with("20") == false);
  CHECK(encoded(integer(Type::Timestamptz, -kMost)) == "!it is out of the range of its type");
  CHECK(encoded(integer(Type::Date, 1LL << 32)) == "!it is out of the range of its type");
  CHECK(encoded(integer(Type::Date, (1LL << 31) - 1 + 10'957)) == "!it is out of the range of its type");
  CHECK(encoded(integer(Type::Int16, 40'000)) == "!it does not fit int2");
  CHECK(encoded(text(Type::Uuid, "short")) == "!it holds no UUID");
  CHECK(encoded(array(Type::Int32, {integer(Type::Int64, 1)})) == "!its elements are of several types");
}

TEST_CASE("postgres: more parameters than the protocol can count are refused with the way out") {
  Encoded encoded;
  std::vector<Value> values(65'536, integer(Type::Int32, 1));
  auto filled = encoded.fill(values);
  REQUIRE_FALSE(filled);
  CHECK(filled.error().what.find("unnest") != std::string::npos);
  values.pop_back();
  CHECK(encoded.fill(values));
}

TEST_CASE("postgres: what was written in binary is read as it was") {
  postgres::Scratch scratch;
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'123'456}}) {
    for (const Type type : {Type::Timestamp, Type::Timestamptz, Type::Int64}) {
      Encoded encoded;
      const std::vector<Value> values{integer(type, number)};
      REQUIRE(encoded.fill(values));
      sql::Cell cell;
      const std::string_view bytes(encoded.values()[0], static_cast<std::size_t>(encoded.lengths()[0]));
      CHECK(postgres::decode_binary(postgres::column_type(encoded.types()[0]), bytes, cell, scratch) == nullptr);
      CHECK(cell.integer == number);
    }
  }
}

}  // namespace
