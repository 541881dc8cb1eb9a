// The server's types that this library knows, by their object identifiers.
#pragma once

#include <cstdint>
#include <string_view>

#include <rondeau/sql/value.h>

namespace rondeau::postgres {

/// 2000-01-01, where the server's time begins, from 1970-01-01.
inline constexpr std::int64_t kEpochMicroseconds = 946'684'800'000'000;
inline constexpr std::int64_t kEpochDays = 10'957;

/// As libpq's Oid.
using TypeId = std::uint32_t;

/// How a type's values travel.
enum class Kind : std::uint8_t {
  Bool, Int2, Int4, Int8, Oid, Float4, Float8, Text, Bytea, Json, Jsonb, Date, Time, Timestamp, Timestamptz, Interval,
  Uuid, Numeric, Unknown,
};

/// A type of a column; of an array, that of its elements.
struct ColumnType {
  TypeId id = 0;
  Kind kind = Kind::Unknown;
  bool is_array = false;
  sql::Type type = sql::Type::Unknown;
  sql::Type element = sql::Type::Null;
  std::string_view name = {};

  /// Unknown ones are asked for as text, and with them the whole row.
  bool has_binary() const noexcept { return kind != Kind::Unknown; }
};

ColumnType column_type(TypeId id) noexcept;

/// What a parameter is declared as; 0: the server infers it from where it stands.
TypeId declared(sql::Type type) noexcept;
TypeId declared_array(sql::Type element) noexcept;

}  // namespace rondeau::postgres
