// How far a queue has come, for those who watch how long tasks wait in it.
#pragma once

#include <cstdint>

namespace rondeau::scheduler {

/// How many tasks were put into a queue and taken from it, ever; they wrap.
struct Progress {
  std::uint32_t popped;
  std::uint32_t pushed;
};

}  // namespace rondeau::scheduler
