// From a request to its answer: the handler is called where the connection's task stands; only who has to wait gets a
// task.
#pragma once

#include <memory>

#include <rondeau/task/task_scope.h>

#include "http2/connection.h"
#include "http2/stream.h"

namespace rondeau::http2 {

/// The head of a request is complete. Called by the connection's own task.
void begin_answer(Connection& connection, task::TaskScope& scope, const std::shared_ptr<Stream>& stream);

}  // namespace rondeau::http2
