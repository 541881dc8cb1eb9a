// TraceContext, TraceState: which trace a request belongs to.
#pragma once

#include <string>

#include <rondeau/extract/extractor.h>
#include <rondeau/task/context.h>

namespace rondeau::extract {

/// The tracestate that came with the request, checked, to be passed on as it is. Absent where none came.
struct TraceState : Extracted<std::string> {};

}  // namespace rondeau::extract

namespace rondeau {

using extract::TraceState;
using task::TraceContext;

/// The span that the layer Trace began for this request. Absent, else a 500, where there is no such layer.
template <>
struct Extract<TraceContext> {
  static bool extract(extract::Context& context, TraceContext* slot, Rejection& rejection);
};
template <>
struct Extract<TraceState> {
  static bool extract(extract::Context& context, TraceState* slot, Rejection& rejection);
};

}  // namespace rondeau
