// The time of day, for dates that people and peers read. Durations are measured with Instant.
#pragma once

#include <chrono>

namespace rondeau::base {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// UTC, of the current runtime's driver (moved along with a paused clock), or the system's outside a runtime.
/// May jump either way when the system's clock is set. Thread safety: any thread.
WallTime wall_clock() noexcept;

}  // namespace rondeau::base
