// What becomes of an exception that left a handler: text for us, and an answer that says nothing.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::response {

/// Gets the text of an exception that became a 500. Called on the thread of the request; does not throw.
using ExceptionHook = void (*)(const http::Request& request, std::string_view what);

/// The text of an exception: its what(), or "an exception of unknown type".
std::string describe_exception(const std::exception_ptr& thrown);
/// An ExceptionHook that writes one line to stderr: method, route, request id, text.
void print_unhandled(const http::Request& request, std::string_view what);
/// A 500 problem without detail.
http::Response unhandled_response(const http::Request& request);

}  // namespace rondeau::response
