// Host: the server of a request, as work sees it that outlives its connection.
#pragma once

#include <memory>

#include <rondeau/base/instant.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/task_tracker.h>

namespace rondeau::http {

/// Thread safety: any thread.
class Host {
 public:
  /// Keeps the routes and the limits as long as it lives.
  virtual std::shared_ptr<Host> keep() = 0;
  /// What a drain waits for, behind its connections.
  virtual const task::TaskTracker& background() const noexcept = 0;
  /// Cancelled when the time for that is over.
  virtual const sync::CancellationToken& background_end() const noexcept = 0;
  virtual const Limits& limits_of_all() const noexcept = 0;
  /// Begins what an answer that nobody gets has left for after it.
  virtual void give_up(Response response) noexcept = 0;
  /// background_end() has ended a handler that had been left alone.
  virtual void cut_detached(const RequestBlock& block, base::Instant since) noexcept = 0;

 protected:
  ~Host() = default;
};

}  // namespace rondeau::http
