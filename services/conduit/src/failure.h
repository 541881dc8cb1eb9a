// How a handler ends when it cannot answer what was asked.
#pragma once

#include <string>
#include <utility>

#include <rondeau/rondeau.h>

namespace conduit {

/// A problem that was meant, or one that an error made of itself: that error goes to the log.
struct Failure {
  Failure(rondeau::Problem meant) : problem(std::move(meant)) {}  // NOLINT(google-explicit-constructor)
  Failure(const rondeau::Error& error);                           // NOLINT(google-explicit-constructor)

  rondeau::Problem problem;
  std::string reason;  ///< of the error; empty for none
};

/// 401, with the challenge that RFC 9110 asks for.
rondeau::Problem unauthorized(std::string text);
rondeau::Problem forbidden(std::string text);
/// 404: "article not found".
rondeau::Problem not_found(std::string what);
/// 422: one sentence for each thing that is wrong.
rondeau::Problem invalid(std::string text);

/// `{"errors":{"body":["title can't be blank"]}}`: what every problem of the API is to clients.
struct ErrorList {
  struct Errors {
    std::vector<std::string> body;
  };
  Errors errors;
};
ErrorList as_error_list(const rondeau::Problem& problem);

}  // namespace conduit

template <>
struct rondeau::IntoProblem<conduit::Failure> {
  static Problem into(const conduit::Failure& failure);
};
template <>
struct rondeau::IntoResponse<conduit::Failure> {
  static Response into(const conduit::Failure& failure, const Request& request);
  static void describe(schema::Operation& operation) { operation.problem(); }
};
