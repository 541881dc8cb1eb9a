// Catch: the one place where an exception that left a handler becomes an answer.
#pragma once

#include <exception>

#include <rondeau/handler/layer.h>
#include <rondeau/response/unhandled.h>

namespace rondeau::middleware {

/// Turns an escaped exception into a 500 problem that says nothing but the request's id, and tells `hook` about it.
///
/// Every router has one that prints a line to stderr; `router.layer(Catch{hook})` puts yours in its place. Layers
/// outside of it see the 500; of those inside of it only Cors and SecurityHeaders do.
struct Catch {
  static constexpr handler::Slot kSlot = handler::Slot::Catch;

  response::ExceptionHook hook = &response::print_unhandled;

  http::Response caught(const http::Request& request, const std::exception_ptr& thrown) const {
    hook(request, response::describe_exception(thrown));
    return response::unhandled_response(request);
  }
};

}  // namespace rondeau::middleware
