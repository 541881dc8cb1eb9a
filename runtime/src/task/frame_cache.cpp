// Size classes of 64 bytes up to 2 KiB. A thread keeps at most 64 KiB of free blocks per class; what is above goes in
// batches of 32 to a shared shelf, from which threads that run dry take: so one thread may allocate what another frees
// without the memory growing. Blocks are carved from slabs, which are kept for the life of the process.
#include <rondeau/detail/frame_cache.h>

#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <vector>

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

constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 2048;
constexpr std::size_t kClasses = kLargest / kStep;
constexpr std::size_t kKept = 64 * 1024;
constexpr std::size_t kBatch = 32;

constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / kStep; }
constexpr std::size_t block_size(std::size_t index) noexcept { return (index + 1) * kStep; }

void* plain_allocate(std::size_t size) { return ::operator new(size, std::align_val_t(kStep)); }
void plain_free(void* memory, std::size_t size) noexcept { ::operator delete(memory, size, std::align_val_t(kStep)); }

struct Block {
  Block* next;
  Block* next_batch;  // on the shelf only
};

/// Free batches that any thread may take.
struct Shelf {
  std::mutex mutex;
  Block* batches = nullptr;

  void put(Block* batch) noexcept {
    const std::lock_guard lock(mutex);
    batch->next_batch = batches;
    batches = batch;
  }
  Block* take() noexcept {
    const std::lock_guard lock(mutex);
    Block* batch = batches;
    if (batch != nullptr) batches = batch->next_batch;
    return batch;
  }
};

struct FreeList {
  Block* head = nullptr;
  std::size_t count = 0;

  void push(void* memory) noexcept {
    auto* block = static_cast<Block*>(memory);
    block->next = head;
    head = block;
    ++count;
  }
  Block* pop() noexcept {
    Block* block = head;
    head = block->next;
    --count;
    return block;
  }
};

struct ThreadCache;

struct Shared {
  std::array<Shelf, kClasses> shelves;
  std::mutex mutex;                  // guards the two below
  std::vector<ThreadCache*> caches;
  long live_of_ended_threads = 0;
};

Shared& shared() {
  static Shared* instance = new Shared;  // never destroyed: frames may be freed while the process ends
  return *instance;
}

struct ThreadCache {
  std::array<FreeList, kClasses> lists;
  std::atomic<long> live{0};  // written by its thread; relaxed: a count for tests, read when all is quiet

  void count(long change) noexcept { live.store(live.load(std::memory_order_relaxed) + change, std::memory_order_relaxed); }

  void refill(std::size_t index) {
    FreeList& list = lists[index];
    if (Block* batch = shared().shelves[index].take(); batch != nullptr) {
      while (batch != nullptr) {
        Block* next = batch->next;
        list.push(batch);
        batch = next;
      }
      return;
    }
    const std::size_t size = block_size(index);
    const std::size_t blocks = size >= 1024 ? 8 : kBatch;
    auto* slab = static_cast<std::byte*>(plain_allocate(size * blocks));
    for (std::size_t i = blocks; i-- > 0;) list.push(slab + i * size);
  }
  void shelve(std::size_t index) noexcept {
    FreeList& list = lists[index];
    Block* batch = nullptr;
    for (std::size_t i = 0; i < kBatch && list.count > 0; ++i) {
      Block* block = list.pop();
      block->next = batch;
      batch = block;
    }
    if (batch != nullptr) shared().shelves[index].put(batch);
  }
};

thread_local ThreadCache* cache_of_thread = nullptr;
thread_local bool thread_is_ending = false;

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
    for (std::size_t i = 0; i < kClasses; ++i) {
      while (cache.lists[i].count > 0) cache.shelve(i);
    }
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

}  // namespace

[[gnu::noinline]] void* allocate_frame(std::size_t size) {
  ThreadCache* mine = cache();
  if (mine == nullptr) {
    void* memory = plain_allocate(size <= kLargest ? block_size(class_of(size)) : size);
    count_without_cache(1);
    return memory;
  }
  if (RONDEAU_PLAIN_FRAMES || size > kLargest) {
    void* memory = plain_allocate(size);
    mine->count(1);
    return memory;
  }
  FreeList& list = mine->lists[class_of(size)];
  if (list.head == nullptr) mine->refill(class_of(size));
  mine->count(1);
  return list.pop();
}

[[gnu::noinline]] void free_frame(void* memory, std::size_t size) noexcept {
  ThreadCache* mine = cache();
  if (mine == nullptr) {
    count_without_cache(-1);
  } else {
    mine->count(-1);
  }
  if (RONDEAU_PLAIN_FRAMES || size > kLargest) return plain_free(memory, size);
  const std::size_t index = class_of(size);
  if (mine == nullptr) {
    auto* block = static_cast<Block*>(memory);
    block->next = nullptr;
    return shared().shelves[index].put(block);
  }
  FreeList& list = mine->lists[index];
  list.push(memory);
  if (list.count * block_size(index) > kKept) mine->shelve(index);
}

std::size_t live_frames() noexcept {
  const std::lock_guard lock(shared().mutex);
  long total = shared().live_of_ended_threads;
  for (const ThreadCache* each : shared().caches) total += each->live.load(std::memory_order_relaxed);
  return static_cast<std::size_t>(total);
}

}  // namespace rondeau::detail
