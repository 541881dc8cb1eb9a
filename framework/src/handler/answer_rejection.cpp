#include <rondeau/handler/depends.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/response/problem.h>

namespace rondeau {

Problem IntoProblem<Rejection>::into(const Rejection& rejection) {
  if (rejection.problem != nullptr) return *rejection.problem;
  Problem problem(rejection.status, rejection.detail);
  for (const extract::RejectedField& field : rejection.fields) {
    problem.error({field.in, field.pointer, field.code, field.message});
  }
  for (const auto& [name, value] : rejection.headers) problem.header(name, value);
  return problem;
}

}  // namespace rondeau

namespace rondeau::handler {

Rejection to_rejection(Rejection rejection) {
  return rejection;
}

Rejection to_rejection(Problem problem) {
  Rejection rejection;
  rejection.reject(problem.status(), problem.detail());
  rejection.problem = std::make_shared<const Problem>(std::move(problem));
  return rejection;
}

void answer_rejection(const http::Request& request, const Rejection& rejection, ResponseFuture& out) {
  out.set(IntoProblem<Rejection>::into(rejection).into_response(request));
}

}  // namespace rondeau::handler
