// For those who cannot wait where they launch a call: first a place in the queue, then the call.
#pragma once

#include <rondeau/detail/permits.h>
#include <rondeau/task/blocking.h>

#include "blocking/pool.h"

namespace rondeau::detail {

/// Takes a place in the queue of a pool of this thread's runtime.
Permits::Take take_place(PoolChoice where);
/// Queues a prepared call in a place that was taken; where it says otherwise the call has ended already.
threads::Pool::Submitted launch_in_place(Header* call, PoolChoice where) noexcept;

}  // namespace rondeau::detail
