#include <rondeau/response/into_response.h>

#include <rondeau/json/write.h>
#include <rondeau/response/results.h>

namespace rondeau::response {

http::Response json_response(const reflect::Descriptor& type, const void* value, const http::Request& request) {
  std::string text;
  if (Result<void> written = json::write_value(type, value, text); !written) {
    return Problem(http::StatusCode::InternalServerError, written.error().message()).into_response(request);
  }
  return http::Response::json_text(std::move(text));
}

http::Response not_found(const http::Request& request) {
  return Problem(http::StatusCode::NotFound).into_response(request);
}

void set_all(http::Response& response, const http::Headers& headers) {
  for (const http::HeaderField& field : headers) response.headers().remove(field.name);
  for (const http::HeaderField& field : headers) static_cast<void>(response.headers().append(field.name, field.value));
}

void describe_text(schema::Operation& operation) {
  operation.response(http::StatusCode::Ok, "text/plain", schema::Form::text());
}

void describe_json(const reflect::Descriptor& type, schema::Operation& operation) {
  operation.response(http::StatusCode::Ok, "application/json", type);
}

}  // namespace rondeau::response

namespace rondeau {

void IntoResponse<Bytes>::describe(schema::Operation& operation) {
  operation.response(http::StatusCode::Ok, "application/octet-stream", schema::Form::text("binary"));
}

}  // namespace rondeau
