// Values between C++ and a database: what both back ends understand, and neither's own form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rondeau::sql {

/// The types that statements speak of. How each is kept in a Value or a Cell stands beside it.
enum class Type : std::uint8_t {
  Null,         ///< nothing, of no type
  Bool,         ///< integer, 0 or 1
  Int16,        ///< integer
  Int32,        ///< integer
  Int64,        ///< integer
  Float32,      ///< real
  Float64,      ///< real
  Text,         ///< bytes, UTF-8
  Bytes,        ///< bytes
  Json,         ///< bytes: the JSON text
  Date,         ///< integer: days from 1970-01-01
  Time,         ///< integer: microseconds from midnight
  Timestamp,    ///< integer: microseconds from 1970-01-01 00:00, of no time zone
  Timestamptz,  ///< integer: microseconds from 1970-01-01 00:00 UTC
  Interval,     ///< Interval
  Uuid,         ///< bytes: 16
  Numeric,      ///< bytes: decimal text, or NaN
  Array,        ///< elements of one type, or NULL
  Any,          ///< only of a column: each cell says its own (SQLite)
  Unknown,      ///< a type that this library does not know; bytes, if there are any, are its text form
};
/// "int8", "timestamptz": PostgreSQL's words.
std::string_view to_string(Type type) noexcept;

/// A span of calendar time, in the parts that PostgreSQL keeps apart since they cannot be converted.
struct Interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::int64_t microseconds = 0;

  bool operator==(const Interval&) const = default;
};

struct Value;

/// The elements of an array parameter. An element of Type::Null is NULL.
struct Array {
  std::vector<Value> elements;
};

/// A parameter: owns what it holds. `type` is declared also where the value is NULL (monostate).
struct Value {
  Type type = Type::Null;
  Type element = Type::Null;  ///< of an Array
  std::variant<std::monostate, std::int64_t, double, std::string, Interval, Array> data;

  bool is_null() const noexcept { return data.index() == 0; }
};

/// A field of a row: borrows what it holds, until the sink that it is given to returns.
struct Cell {
  Type type = Type::Null;      ///< Null: NULL
  Type element = Type::Null;   ///< of an Array
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes = {};
  Interval interval = {};
  std::span<const Cell> elements = {};  ///< of an Array

  bool is_null() const noexcept { return type == Type::Null; }
};

/// A column of a result.
struct Column {
  std::string_view name;
  Type type = Type::Any;
  Type element = Type::Null;       ///< of an Array
  std::string_view type_name = {};  ///< as the database calls it, for errors
};

}  // namespace rondeau::sql
