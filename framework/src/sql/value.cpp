#include <rondeau/sql/value.h>

#include <array>

namespace rondeau::sql {

std::string_view to_string(Type type) noexcept {
  static constexpr std::array<std::string_view, 20> kNames = {
      "null", "bool", "int2", "int4",      "int8",        "float4",   "float8", "text",    "bytea", "json",
      "date", "time", "timestamp", "timestamptz", "interval", "uuid", "numeric", "array", "any",   "unknown"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace rondeau::sql
