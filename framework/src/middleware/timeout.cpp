#include <rondeau/middleware/timeout.h>

#include <rondeau/http/limits.h>
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
  if (limit <= http::Limits().handler) return {};
  return {"lasts longer than Limits::handler, which is 30 s unless it is set, too"};
}

void HandlerTimeout::describe(schema::Operation& operation) {
  operation.problem(http::StatusCode::ServiceUnavailable);
}

}  // namespace rondeau::middleware
