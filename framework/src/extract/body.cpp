#include <rondeau/extract/body.h>

#include <memory>

#include <rondeau/text/utf8.h>

namespace rondeau {

bool Extract<Bytes>::extract(extract::Context& context, Bytes* slot, Rejection&) {
  std::construct_at(slot, context.request().body().buffered_bytes());
  return true;
}

bool Extract<std::string>::extract(extract::Context& context, std::string* slot, Rejection& rejection) {
  const std::string_view text = context.request().body().buffered();
  if (!text::is_utf8(text)) return rejection.reject(http::StatusCode::BadRequest, "the body is not UTF-8");
  std::construct_at(slot, text);
  return true;
}

bool Extract<BodyStream>::extract(extract::Context& context, BodyStream* slot, Rejection&) {
  std::construct_at(slot, context.request().body());
  return true;
}

bool Extract<http::Request>::extract(extract::Context& context, http::Request* slot, Rejection&) {
  std::construct_at(slot, context.request().block());
  return true;
}

void Extract<Bytes>::describe(schema::Operation& operation) {
  operation.request_body();
  operation.problem(http::StatusCode::ContentTooLarge);
}

void Extract<std::string>::describe(schema::Operation& operation) {
  operation.request_body("text/plain", schema::Form::text());
  operation.problem(http::StatusCode::BadRequest);
  operation.problem(http::StatusCode::ContentTooLarge);
}

void Extract<BodyStream>::describe(schema::Operation& operation) {
  operation.request_body();
}

}  // namespace rondeau
