// ProblemsAs<T>: errors in the form that an API has promised, where that is not application/problem+json.
//
//     struct Errors { std::vector<std::string> errors; };
//     api.layer(middleware::ProblemsAs<Errors>([](const Problem& problem) { return Errors{{problem.detail()}}; })
//                   .instead_of(StatusCode::BadRequest, StatusCode::UnprocessableContent));
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/handler/layer.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/response/into_response.h>
#include <rondeau/response/problem_form.h>
#include <rondeau/schema/operation.h>

namespace rondeau::middleware {

/// Makes a T, written as application/json, of every problem of the router: those that handlers return, what extractors
/// and other layers refuse, its 404s and 405s, time that ran out, the 500 of an exception.
///
/// Documents tell of the same form and statuses. Of two around a route the inner one counts. Not covered is what the
/// server refuses before it looks for a route, such as a head that is no HTTP. The function sees of a 5xx no more than
/// a client may; it runs on the thread of the request, and does not throw. Fields of the problem (Retry-After) stay.
/// Thread safety: any thread. Copies share the function.
template <class T>
class ProblemsAs {
 public:
  /// Outside of all that refuses.
  static constexpr handler::Slot kSlot = handler::Slot::RequestId;

  explicit ProblemsAs(std::function<T(const response::Problem&)> convert)
      : convert_(std::make_shared<const std::function<T(const response::Problem&)>>(std::move(convert))) {}

  /// Problems of the status `from` are answered with `to`.
  ProblemsAs&& instead_of(http::StatusCode from, http::StatusCode to) && {
    shape_.instead.emplace_back(from, to);
    return std::move(*this);
  }

  std::optional<http::Response> before(http::Request& request) const {
    request.extensions().insert(response::ProblemForm{
        [convert = convert_, shape = shape_](const response::Problem& problem, const http::Request& asked) {
          const T value = (*convert)(problem);
          http::Response answer = response::json_response(reflect::describe<T>(), &value, asked);
          if (answer.status() == http::StatusCode::Ok) answer.set_status(shape.status_of(problem.status()));
          return answer;
        }});
    return std::nullopt;
  }
  void describe(schema::Operation& operation) const { operation.problem_shape = shape_; }

 private:
  std::shared_ptr<const std::function<T(const response::Problem&)>> convert_;
  schema::ProblemShape shape_{"application/json", reflect::describe<T>(), {}};
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::ProblemsAs;
}
