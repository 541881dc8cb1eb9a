// ProblemForm: the form that a router's problems have instead of application/problem+json.
#pragma once

#include <functional>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/response/problem.h>

namespace rondeau::response {

/// Attached to a request by middleware::ProblemsAs; Problem::into_response() asks it.
struct ProblemForm {
  /// Of a 5xx that is not to be explained, the problem has lost its detail, its errors and its members. Fields such as
  /// Retry-After are added to what this makes. Runs on the thread of the request and does not throw.
  std::function<http::Response(const Problem& problem, const http::Request& request)> render;
};

}  // namespace rondeau::response
