// Asking for another protocol on the connection of a request.
#pragma once

#include <memory>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/client/error.h>
#include <rondeau/client/upgraded.h>
#include <rondeau/task/task.h>

#include "client/answer.h"
#include "client/call.h"
#include "client/core.h"

namespace rondeau::client {

/// `call` says which protocol. Errors: Status where the answer is no 101; Protocol where the 101 names another protocol.
/// Cancellation: the connection is closed.
task::Task<Result<Upgraded, Error>> ask_for_upgrade(std::shared_ptr<const ClientCore> core, std::unique_ptr<Call> call);

/// What is wrong with a 101 in answer to that; empty: nothing. One protocol alone, and the one that was asked for.
std::string fault_of_switch(const Answer& answer, const UpgradeRequest& asked);

}  // namespace rondeau::client
