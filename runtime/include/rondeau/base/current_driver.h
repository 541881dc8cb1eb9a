// The driver behind Instant::now() and wall_clock(): the current runtime's, or the kernel outside of one.
#pragma once

#include <rondeau/base/driver.h>

namespace rondeau::base {

/// Never inlined: a coroutine may go on on another thread.
Driver& current_driver() noexcept;

/// For runtimes, when a thread begins or ends to belong to one. Null: the kernel. Returns the one before, or null.
/// Lifetime: the driver must outlive the thread's membership.
Driver* set_current_driver(Driver* driver) noexcept;

}  // namespace rondeau::base
