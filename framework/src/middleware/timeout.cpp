#include <rondeau/middleware/timeout.h>

#include <rondeau/response/problem.h>
#include <rondeau/time/timeout.h>

namespace rondeau::middleware {

task::Task<http::Response> HandlerTimeout::wrap(task::Task<http::Response> inside, http::Request request) const {
  Result<http::Response, time::Elapsed> answer = co_await time::timeout(limit, std::move(inside));
  if (answer) co_return *std::move(answer);
  co_return response::Problem(http::StatusCode::ServiceUnavailable, "the handler did not answer in time")
      .into_response(request);
}

std::vector<std::string> HandlerTimeout::remarks() const {
  if (limit <= base::Duration()) return {"ends every handler that waits"};
  return {};
}

void HandlerTimeout::describe(schema::Operation& operation) {
  operation.problem(http::StatusCode::ServiceUnavailable);
}

}  // namespace rondeau::middleware
