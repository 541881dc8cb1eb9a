#include <rondeau/extract/json.h>

#include <rondeau/json/read.h>
#include <rondeau/text/ascii.h>

#include "extract/media_type.h"

namespace rondeau::extract {
namespace {

/// application/json, or any type whose name ends with +json (RFC 6839); parameters do not matter.
bool is_json(std::string_view content_type) {
  const std::string_view type = media_type(content_type);
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos) return false;
  if (text::equals_ignoring_case(type, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  return type.size() > slash + 1 + kSuffix.size() &&
         text::equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

}  // namespace

bool json_body(const http::Request& request, const reflect::Descriptor& type, void* value, Rejection& rejection) {
  const std::string_view body = request.body().buffered();
  const std::optional<std::string_view> content_type = request.header(http::HeaderName::ContentType);
  if (!content_type && body.empty()) {
    rejection.absent = true;
    return rejection.reject(http::StatusCode::UnsupportedMediaType, "a JSON body is expected");
  }
  if (!content_type || !is_json(*content_type)) {
    return rejection.reject(http::StatusCode::UnsupportedMediaType, "the body's content type must be application/json");
  }
  const json::ReadOptions options{
      .limits = {.depth = request.limits().max_json_depth, .errors = request.limits().max_listed_errors}};
  Result<void, json::Errors> read = json::read_value(body, type, value, options);
  if (read) return true;
  for (const json::ErrorEntry& entry : read.error().entries) {
    rejection.fields.push_back({"body", entry.pointer, entry.code, entry.message});
  }
  return read.error().malformed
             ? rejection.reject(http::StatusCode::BadRequest, "the body is not the JSON it says to be")
             : rejection.reject(http::StatusCode::UnprocessableContent, "the body does not have the expected content");
}

void describe_json_body(const reflect::Descriptor& type, schema::Operation& operation) {
  using http::StatusCode;
  operation.request_body("application/json", type);
  for (const StatusCode status : {StatusCode::BadRequest, StatusCode::ContentTooLarge,
                                  StatusCode::UnsupportedMediaType, StatusCode::UnprocessableContent}) {
    operation.problem(status);
  }
}

}  // namespace rondeau::extract
