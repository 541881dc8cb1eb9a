// Transport: what carries one attempt: the network, or a router in this process.
#pragma once

#include <memory>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/client/stats.h>
#include <rondeau/task/task.h>

#include "client/answer.h"
#include "client/attempt.h"

namespace rondeau::client {

/// Thread safety: any thread.
class Transport {
 public:
  virtual ~Transport() = default;
  /// The answer as soon as its head is there. Cancellation: the request is given up. Lifetime: this object and what the
  /// attempt refers to outlive the task; the answer outlives all of them.
  virtual task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) = 0;
  /// Takes no attempts any more, and waits until `deadline` for the end of those there are. Cancellation: it stays closed.
  virtual task::Task<void> close([[maybe_unused]] Instant deadline) { co_return; }
  virtual ClientStats stats() const { return {}; }
};

}  // namespace rondeau::client
