#include "postgres/types.h"

#include <algorithm>
#include <iterator>

namespace rondeau::postgres {
namespace {

struct Known {
  TypeId id;
  TypeId array;
  Kind kind;
  sql::Type type;
  std::string_view name;
  std::string_view array_name;
};

// pg_type.dat; built-in types never change their numbers. In order of `id`.
constexpr Known kKnown[] = {
    {16, 1000, Kind::Bool, sql::Type::Bool, "bool", "bool[]"},
    {17, 1001, Kind::Bytea, sql::Type::Bytes, "bytea", "bytea[]"},
    {18, 1002, Kind::Text, sql::Type::Text, "char", "char[]"},
    {19, 1003, Kind::Text, sql::Type::Text, "name", "name[]"},
    {20, 1016, Kind::Int8, sql::Type::Int64, "int8", "int8[]"},
    {21, 1005, Kind::Int2, sql::Type::Int16, "int2", "int2[]"},
    {23, 1007, Kind::Int4, sql::Type::Int32, "int4", "int4[]"},
    {25, 1009, Kind::Text, sql::Type::Text, "text", "text[]"},
    {26, 1028, Kind::Oid, sql::Type::Int64, "oid", "oid[]"},
    {114, 199, Kind::Json, sql::Type::Json, "json", "json[]"},
    {142, 143, Kind::Text, sql::Type::Text, "xml", "xml[]"},
    {700, 1021, Kind::Float4, sql::Type::Float32, "float4", "float4[]"},
    {701, 1022, Kind::Float8, sql::Type::Float64, "float8", "float8[]"},
    {705, 0, Kind::Text, sql::Type::Text, "unknown", ""},
    {1042, 1014, Kind::Text, sql::Type::Text, "bpchar", "bpchar[]"},
    {1043, 1015, Kind::Text, sql::Type::Text, "varchar", "varchar[]"},
    {1082, 1182, Kind::Date, sql::Type::Date, "date", "date[]"},
    {1083, 1183, Kind::Time, sql::Type::Time, "time", "time[]"},
    {1114, 1115, Kind::Timestamp, sql::Type::Timestamp, "timestamp", "timestamp[]"},
    {1184, 1185, Kind::Timestamptz, sql::Type::Timestamptz, "timestamptz", "timestamptz[]"},
    {1186, 1187, Kind::Interval, sql::Type::Interval, "interval", "interval[]"},
    {1700, 1231, Kind::Numeric, sql::Type::Numeric, "numeric", "numeric[]"},
    {2278, 0, Kind::Text, sql::Type::Text, "void", ""},
    {2950, 2951, Kind::Uuid, sql::Type::Uuid, "uuid", "uuid[]"},
    {3802, 3807, Kind::Jsonb, sql::Type::Json, "jsonb", "jsonb[]"},
};
static_assert(std::ranges::is_sorted(kKnown, {}, &Known::id));

const Known* known(TypeId id) noexcept {
  const Known* found = std::ranges::lower_bound(kKnown, id, {}, &Known::id);
  return found != std::end(kKnown) && found->id == id ? found : nullptr;
}

}  // namespace

ColumnType column_type(TypeId id) noexcept {
  if (const Known* found = known(id)) return {id, found->kind, false, found->type, sql::Type::Null, found->name};
  for (const Known& each : kKnown) {
    if (each.array == id && id != 0) return {each.id, each.kind, true, sql::Type::Array, each.type, each.array_name};
  }
  return {.id = id, .name = "a type of its own"};
}

TypeId declared(sql::Type type) noexcept {
  switch (type) {
    case sql::Type::Bool: return 16;
    case sql::Type::Int16: return 21;
    case sql::Type::Int32: return 23;
    case sql::Type::Int64: return 20;
    case sql::Type::Float32: return 700;
    case sql::Type::Float64: return 701;
    case sql::Type::Bytes: return 17;
    case sql::Type::Json: return 3802;
    case sql::Type::Date: return 1082;
    case sql::Type::Time: return 1083;
    case sql::Type::Timestamp: return 1114;
    case sql::Type::Timestamptz: return 1184;
    case sql::Type::Interval: return 1186;
    case sql::Type::Uuid: return 2950;
    case sql::Type::Numeric: return 1700;
    default: return 0;  // text may stand for an enum, a domain, anything with a text form
  }
}

TypeId declared_array(sql::Type element) noexcept {
  const Known* found = known(declared(element));
  return found == nullptr ? 0 : found->array;
}

}  // namespace rondeau::postgres
