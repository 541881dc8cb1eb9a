// Rejection: why an extractor could not give its value; it becomes the answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/header_name.h>
#include <rondeau/http/status.h>

namespace rondeau::response {
class Problem;
}

namespace rondeau::extract {

/// One thing that is wrong with the request. Holds no value of the request's, since that may be secret.
struct RejectedField {
  std::string in;       ///< "path", "query", "header", "cookie" or "body"
  std::string pointer;  ///< a name; in a body an RFC 6901 pointer
  std::string code;     ///< for programs: one of json::codes, "repeated", "encoding"
  std::string message;  ///< for people
};

/// Becomes a problem with `fields` as its `errors`, unless the handler takes it itself as Result<E, Rejection>.
struct Rejection {
  http::StatusCode status = http::StatusCode::BadRequest;
  std::string detail;
  std::vector<RejectedField> fields;
  std::vector<std::pair<http::HeaderName, std::string>> headers;  ///< of the answer, such as WWW-Authenticate
  std::shared_ptr<const response::Problem> problem;  ///< the answer in place of the rest, where it is set
  bool absent = false;  ///< nothing was sent, rather than something wrong: std::optional<E> is empty then

  /// Fill the rejection and return false, so that an extractor ends with `return rejection.reject(…)`.
  bool reject(http::StatusCode why, std::string_view text);
  bool reject_field(http::StatusCode why, std::string_view in, std::string_view name, std::string_view field_code,
                    std::string_view message);
  bool reject_missing(std::string_view in, std::string_view name);
};

}  // namespace rondeau::extract

namespace rondeau {
using extract::Rejection;
}  // namespace rondeau
