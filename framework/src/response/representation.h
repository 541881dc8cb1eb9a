// What belongs to the content of an answer, and goes with it.
#pragma once

#include <rondeau/http/preconditions.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::response {

/// What an answer's ETag and Last-Modified say.
http::CurrentState state_of(const http::Response& response);
/// Takes body, trailers and the fields that describe them away.
void drop_representation(http::Response& response);
/// Puts a problem in the place of the content; fields that are not about it, and work for afterwards, stay.
void become_problem(http::Response& response, http::StatusCode status, const http::Request& request);

}  // namespace rondeau::response
