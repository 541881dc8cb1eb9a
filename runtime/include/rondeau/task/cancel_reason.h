// Why a task was ended before its own end.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondeau::task {

enum class CancelReason : std::uint8_t {
  None,      ///< it was not
  Abort,     ///< somebody who had a handle to it said so
  Scope,     ///< its TaskScope was cancelled, or a sibling failed
  Deadline,  ///< a timeout, or the deadline it ran under
  Shutdown,  ///< its runtime ended
};

/// "abort", "scope", "deadline" …
std::string_view to_string(CancelReason reason) noexcept;

}  // namespace rondeau::task

namespace rondeau {
using task::CancelReason;
}
