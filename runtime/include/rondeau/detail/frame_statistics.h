// Memory of coroutine frames, and who asks for it: counted by function where the build has -Dframe_statistics=enabled,
// which defines RONDEAU_FRAME_STATISTICS for this library and for all that use it. Else nothing of it is left.
#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>

#include <rondeau/detail/frame_cache.h>

namespace rondeau::detail {

#ifdef RONDEAU_FRAME_STATISTICS

/// As allocate_frame and free_frame, with a few words in front of the frame.
void* allocate_counted_frame(std::size_t size);
void free_counted_frame(void* memory, std::size_t size) noexcept;
/// The coroutine is about to be handed to its caller: now its frame says what code it belongs to. One that the compiler
/// laid into its caller's frame was never allocated, and is not counted.
void count_frame(std::coroutine_handle<> frame, std::source_location where) noexcept;

inline void* new_frame(std::size_t size) {
  return allocate_counted_frame(size);
}
inline void delete_frame(void* memory, std::size_t size) noexcept {
  free_counted_frame(memory, size);
}

#else

inline void* new_frame(std::size_t size) {
  return allocate_frame(size);
}
inline void delete_frame(void* memory, std::size_t size) noexcept {
  free_frame(memory, size);
}
inline void count_frame(std::coroutine_handle<>, std::source_location) noexcept {}

#endif

}  // namespace rondeau::detail
