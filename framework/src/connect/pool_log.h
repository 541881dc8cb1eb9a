// What a pool writes to the log.
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/connect/pool_stats.h>

namespace rondeau::connect {

/// "db.cpp:40"
std::string place(const std::source_location& where);
/// "5 s", "250 ms", "40 us"
std::string human(Duration span);

void log_slow_wait(std::string_view pool, std::source_location where, const PoolStats& stats) noexcept;
void log_nested_acquire(std::string_view pool, std::source_location where, std::source_location held) noexcept;

}  // namespace rondeau::connect
