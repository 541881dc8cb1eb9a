#include "support/model/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "support/model/engine.h"

#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_MODEL_ASAN 1
#endif
#endif
#ifdef SUPPORT_MODEL_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) (static_cast<void>(memory), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) (static_cast<void>(memory), static_cast<void>(size))
#endif

namespace support::model::arena {
namespace {

constexpr std::size_t kBytes = std::size_t{16} << 20;
constexpr std::size_t kAlign = 16;

/// Before each block.
struct alignas(kAlign) Head {
  std::size_t size;
  bool live;
};

// Initialised before any constructor runs, since those allocate.
constinit std::byte* begin = nullptr;
constinit std::size_t used = 0;
constinit std::size_t blocks = 0;
constinit bool tells_sanitizer = true;
thread_local constinit bool inside = false;

bool owns(const void* memory) noexcept {
  const auto* byte = static_cast<const std::byte*>(memory);
  return begin != nullptr && byte >= begin && byte < begin + kBytes;
}

void* take(std::size_t size, std::size_t align) noexcept {
  const std::size_t at = (used + sizeof(Head) + align - 1) / align * align;
  const std::size_t whole = (size + kAlign - 1) / kAlign * kAlign;
  if (at + whole > kBytes) engine().fail("a run allocates more than its memory holds");
  used = at + whole;
  ++blocks;
  ::new (begin + at - sizeof(Head)) Head{whole, true};
  return begin + at;
}

void give(void* memory) noexcept {
  Head& head = *reinterpret_cast<Head*>(static_cast<std::byte*>(memory) - sizeof(Head));
  if (!head.live) engine().fail("memory is freed twice");
  head.live = false;
  --blocks;
  if (tells_sanitizer) ASAN_POISON_MEMORY_REGION(memory, head.size);
}

void* allocate(std::size_t size, std::size_t align) noexcept {
  if (inside) return take(size, align < kAlign ? kAlign : align);
  if (align <= kAlign) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void* allocate_or_throw(std::size_t size, std::size_t align) {
  void* memory = allocate(size, align);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  if (owns(memory)) return give(memory);
  std::free(memory);
}

}  // namespace

void enter() noexcept {
  if (begin == nullptr) {
    void* mapped = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
      std::perror("map the memory of the runs");
      std::abort();
    }
    begin = static_cast<std::byte*>(mapped);
  }
  inside = true;
}

void leave() noexcept { inside = false; }

void reset() noexcept {
  if (begin != nullptr) ASAN_UNPOISON_MEMORY_REGION(begin, used);
  used = 0;
  blocks = 0;
}

void tell_sanitizer(bool tells) noexcept { tells_sanitizer = tells; }

std::size_t live() noexcept { return blocks; }

Outside::Outside() noexcept : inside_(inside) { inside = false; }
Outside::~Outside() { inside = inside_; }

}  // namespace support::model::arena

using support::model::arena::allocate;
using support::model::arena::allocate_or_throw;
using support::model::arena::release;

namespace {
constexpr std::size_t kPlain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
}

void* operator new(std::size_t size) { return allocate_or_throw(size, kPlain); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, kPlain); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, kPlain); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, kPlain); }
void* operator new(std::size_t size, std::align_val_t align) {
  return allocate_or_throw(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return allocate_or_throw(size, static_cast<std::size_t>(align));
}
void* operator new(std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(align));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
