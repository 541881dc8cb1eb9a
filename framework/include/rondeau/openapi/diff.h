// What changed between two OpenAPI documents, seen by the clients of the older one.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>

namespace rondeau::openapi {

struct Change {
  bool breaking = false;
  std::string pointer;  ///< RFC 6901, into the older document, or into the newer where something is new
  std::string text;     ///< "the path is gone"

  /// "breaking  /paths/~1users: the path is gone"
  std::string line() const;
};

/// Compares two documents in JSON, of OpenAPI 3.1.
///
/// Breaking: a path, method, answer of success or member of one gone; a member of an answer that may now be absent or
/// null, or is of another type; an enumerator or an alternative more in an answer or fewer in a request; a parameter or
/// member of a request more that is required; a narrower bound in a request or a wider one in an answer; security
/// added; a content type dropped. The reverse is told and not breaking, and so is everything about an operation that
/// the older document calls deprecated and whose `x-sunset` (a date, "2026-05-01") is before `today`. Errors:
/// InvalidData for what is no such document, saying which one and why.
Result<std::vector<Change>> diff(std::string_view older, std::string_view newer,
                                 std::chrono::sys_days today = std::chrono::floor<std::chrono::days>(
                                     std::chrono::system_clock::now()));

/// Compares, and prints a line for each change. 0: nothing breaking, 1: something breaking, 2: unreadable, which is
/// told on stderr.
int print_diff(std::string_view older, std::string_view newer);

/// The same with the older document in a file.
int print_diff_to_file(const std::string& older_file, std::string_view newer);

}  // namespace rondeau::openapi
