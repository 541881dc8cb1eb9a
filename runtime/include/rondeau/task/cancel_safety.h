// What is lost when an await is destroyed before it gave its result.
#pragma once

#include <cstdint>

namespace rondeau::task {

/// Every awaitable states one as `cancel_safety`.
enum class CancelSafety : std::uint8_t {
  Safe,   ///< nothing
  Place,  ///< nothing but the place in a fair queue
  Loses,  ///< what its documentation says
};

}  // namespace rondeau::task

namespace rondeau {
using task::CancelSafety;
}
