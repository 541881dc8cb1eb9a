// on_early_drop: told when a request ends without an answer of its handler.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/handler/layer.h>
#include <rondeau/task/cancel_reason.h>

namespace rondeau::middleware {

/// Of a request whose handler was ended before it had answered.
struct EarlyDrop {
  const http::Request& request;
  base::Duration after;       ///< since it came to the layer
  task::CancelReason reason;  ///< Deadline where the server's or the client's time was over
};

/// See on_early_drop().
struct OnEarlyDrop {
  static constexpr handler::Slot kSlot = handler::Slot::AccessLog;

  std::function<void(const EarlyDrop&)> hook;

  task::Task<http::Response> wrap(task::Task<http::Response> inside, http::Request request) const;
};

/// `router.layer(on_early_drop([](const EarlyDrop& drop) { … }));`
///
/// Calls `hook` when the client has left before the head of the answer was there, and when the server has given the
/// request up. It runs in a destructor: it does not wait, and what it throws ends the process. A handler that does not wait
/// is never dropped. What a Deadlines or HandlerTimeout inside has answered is an answer.
inline OnEarlyDrop on_early_drop(std::function<void(const EarlyDrop&)> hook) {
  return OnEarlyDrop{std::move(hook)};
}

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::EarlyDrop;
using middleware::on_early_drop;
}  // namespace rondeau
