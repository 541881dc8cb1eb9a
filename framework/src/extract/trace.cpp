#include <rondeau/extract/trace.h>

#include <memory>

namespace rondeau {

bool Extract<TraceContext>::extract(extract::Context& context, TraceContext* slot, Rejection& rejection) {
  if (!context.request().trace()) {
    rejection.absent = true;
    return rejection.reject(http::StatusCode::InternalServerError, "the request belongs to no trace");
  }
  std::construct_at(slot, context.request().trace());
  return true;
}

bool Extract<TraceState>::extract(extract::Context& context, TraceState* slot, Rejection& rejection) {
  const TraceState* came = context.request().extensions().get<TraceState>();
  if (came == nullptr) return rejection.reject_missing("header", "tracestate");
  std::construct_at(slot, *came);
  return true;
}

}  // namespace rondeau
