// How many descriptors this process has open.
#pragma once

#include <filesystem>
#include <iterator>

namespace support {

inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

}  // namespace support
