// From structs to JSON text.
#pragma once

#include <string>

#include <rondeau/base/result.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::json {

/// Appends the value at `value`, of the type described, to `out`; on error `out` is as it was.
///
/// Members stand in the order of the struct; absent optional members are left out. Invalid UTF-8 becomes U+FFFD.
/// Doubles have the shortest text that reads back as the same value. Errors: InvalidData with the place, for NaN,
/// infinities, enumerators without a name, times outside of years 0–9999 and more than 512 levels.
Result<void> write_value(const reflect::Descriptor& type, const void* value, std::string& out);

/// Appends `value` as JSON to `out`; see write_value.
template <class T>
Result<void> write(const T& value, std::string& out) {
  return write_value(reflect::describe<T>(), &value, out);
}

/// The JSON text of `value`; see write_value.
template <class T>
Result<std::string> to_string(const T& value) {
  std::string out;
  if (auto written = write(value, out); !written) return std::move(written).error();
  return out;
}

}  // namespace rondeau::json
