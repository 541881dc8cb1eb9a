// PoolOptions: how many connections a pool keeps, and for how long.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>
#include <rondeau/connect/backoff.h>

namespace rondeau::observe {
class Registry;
}

namespace rondeau::connect {

struct PoolOptions {
  std::string name = "pool";  ///< in errors, logs and metrics: "postgres orders"
  /// Connections at most: those that are being made, idle, in use and being recycled. At least 1.
  std::size_t max = 16;
  std::optional<std::size_t> max_idle = std::nullopt;  ///< default: max
  std::size_t min_idle = 0;                            ///< opened ahead, one dial at a time; at most max
  std::size_t max_waiters = 1'024;                     ///< who comes when so many wait is refused at once
  Duration acquire_timeout = std::chrono::seconds(5);
  std::optional<Duration> idle_timeout = std::chrono::minutes(10);
  std::optional<Duration> lifetime = std::chrono::minutes(30);
  double jitter = 0.1;  ///< of both, drawn for each connection, so that a fleet does not reconnect in step
  Duration recycle_timeout = std::chrono::seconds(1);
  Duration slow_wait = std::chrono::seconds(1);  ///< who waits longer is told of in the log, once
  /// Between dials after a failure, unless the error is not worth another try. At most 500 ms while somebody waits.
  Backoff backoff = {};
  /// Told of everything, as `rondeau_pool_…` by the pool's name; pools of one name add up.
  std::shared_ptr<observe::Registry> metrics = nullptr;
};

/// What one acquire may ask for.
struct AcquireOptions {
  /// A connection that was not used before: where a pooled one turned out to be dead the next idle one may be, too.
  bool fresh = false;
  /// Instead of the pool's acquire_timeout. The deadline of the context counts as well.
  std::optional<Duration> timeout = std::nullopt;
};

}  // namespace rondeau::connect
