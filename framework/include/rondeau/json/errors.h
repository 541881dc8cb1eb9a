// What was wrong with a JSON text, all of it at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/error.h>

namespace rondeau::json {

/// One thing that is wrong. Never holds a value of the input: that may be a secret.
struct ErrorEntry {
  std::string pointer;  ///< where: an RFC 6901 pointer, "" for the whole
  std::string code;     ///< what, for programs: one of the constants in `codes`, or a validate()'s own
  std::string message;  ///< what, for people: "must be at least 1"

  bool operator==(const ErrorEntry&) const = default;
};

namespace codes {
inline constexpr std::string_view kSyntax = "syntax";
inline constexpr std::string_view kDuplicate = "duplicate_member";
inline constexpr std::string_view kTooDeep = "too_deep";
inline constexpr std::string_view kRequired = "required";
inline constexpr std::string_view kUnknown = "unknown_member";
inline constexpr std::string_view kType = "type";
inline constexpr std::string_view kRange = "out_of_range";
inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kEnum = "not_one_of";
inline constexpr std::string_view kRule = "rule";        ///< a constraint type or JsonFor refused
inline constexpr std::string_view kInvalid = "invalid";  ///< the type's own validate() refused
}  // namespace codes

/// Why a text did not become a value.
struct Errors {
  /// In the order they were met; at least one, at most ParseLimits::errors.
  std::vector<ErrorEntry> entries;
  /// The text itself is bad (HTTP 400), not only its contents (HTTP 422): then there is exactly one entry.
  bool malformed = false;

  /// "/age must be at least 1; /name is required".
  std::string message() const;
  /// InvalidData with that message.
  operator base::Error() const;  // NOLINT(google-explicit-constructor): passes through RONDEAU_TRY

  bool operator==(const Errors&) const = default;
};

}  // namespace rondeau::json
