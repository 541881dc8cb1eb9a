// dial: bytes to the server, TLS done, HELLO not yet said.
#pragma once

#include <memory>

#include <rondeau/io/any_stream.h>
#include <rondeau/redis/options.h>
#include <rondeau/task/task.h>

namespace rondeau::redis {

/// Errors: Io, Timeout, Config for an address that is none; phase Connect. Cancellation: what was begun is closed.
task::Task<Result<io::AnyStream>> dial(std::shared_ptr<const Options> options);

}  // namespace rondeau::redis
