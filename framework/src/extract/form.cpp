#include <rondeau/extract/form.h>

#include <optional>

#include "extract/media_type.h"
#include "extract/pairs.h"

namespace rondeau::extract {

bool form_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection) {
  const std::string_view body = request.body().buffered();
  const std::optional<std::string_view> content_type = request.header(http::HeaderName::ContentType);
  if (!content_type && body.empty()) {
    rejection.absent = true;
    return rejection.reject(http::StatusCode::UnsupportedMediaType, "a form is expected");
  }
  if (!content_type || !text::equals_ignoring_case(media_type(*content_type), "application/x-www-form-urlencoded")) {
    return rejection.reject(http::StatusCode::UnsupportedMediaType,
                            "the body's content type must be application/x-www-form-urlencoded");
  }
  return read_members(PairText::of_form(body, request.limits()), type, object, rejection);
}

void describe_form(const reflect::Descriptor& type, schema::Operation& operation) {
  using http::StatusCode;
  operation.request_body("application/x-www-form-urlencoded", type);
  for (const StatusCode status : {StatusCode::BadRequest, StatusCode::ContentTooLarge,
                                  StatusCode::UnsupportedMediaType, StatusCode::UnprocessableContent}) {
    operation.problem(status);
  }
}

}  // namespace rondeau::extract
