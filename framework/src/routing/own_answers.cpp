#include "routing/own_answers.h"

#include <rondeau/extract/body.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/handler/make_layer.h>
#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/routing/router.h>
#include <rondeau/text/ascii.h>

namespace rondeau::routing {
namespace {

using http::Request;
using http::Response;
using http::StatusCode;

template <class F>
handler::ErasedHandler own(F function) {
  return handler::make_handler<NoState>(std::move(function));
}

struct Allow {
  std::string methods;
  void after(const Request&, Response& response) const { response.header(http::HeaderName::Allow, methods); }
};

struct Accept {
  std::string types;
  void after(const Request&, Response& response) const { response.header(http::HeaderName::Accept, types); }
};

struct Vary {
  std::string fields;
  void after(const Request&, Response& response) const {
    std::string value(response.headers().get(http::HeaderName::Vary).value_or(""));
    text::ListItems items(fields);
    for (std::string_view field; items.next(field);) {
      if (value == "*" || text::list_contains(value, field)) continue;
      value.append(value.empty() ? "" : ", ").append(field);
    }
    response.header(http::HeaderName::Vary, value);
  }
};

template <StatusCode Status>
const handler::ErasedHandler& own_problem() {
  static const handler::ErasedHandler handler = own([] { return Problem(Status); });
  return handler;
}

struct Catch {
  Response caught(const Request& request, std::exception_ptr thrown) const {
    response::print_unhandled(request, response::describe_exception(thrown));
    return response::unhandled_response(request);
  }
};

Response redirect_slash(const Request& request) {
  std::string location(request.original_path());
  if (location.ends_with('/')) {
    location.pop_back();
  } else {
    location += '/';
  }
  if (!request.query().empty()) location.append("?").append(request.query());
  return Response::redirect(location, StatusCode::PermanentRedirect);
}

}  // namespace

const handler::ErasedHandler& not_found_handler() {
  return own_problem<StatusCode::NotFound>();
}
const handler::ErasedHandler& method_not_allowed_handler() {
  return own_problem<StatusCode::MethodNotAllowed>();
}
const handler::ErasedHandler& unsupported_handler() {
  return own_problem<StatusCode::UnsupportedMediaType>();
}
const handler::ErasedHandler& not_acceptable_handler() {
  return own_problem<StatusCode::NotAcceptable>();
}
const handler::ErasedHandler& misdirected_handler() {
  return own_problem<StatusCode::MisdirectedRequest>();
}
const handler::ErasedHandler& broken_guard_handler() {
  return own_problem<StatusCode::InternalServerError>();
}
const handler::ErasedHandler& options_handler() {
  static const handler::ErasedHandler handler = own([] { return StatusCode::NoContent; });
  return handler;
}
const handler::ErasedHandler& slash_redirect_handler() {
  static const handler::ErasedHandler handler = own([](Request request) { return redirect_slash(request); });
  return handler;
}

std::shared_ptr<const handler::ErasedLayer> allow_layer(std::string methods) {
  return handler::make_layer<NoState>(Allow{std::move(methods)}, handler::Slot::User, std::source_location());
}
std::shared_ptr<const handler::ErasedLayer> accept_layer(std::string types) {
  return handler::make_layer<NoState>(Accept{std::move(types)}, handler::Slot::User, std::source_location());
}
std::shared_ptr<const handler::ErasedLayer> vary_layer(std::string fields) {
  return handler::make_layer<NoState>(Vary{std::move(fields)}, handler::Slot::User, std::source_location());
}
std::shared_ptr<const handler::ErasedLayer> default_catch_layer() {
  return handler::make_layer<NoState>(Catch{}, handler::Slot::Catch, std::source_location());
}

}  // namespace rondeau::routing
