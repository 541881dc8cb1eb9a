// What concurrent parts are made of, as a policy: StdAtomics in the product, a model of all this in the tests that run
// such a part in every order. A part is a template over it, with an alias for the product's.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include <rondeau/detail/frame_cache.h>

namespace rondeau::detail {

class Wake;

struct StdAtomics {
  template <class T>
  using Atomic = std::atomic<T>;
  /// Data that is no atomic: guarded by a lock, or handed on by an operation of an atomic.
  template <class T>
  using Plain = T;
  using Mutex = std::mutex;
  /// Who waits somewhere.
  using Wake = detail::Wake;

  static void* allocate(std::size_t size) { return allocate_frame(size); }
  static void free(void* memory, std::size_t size) noexcept { free_frame(memory, size); }
};

template <class Atomics, class T>
using AtomicOf = typename Atomics::template Atomic<T>;
template <class Atomics, class T>
using PlainOf = typename Atomics::template Plain<T>;

}  // namespace rondeau::detail
