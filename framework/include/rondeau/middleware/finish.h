// Finish: a handler that its client's leaving does not end.
#pragma once

#include <chrono>

#include <rondeau/base/instant.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Lets the handler come to its end though its client has left; nobody gets the answer then.
///
/// Usually a handler is cancelled, its frames are destroyed, when the connection breaks or the peer resets its stream of
/// HTTP/2, and a second after the peer has ended its half. Here it goes on for up to `limit` after it began; then the
/// answer is 503, as by HandlerTimeout, whose place it takes. A drain waits for it, too; the end of the runtime does not.
/// What it reads of a body that has not come ends with an error. Bodies that are streamed are not covered.
/// On a route: `router.post<"/orders">(order).layer(middleware::Finish{})`.
struct Finish {
  static constexpr handler::Slot kSlot = handler::Slot::Deadline;

  base::Duration limit = std::chrono::seconds(30);

  base::Duration handler_limit() const { return limit; }
  task::Task<http::Response> wrap(task::Task<http::Response> inside, http::Request request) const;
};

}  // namespace rondeau::middleware
