// Asking for another protocol on the connection of a request.
#pragma once

#include <memory>

#include <rondeau/base/result.h>
#include <rondeau/client/error.h>
#include <rondeau/client/upgraded.h>
#include <rondeau/task/task.h>

#include "client/call.h"
#include "client/core.h"

namespace rondeau::client {

/// `call` says which protocol. Errors: Status where the answer is no 101; Protocol where the 101 names another protocol.
/// Cancellation: the connection is closed.
task::Task<Result<Upgraded, Error>> ask_for_upgrade(std::shared_ptr<const ClientCore> core, std::unique_ptr<Call> call);

}  // namespace rondeau::client
