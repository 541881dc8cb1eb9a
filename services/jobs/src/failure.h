// How a handler ends when it cannot answer what was asked.
#pragma once

#include <string>
#include <utility>

#include <rondeau/rondeau.h>

namespace jobs {

/// A problem that was meant, or one that an error made of itself: that error goes to the log with the request's id.
struct Failure {
  Failure(rondeau::Problem meant) : problem(std::move(meant)) {}  // NOLINT(google-explicit-constructor)
  // NOLINTNEXTLINE(google-explicit-constructor)
  Failure(const rondeau::Error& error) : problem(error), reason(error.message()) {}

  rondeau::Problem problem;
  std::string reason;  ///< of the error; empty for none
};

}  // namespace jobs

template <>
struct rondeau::IntoResponse<jobs::Failure> {
  static rondeau::Response into(const jobs::Failure& failure, const rondeau::Request& request);
  static void describe(rondeau::schema::Operation& operation) { operation.problem(); }
};
