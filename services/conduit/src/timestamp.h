// Points in time as the API writes them: UTC with three fractional digits, always.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/reflect/json_for.h>

namespace conduit {

struct Timestamp {
  std::int64_t milliseconds = 0;  ///< since 1970 in UTC
};

/// By the runtime's clock.
Timestamp now();
/// "2016-02-18T03:22:56.637Z".
std::string to_string(Timestamp time);

}  // namespace conduit

template <>
struct rondeau::JsonFor<conduit::Timestamp> {
  using Form = std::string;
  static constexpr std::string_view format = "date-time";
  static Form to_json(const conduit::Timestamp& time) { return to_string(time); }
  /// RFC 3339; finer than a millisecond is cut off.
  static Result<conduit::Timestamp> from_json(const Form& text);
};
