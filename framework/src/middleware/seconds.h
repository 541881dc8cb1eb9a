// Spans as Retry-After and its kin have them: whole seconds, never less than it is.
#pragma once

#include <chrono>
#include <cstdint>

#include <rondeau/base/instant.h>

namespace rondeau::middleware {

inline std::int64_t whole_seconds(base::Duration span) noexcept {
  return std::chrono::ceil<std::chrono::seconds>(span).count();
}

}  // namespace rondeau::middleware
