#include <rondeau/handler/make_handler.h>
#include <rondeau/response/problem.h>

namespace rondeau {

Problem IntoProblem<Rejection>::into(const Rejection& rejection) {
  Problem problem(rejection.status, rejection.detail);
  for (const extract::RejectedField& field : rejection.fields) {
    problem.error({field.in, field.pointer, field.code, field.message});
  }
  for (const auto& [name, value] : rejection.headers) problem.header(name, value);
  return problem;
}

}  // namespace rondeau

namespace rondeau::handler {

void answer_rejection(const http::Request& request, const Rejection& rejection, ResponseFuture& out) {
  out.set(IntoProblem<Rejection>::into(rejection).into_response(request));
}

}  // namespace rondeau::handler
