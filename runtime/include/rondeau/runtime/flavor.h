// Flavor: which threads run the tasks of a runtime.
#pragma once

#include <cstdint>

namespace rondeau::runtime {

enum class Flavor : std::uint8_t {
  MultiThread,    ///< workers of its own, which steal work from each other
  CurrentThread,  ///< whichever thread is in block_on
};

}  // namespace rondeau::runtime
