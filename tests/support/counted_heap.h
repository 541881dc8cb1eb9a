// How often this program has asked the heap for memory. For programs that are linked with counted_heap.cpp, which takes the
// place of operator new; not under a sanitizer, which has one of its own.
#pragma once

#include <cstddef>

namespace support {

/// Since the program began, by any thread.
std::size_t allocations() noexcept;

}  // namespace support
