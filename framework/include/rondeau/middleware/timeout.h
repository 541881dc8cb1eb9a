// HandlerTimeout: the longest a handler may take until the head of its answer is there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/handler/layer.h>
#include <rondeau/schema/operation.h>

namespace rondeau::middleware {

/// Answers 503 when the handler has not answered in time; the handler is cancelled: its frames are destroyed.
///
/// It takes the place of Limits::handler, whether it is shorter or longer. Bodies that are streamed, once the head is
/// there, are not bounded by it. A handler that does not wait costs no timer.
/// On a route: `router.get<"/report">(report).layer(middleware::HandlerTimeout{std::chrono::minutes(2)})` – of several
/// around a route, Finish among them, the shortest wins.
struct HandlerTimeout {
  static constexpr handler::Slot kSlot = handler::Slot::Deadline;

  base::Duration limit = std::chrono::seconds(30);

  base::Duration handler_limit() const { return limit; }
  std::vector<std::string> remarks() const;
  task::Task<http::Response> wrap(task::Task<http::Response> inside, http::Request request) const;
  static void describe(schema::Operation& operation);
};

}  // namespace rondeau::middleware
