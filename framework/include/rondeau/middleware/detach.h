// Detach: a handler that goes on by itself when its client has left.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/schema/operation.h>
#include <rondeau/task/task.h>

namespace rondeau::middleware {

struct DetachOptions {
  base::Duration limit = std::chrono::seconds(30);  ///< of a handler, from its begin
  /// So many handlers may go on without a client at a time. Beyond that one is cancelled, as it is without this layer.
  std::size_t at_once = 64;
};

/// Lets the handler come to its end though nobody waits for its answer any more, and holds nothing up meanwhile.
///
/// As Finish, but the connection, or the stream of HTTP/2, is over at once, and so are the layers outside of this one.
/// The same happens where Limits::handler, or a timeout outside, has answered a 503. After `limit` the handler is
/// cancelled; who still waits gets a 503. Work that it leaves by Response::after() begins when it has ended, and what it
/// throws goes to stderr. A drain waits for it within Limits::shutdown, then cancels it; the end of the runtime does not.
///
/// The handler runs in a task of its own, with a copy of the request. What it reads of a body once its client has left,
/// or once the head of its answer is there, ends with an error; hints before the answer are not sent; what the layers
/// inside attach is not seen outside. What layers outside have attached is shared, so it must not refer to the request.
/// Bodies that are streamed are not covered. Copies share their places.
/// On a route: `router.post<"/orders">(order).layer(Detach({.limit = std::chrono::minutes(5), .at_once = 16}))`.
///
/// Errors (of build()): InvalidArgument. Cancellation: see above.
class Detach {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Deadline;

  explicit Detach(DetachOptions options = {});

  Result<void> check() const;
  task::Task<http::Response> operator()(http::Request request, handler::Next next) const;
  static void describe(schema::Operation& operation);

 private:
  struct Shared;
  class Run;
  class Attended;
  std::shared_ptr<Shared> shared_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Detach;
using middleware::DetachOptions;
}
