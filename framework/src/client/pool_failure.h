// What it means for a request that the pool has no connection for it.
#pragma once

#include "client/attempt.h"
#include "client/http1/pool.h"

namespace rondeau::client {

Failure failure_of(const connect::ConnectError& error);
/// `patience` is how long it was waited for.
Failure failure_of(const http1::Pool::Failure& failure, Patience patience);

}  // namespace rondeau::client
