// Points in time: milliseconds since 1970 in UTC, by the runtime's clock; RFC 3339 in JSON, integers in the database.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <rondeau/base/wall_clock.h>
#include <rondeau/reflect/nullable.h>

namespace jobs {

using std::chrono::milliseconds;
using Time = std::chrono::sys_time<milliseconds>;

inline Time now() {
  return std::chrono::floor<milliseconds>(rondeau::base::wall_clock());
}
inline std::int64_t to_stored(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_stored(std::int64_t stored) {
  return Time(milliseconds(stored));
}
inline rondeau::reflect::Nullable<Time> from_stored(std::optional<std::int64_t> stored) {
  if (!stored) return std::nullopt;
  return from_stored(*stored);
}

}  // namespace jobs
