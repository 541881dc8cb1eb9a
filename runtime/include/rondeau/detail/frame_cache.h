// Memory for coroutine frames and task cells: per-thread free lists by size class.
#pragma once

#include <cstddef>

namespace rondeau::detail {

/// Memory of at least `size` bytes, aligned to 16 (to 64 where `size` is a multiple of 64). Throws std::bad_alloc.
///
/// Up to 2 KiB it comes from a per-thread list of the size's class (steps of 16 bytes, above 512 of 64); above, and under the sanitizers,
/// from operator new. Thread safety: any thread may free what another allocated.
void* allocate_frame(std::size_t size);
void free_frame(void* memory, std::size_t size) noexcept;

/// What the caches hold, for tests: frames handed out and not yet given back, over all threads.
std::size_t live_frames() noexcept;

}  // namespace rondeau::detail
