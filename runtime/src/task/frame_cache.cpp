// Size classes of 16 bytes up to 512, of 64 bytes up to 2 KiB. A thread keeps two magazines of free blocks per class; a
// third full one goes to a shared shelf, from which threads that run dry take: so one thread may allocate what another
// frees without the memory growing. Magazines change hands whole, so no cold block is touched before its turn. Blocks
// are carved from slabs, which are kept for the life of the process.
#include <rondeau/detail/frame_cache.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "task/frame_shelf.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RONDEAU_PLAIN_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define RONDEAU_PLAIN_FRAMES 1
#endif
#endif
#ifndef RONDEAU_PLAIN_FRAMES
#define RONDEAU_PLAIN_FRAMES 0  // reuse would hide use after free from the sanitizers
#endif

namespace rondeau::detail {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kSmallStep = 16;
constexpr std::size_t kSmall = 512;
constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 2048;
constexpr std::size_t kMagazineBytes = 32 * 1024;
constexpr std::size_t kSlabBytes = 64 * 1024;

// A free block has room for three words.
constexpr std::size_t class_of(std::size_t size) noexcept {
  return size <= kSmall ? (std::max(size, sizeof(BasicBlock<StdAtomics>)) - 1) / kSmallStep : (size - kSmall - 1) / kStep + kSmall / kSmallStep;
}
constexpr std::size_t block_size(std::size_t index) noexcept {
  constexpr std::size_t kSmallOnes = kSmall / kSmallStep;
  return index < kSmallOnes ? (index + 1) * kSmallStep : (index - kSmallOnes + 1) * kStep + kSmall;
}
constexpr std::size_t kClasses = class_of(kLargest) + 1;
static_assert(block_size(class_of(1)) == 32 && block_size(class_of(176)) == 176 && block_size(class_of(512)) == 512);
static_assert(block_size(class_of(513)) == 576 && block_size(kClasses - 1) == kLargest);

void* plain_allocate(std::size_t size) {
  return ::operator new(size, std::align_val_t(kLine));
}
void plain_free(void* memory, std::size_t size) noexcept {
  ::operator delete(memory, size, std::align_val_t(kLine));
}

using Block = BasicBlock<StdAtomics>;
using Magazine = BasicMagazine<StdAtomics>;
using Shelf = BasicShelf<StdAtomics>;

struct ThreadCache;

struct Shared {
  std::array<Shelf, kClasses> shelves;
  std::mutex mutex;  // guards the two below
  std::vector<ThreadCache*> caches;
  long live_of_ended_threads = 0;
};

Shared& shared() {
  static Shared* instance = new Shared;  // never destroyed: frames may be freed while the process ends
  return *instance;
}

/// What a thread keeps of one size: two magazines, so that a thread that allocates and frees by turns rarely sees the
/// shelf, and the slab it carves from.
struct alignas(kLine) SizeClass {
  Magazine current;
  Magazine other;
  std::byte* slab = nullptr;
  std::size_t slab_left = 0;
  std::uint32_t magazine_size = 0;  ///< blocks
};

struct ThreadCache {
  std::array<SizeClass, kClasses> classes;
  std::atomic<long> live{0};  // written by its thread; relaxed: a count for tests, read when all is quiet

  ThreadCache() noexcept {
    for (std::size_t i = 0; i < kClasses; ++i) {
      classes[i].magazine_size = static_cast<std::uint32_t>(kMagazineBytes / block_size(i));
    }
  }

  void count(long change) noexcept {
    live.store(live.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }

  void* take(std::size_t index) {
    SizeClass& mine = classes[index];
    if (mine.current.head != nullptr) return mine.current.pop();
    return refill(mine, index);
  }
  void give(std::size_t index, void* memory) noexcept {
    SizeClass& mine = classes[index];
    if (mine.current.count >= mine.magazine_size) {
      if (mine.other.head != nullptr) shared().shelves[index].put(mine.other);
      mine.other = std::exchange(mine.current, {});
    }
    mine.current.push(memory);
  }
  void give_back_all() noexcept {
    for (std::size_t i = 0; i < kClasses; ++i) {
      SizeClass& mine = classes[i];
      const std::size_t size = block_size(i);
      if (mine.other.head != nullptr) shared().shelves[i].put(std::exchange(mine.other, {}));
      for (; mine.slab_left >= size; mine.slab_left -= size, mine.slab += size) mine.other.push(mine.slab);
      for (Magazine* each : {&mine.current, &mine.other}) {
        if (each->head != nullptr) shared().shelves[i].put(std::exchange(*each, {}));
      }
    }
  }

 private:
  [[gnu::noinline]] static void* refill(SizeClass& mine, std::size_t index) {
    std::swap(mine.current, mine.other);
    if (mine.current.head != nullptr) return mine.current.pop();
    const std::size_t size = block_size(index);
    if (mine.slab_left < size) {
      // Blocks that others freed before new memory.
      mine.current = shared().shelves[index].take();
      if (mine.current.head != nullptr) return mine.current.pop();
      mine.slab_left = 0;
      mine.slab = static_cast<std::byte*>(plain_allocate(kSlabBytes / size * size));
      mine.slab_left = kSlabBytes / size * size;
    }
    void* block = mine.slab;
    mine.slab += size;
    mine.slab_left -= size;
    return block;
  }
};

constinit thread_local ThreadCache* cache_of_thread = nullptr;
constinit thread_local bool thread_is_ending = false;

/// Gives the thread's blocks to the shelf when it ends.
struct Reaper {
  ThreadCache cache;
  Reaper() {
    const std::lock_guard lock(shared().mutex);
    shared().caches.push_back(&cache);
    cache_of_thread = &cache;
  }
  ~Reaper() {
    cache_of_thread = nullptr;
    thread_is_ending = true;
    cache.give_back_all();
    const std::lock_guard lock(shared().mutex);
    std::erase(shared().caches, &cache);
    shared().live_of_ended_threads += cache.live.load(std::memory_order_relaxed);
  }
};

ThreadCache* begin_thread() {
  if (thread_is_ending) return nullptr;
  thread_local Reaper reaper;
  return cache_of_thread;
}

ThreadCache* cache() {
  ThreadCache* mine = cache_of_thread;
  return mine != nullptr ? mine : begin_thread();
}

void count_without_cache(long change) noexcept {
  const std::lock_guard lock(shared().mutex);
  shared().live_of_ended_threads += change;
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
  ThreadCache* mine = cache();
  const bool block = !RONDEAU_PLAIN_FRAMES && size <= kLargest;
  void* memory = nullptr;
  if (mine != nullptr && block) {
    memory = mine->take(class_of(size));
  } else {
    memory = plain_allocate(block ? block_size(class_of(size)) : size);
  }
  if (mine != nullptr) {
    mine->count(1);
  } else {
    count_without_cache(1);
  }
  return memory;
}

[[gnu::noinline]] void free_slowly(void* memory, std::size_t size) noexcept {
  ThreadCache* mine = cache();
  if (mine == nullptr) {
    count_without_cache(-1);
  } else {
    mine->count(-1);
  }
  if (RONDEAU_PLAIN_FRAMES || size > kLargest) return plain_free(memory, size);
  const std::size_t index = class_of(size);
  if (mine != nullptr) return mine->give(index, memory);
  Magazine one;
  one.push(memory);
  shared().shelves[index].put(one);
}

}  // namespace

// Not inlined, as all that touches a thread-local: see current.cpp. Nearly always the magazine has what is wanted, and
// room for what is given.
[[gnu::noinline]] void* allocate_frame(std::size_t size) {
  ThreadCache* mine = cache_of_thread;
  if (!RONDEAU_PLAIN_FRAMES && mine != nullptr && size <= kLargest) [[likely]] {
    Magazine& magazine = mine->classes[class_of(size)].current;
    if (magazine.head != nullptr) [[likely]] {
      mine->count(1);
      return magazine.pop();
    }
  }
  return allocate_slowly(size);
}

[[gnu::noinline]] void free_frame(void* memory, std::size_t size) noexcept {
  ThreadCache* mine = cache_of_thread;
  if (!RONDEAU_PLAIN_FRAMES && mine != nullptr && size <= kLargest) [[likely]] {
    SizeClass& its = mine->classes[class_of(size)];
    if (its.current.count < its.magazine_size) [[likely]] {
      mine->count(-1);
      return its.current.push(memory);
    }
  }
  free_slowly(memory, size);
}

std::size_t live_frames() noexcept {
  const std::lock_guard lock(shared().mutex);
  long total = shared().live_of_ended_threads;
  for (const ThreadCache* each : shared().caches) total += each->live.load(std::memory_order_relaxed);
  return static_cast<std::size_t>(total);
}

}  // namespace rondeau::detail
