// Borrows: which values this thread holds a read lock of, in debug builds. It finds what would hang sooner or later.
#pragma once

#include <cstddef>

namespace rondeau::detail {

class Borrows {
 public:
  static void begin(const void* lock);
  /// Aborts where it began on another thread.
  static void end(const void* lock) noexcept;
  /// Aborts where this thread holds the read lock, since it would wait for itself.
  static void refuse_to_write(const void* lock) noexcept;
  /// How many this thread holds.
  static std::size_t count() noexcept;
};

}  // namespace rondeau::detail
