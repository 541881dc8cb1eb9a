// ConcurrencyLimit: so many requests at a time, and a bounded wait for the others.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/middleware/request_key.h>
#include <rondeau/task/task.h>

namespace rondeau::middleware {

struct ConcurrencyLimitOptions {
  std::size_t limit = 64;
  /// How many more may wait, and for how long. Both bound what one client, or one slow store, can pile up here.
  std::size_t max_waiting = 64;
  base::Duration max_wait = std::chrono::seconds(1);
  /// Each of its texts has a limit of its own; without a key all requests share one.
  std::optional<RequestKey> key = std::nullopt;
};

/// Lets at most `limit` requests in, those who wait in the order they came. For a route that is expensive:
///
///     router.get<"/report">(report).layer(ConcurrencyLimit({.limit = 4}));
///
/// A place is taken until the head of the answer is there; a body that is streamed does not hold it. Above `max_waiting`,
/// or after `max_wait`: 503 with Retry-After. Copies share their places.
/// Cancellation: of a request that waits, its turn is gone; of one that runs, the place is given back.
/// Errors (of build()): InvalidArgument.
class ConcurrencyLimit {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::RateLimit;

  explicit ConcurrencyLimit(ConcurrencyLimitOptions options);

  Result<void> check() const;
  task::Task<http::Response> operator()(http::Request request, handler::Next next) const;

 private:
  struct Shared;
  class Place;
  std::shared_ptr<Shared> shared_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::ConcurrencyLimit;
}
