#include <rondeau/extract/deadline.h>

#include <algorithm>
#include <memory>

#include <rondeau/task/context.h>

namespace rondeau {

bool Extract<Deadline>::extract(extract::Context& context, Deadline* slot, Rejection& rejection) {
  Instant deadline = task::Context::current().deadline().value_or(Instant::far_future());
  if (const auto* told = context.request().extensions().get<Deadline>()) deadline = std::min(deadline, told->value);
  if (deadline == Instant::far_future()) {
    rejection.absent = true;
    return rejection.reject(http::StatusCode::InternalServerError, "the request has no deadline");
  }
  std::construct_at(slot, Deadline{{deadline}});
  return true;
}

}  // namespace rondeau
