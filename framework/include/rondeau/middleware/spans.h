// Spans: tells whoever records spans of each request.
#pragma once

#include <optional>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Which traces are recorded, as OpenTelemetry's samplers say it.
struct Sampler {
  bool follows_parent = true;  ///< where a caller has decided, it is done as he says; else he is not asked
  double share = 1;            ///< of the others, from 0 to 1, chosen by the trace's id
};

/// A span of the kind server for each sampled request, below the caller's: `{method} {route}`, and `{method}` where no
/// route matches. A 5xx is a failure, and so is a client that leaves before the answer (error.type `cancelled`).
///
/// Stands inside of Trace, without which there are none, and decides whether the trace is sampled: what the handler
/// calls is told so. Record somewhere: observe::record_spans(). A Service does both where `trace.endpoint` is set.
struct Spans {
  static constexpr handler::Slot kSlot = handler::Slot::Trace;

  Sampler sampler = {};

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware
