#include "routing/own_answers.h"

#include <rondeau/extract/body.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/handler/make_layer.h>
#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/routing/router.h>

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
  static const handler::ErasedHandler handler = own([] { return Problem(StatusCode::NotFound); });
  return handler;
}
const handler::ErasedHandler& method_not_allowed_handler() {
  static const handler::ErasedHandler handler = own([] { return Problem(StatusCode::MethodNotAllowed); });
  return handler;
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
std::shared_ptr<const handler::ErasedLayer> default_catch_layer() {
  return handler::make_layer<NoState>(Catch{}, handler::Slot::Catch, std::source_location());
}

}  // namespace rondeau::routing
