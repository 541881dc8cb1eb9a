#include "cross_origin.h"

#include <chrono>

namespace conduit {

using namespace rondeau;
using http::HeaderName;

CrossOrigin::CrossOrigin(const std::vector<std::string>& origins) {
  if (origins.empty()) return;
  narrowed_.emplace(middleware::CorsOptions{
      .allow_origin = origins,
      .allow_methods = {Method::Get, Method::Post, Method::Put, Method::Delete, Method::Options},
      .allow_headers = {"Content-Type", "Authorization"},
      .max_age = std::chrono::hours(24)});
}

Result<void> CrossOrigin::check() const {
  return narrowed_ ? narrowed_->check() : Result<void>();
}

std::optional<Response> CrossOrigin::before(Request& request) const {
  if (request.method() != Method::Options) return std::nullopt;
  if (narrowed_) {
    if (auto preflight = narrowed_->before(request)) return preflight;
  }
  Response response(StatusCode::NoContent);
  after(request, response);
  if (narrowed_) return response;
  response.header(HeaderName::AccessControlAllowMethods, "GET, POST, PUT, DELETE, OPTIONS");
  response.header(HeaderName::AccessControlAllowHeaders, "Content-Type, Authorization");
  response.header(HeaderName::AccessControlMaxAge, "86400");
  return response;
}

void CrossOrigin::after(const Request& request, Response& response) const {
  if (narrowed_) return narrowed_->after(request, response);
  response.header(HeaderName::AccessControlAllowOrigin, "*");
}

void JsonInUtf8::after(const Request&, Response& response) const {
  if (response.headers().get(HeaderName::ContentType) == "application/json") {
    response.header(HeaderName::ContentType, "application/json; charset=utf-8");
  }
}

}  // namespace conduit
