// The accept loop of one listener.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <rondeau/base/result.h>
#include <rondeau/server/listener.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/task.h>

#include "server/shared.h"

namespace rondeau::server {

struct AcceptTerms {
  std::shared_ptr<Shared> server;
  sync::CancellationToken stop;
  sync::CancellationToken handed_over;
  std::size_t max_connections;
  bool spread;  ///< there are several workers: a connection belongs to the one that first runs it
};

/// So many descriptors may be connections, where nobody said otherwise.
std::size_t default_max_connections() noexcept;

/// Accepts until `stop` is cancelled, then takes what waits in the backlog. Errors: what accepting can never recover
/// from. Cancellation: safe. Lifetime: `listener` and `terms` are borrowed.
task::Task<Result<void>> accept_connections(Listener& listener, const AcceptTerms& terms);

}  // namespace rondeau::server
