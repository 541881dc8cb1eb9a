#include "failure.h"

#include <rondeau/observe/log.h>

rondeau::Response rondeau::IntoResponse<jobs::Failure>::into(const jobs::Failure& failure,
                                                             const rondeau::Request& request) {
  Response response = failure.problem.into_response(request);
  if (response.status() == StatusCode::ServiceUnavailable) response.header("retry-after", "1");
  if (!failure.reason.empty()) {
    log::error("cannot answer",
               {{"error", failure.reason}, {"route", request.route().pattern}, {"request_id", request.request_id()}});
  }
  return response;
}
