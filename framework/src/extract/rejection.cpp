#include <rondeau/extract/rejection.h>

#include <rondeau/json/errors.h>

namespace rondeau::extract {

bool Rejection::reject(http::StatusCode why, std::string_view text) {
  status = why;
  detail = text;
  return false;
}

bool Rejection::reject_field(http::StatusCode why, std::string_view in, std::string_view name,
                             std::string_view field_code, std::string_view message) {
  status = why;
  if (detail.empty()) {
    detail.append("the ").append(in).append(" has a value that cannot be used: ");
    detail.append(name).append(" ").append(message);
  }
  fields.push_back({std::string(in), std::string(name), std::string(field_code), std::string(message)});
  return false;
}

bool Rejection::reject_missing(std::string_view in, std::string_view name) {
  absent = true;
  return reject_field(http::StatusCode::BadRequest, in, name, json::codes::kRequired, "is missing");
}

}  // namespace rondeau::extract
