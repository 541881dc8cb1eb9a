// The levels of the log, as words.
#pragma once

#include <string_view>

#include <rondeau/observe/log.h>

namespace rondeau::observe::log {

/// "info", "warn" …
std::string_view name_of(Level level) noexcept;

}  // namespace rondeau::observe::log
