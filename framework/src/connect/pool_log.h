// What a pool writes to the log.
#pragma once

#include <source_location>
#include <string_view>

#include <rondeau/connect/pool_stats.h>

namespace rondeau::connect {

void log_slow_wait(std::string_view pool, std::source_location where, const PoolStats& stats) noexcept;
void log_nested_acquire(std::string_view pool, std::source_location where, std::source_location held) noexcept;

}  // namespace rondeau::connect
