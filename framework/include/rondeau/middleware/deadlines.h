// Deadlines: how long the client will wait, so that nobody works for one that has gone.
#pragma once

#include <chrono>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Ends a request when the time is over that its client gives it: `X-Request-Timeout-Ms: 250`, or gRPC's
/// `Grpc-Timeout: 250m`; of several the shortest counts. It only shortens what is there: a deadline that this runs under,
/// and HandlerTimeout.
///
/// What is inside sees it as Context::current().deadline(), and so do calls to others that it makes; handlers may take
/// Deadline. A time that is over already is a 504 and nothing runs; over later, the handler is cancelled, and the 504's
/// title says what had used up the time. A value that is neither is a 400. The time runs from when the request comes here:
/// its head was read, and nothing has waited. Bodies that are streamed, once the head is there, are not bounded.
struct Deadlines {
  static constexpr handler::Slot kSlot = handler::Slot::Deadline;

  std::optional<http::Response> before(http::Request& request) const;
  task::Task<http::Response> wrap(task::Task<http::Response> inside, http::Request request) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Deadlines;
}
