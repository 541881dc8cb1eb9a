// From JSON text to structs, strictly (RFC 8259) and with every error at once.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/json/errors.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::json {

struct ParseLimits {
  std::size_t depth = 64;   ///< levels of arrays and objects
  std::size_t errors = 32;  ///< reading stops when so many were found
};

enum class Comments { Refused, Ignored };
enum class Absent {
  ByType,  ///< members that are required must be there
  Kept,    ///< any member may be missing and keeps its value, but for those of elements: layers of settings
};
enum class Unknown {
  ByType,   ///< ignored, unless the struct says `static constexpr bool deny_unknown = true;`
  Refused,  ///< an error that suggests the nearest name
};

struct ReadOptions {
  ParseLimits limits = {};
  Comments comments = Comments::Refused;
  Absent absent = Absent::ByType;
  Unknown unknown = Unknown::ByType;
  /// Called for each value that was stored and is no struct or map: where settings come from is told by this.
  /// Gets its RFC 6901 pointer.
  std::function<void(std::string_view pointer)> on_value = {};
};

/// Reads `text` into the value at `value`, of the type described. Members that are there are replaced, containers
/// wholly. After an error the value holds what was read so far.
///
/// Refused as malformed: comments, a byte order mark, trailing bytes, NUL, invalid UTF-8, a member twice in one object,
/// too many levels. Thread safety: as for any write to the value.
Result<void, Errors> read_value(std::string_view text, const reflect::Descriptor& type, void* value,
                                const ReadOptions& options);

/// Reads a value from the text of an environment variable or a flag: as JSON, but what is text in JSON (strings,
/// durations, enumerators) stands without quotes. "null" empties what may be null.
Result<void, Errors> read_plain_text(std::string_view text, const reflect::Descriptor& type, void* value);

/// Reads a T.
///
/// Integers are written as integers (1.0 is none) and must fit. std::optional members may be absent or null,
/// Nullable ones null, Patch tells all three; members with a default member initialiser may be absent
/// (reflect::may_be_absent). Unknown members are ignored unless the struct says deny_unknown. When all of a struct was
/// read, its `validate(const T&)`, if there is one, has the last word.
template <class T>
Result<T, Errors> parse(std::string_view text, ParseLimits limits = {}) {
  static_assert(std::default_initializable<T>, "rondeau: a type that is read from JSON is default-constructible");
  Result<T, Errors> result;
  if (auto read = read_value(text, reflect::describe<T>(), &*result, {.limits = limits}); !read) {
    return std::move(read).error();
  }
  return result;
}

}  // namespace rondeau::json
