// Admission: turns new requests away while those that are in wait too long for a worker.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/task/context.h>

namespace rondeau::middleware {

struct AdmissionOptions {
  /// A wait for a worker that is no queue yet, and how long even the shortest has to be longer before there is one.
  base::Duration target = std::chrono::milliseconds(5);
  base::Duration interval = std::chrono::milliseconds(100);
  /// How long a task that is due has waited for a worker by now. Unless given: what the runtime says of the band Normal.
  /// Asked 20 times in an interval at most, by whichever worker comes by.
  std::function<base::Duration()> delay = nullptr;
  /// How important a request is. Unless given: the priority of the task that serves it.
  std::function<task::Priority(const http::Request& request)> priority = nullptr;
};

/// Answers 503 with `Retry-After: 1` to a rising share of the requests that come while a queue stands, the least important
/// first: whoever has waited is served, and whoever is told no is told at once.
///
/// A queue stands when the smallest wait of a whole interval was above the target (the measure of CoDel, RFC 8289): a burst
/// that drains is none. Each further interval a quarter more of a priority is turned away, then of the next; of Interactive
/// one in ten is always let in, so that the end is noticed. It goes back twice as fast.
/// Routes that must always answer, such as health checks, stand in a router without this layer. Copies share what they
/// know. Errors (of build()): InvalidArgument.
class Admission {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Admission;

  explicit Admission(AdmissionOptions options = {});

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Admission;
}
