// Trace: gives each request a place in a trace that spans services (W3C Trace Context).
#pragma once

#include <optional>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Goes on with the trace of a good `traceparent`, else begins one, and gives the request a span of its own in it.
///
/// Handlers may take TraceContext; what they await and spawn finds it in Context::current().trace(), and their log lines
/// carry `trace_id` and `span_id`. A `tracestate` that is well formed and has at most 512 bytes is kept for TraceState. A bad
/// field is no error: it begins a new trace.
struct Trace {
  static constexpr handler::Slot kSlot = handler::Slot::Trace;

  enum class Incoming {
    Continue,
    Ignore,  ///< clients that are strangers do not choose our ids
  };
  Incoming incoming = Incoming::Continue;
  bool sample_new = true;  ///< the flag of traces that begin here, which tells others to record them

  std::optional<http::Response> before(http::Request& request) const;
  task::Task<http::Response> wrap(task::Task<http::Response> inside, http::Request request) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Trace;
}
