// A function is known by the address of its code, the first word of its frame: looked up without a lock, since a slot
// once filled never changes. Several addresses lead to one function where its code was compiled more than once.
//
// In front of each frame stand its function and when it was made. Between its allocation and count_frame, while its
// parameters are copied, neither is known; for so long it stands on a stack of its thread, since copying them may make
// coroutines too. What an exception destroys meanwhile leaves the stack again.
#include "task/frame_table.h"

#include <rondeau/detail/frame_statistics.h>

#ifdef RONDEAU_FRAME_STATISTICS

#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

namespace rondeau::detail {
namespace {

constexpr std::size_t kSlots = 8192;
constexpr std::size_t kMostCodes = kSlots / 2;  // frames of further ones are not counted
constexpr std::size_t kLargeFrame = 4096;

// A cache line, so that a frame is aligned as it is without: locals may rely on that.
struct alignas(64) Prefix {
  FrameFunction* function = nullptr;  ///< null: not known yet, or not counted
  Prefix* below = nullptr;            ///< on the stack of those whose function is not known yet
  std::size_t size = 0;               ///< of the frame alone
  std::int64_t made_at = 0;           ///< nanoseconds
};

constexpr std::size_t with_prefix(std::size_t size) noexcept {
  return (sizeof(Prefix) + size + alignof(Prefix) - 1) / alignof(Prefix) * alignof(Prefix);
}
Prefix* prefix_of(void* frame) noexcept {
  return static_cast<Prefix*>(frame) - 1;
}

struct Slot {
  std::atomic<const void*> code{nullptr};  // stored last, with release: who sees it sees the function
  FrameFunction* function = nullptr;
};

struct Table {
  std::array<Slot, kSlots> slots;
  std::mutex mutex;  // guards adding: a slot, a function, a size
  std::size_t codes = 0;
  std::vector<FrameFunction*> functions;
};

Table& table() {
  static Table* instance = new Table;  // never destroyed: frames may be freed while the process ends
  return *instance;
}

constinit thread_local Prefix* top_unknown = nullptr;

std::int64_t now() noexcept {
  // Not the runtime's clock, which a test may stop.
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

FrameShard& shard_of_thread(FrameFunction& function) noexcept {
  static constinit std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % function.shards.size();
  return function.shards[mine];
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t count) noexcept {
  counter.fetch_add(count, std::memory_order_relaxed);
}
void raise(std::atomic<std::uint64_t>& highest, std::uint64_t value) noexcept {
  std::uint64_t before = highest.load(std::memory_order_relaxed);
  while (before < value && !highest.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
  }
}

std::size_t first_slot(const void* code) noexcept {
  return (reinterpret_cast<std::uintptr_t>(code) * 0x9E3779B97F4A7C15U) >> 51;
}
static_assert(kSlots == std::size_t{1} << (64 - 51));

/// Its slot, or the empty one where it would be.
Slot& slot_of(Table& in, const void* code) noexcept {
  for (std::size_t i = first_slot(code);; i = (i + 1) % kSlots) {
    const void* there = in.slots[i].code.load(std::memory_order_acquire);  // pairs with the release in add_function
    if (there == code || there == nullptr) return in.slots[i];
  }
}

bool same(const std::source_location& a, const std::source_location& b) noexcept {
  return a.line() == b.line() && a.column() == b.column() && std::strcmp(a.file_name(), b.file_name()) == 0 &&
         std::strcmp(a.function_name(), b.function_name()) == 0;
}

FrameFunction* function_at(Table& in, const std::source_location& where) {
  for (FrameFunction* each : in.functions) {
    if (same(each->where, where)) return each;
  }
  in.functions.reserve(in.functions.size() + 1);
  auto* added = new FrameFunction;
  added->where = where;
  in.functions.push_back(added);
  return added;
}

FrameFunction* add_function(Table& to, const void* code, std::size_t size, const std::source_location& where) {
  const std::lock_guard lock(to.mutex);
  Slot& slot = slot_of(to, code);
  if (slot.code.load(std::memory_order_relaxed) == code) return slot.function;  // by another thread, under this lock
  if (to.codes == kMostCodes) return nullptr;
  FrameFunction* function = function_at(to, where);
  if (const std::size_t before = function->size.load(std::memory_order_relaxed); size > before) {
    function->size.store(size, std::memory_order_relaxed);
    if (size > kLargeFrame && before <= kLargeFrame) {
      std::fprintf(stderr,
                   "rondeau: a coroutine's frame has %zu bytes, more than 4 KiB: every call allocates that; keep large "
                   "buffers out of what lives across a co_await (%s:%u, %s)\n",
                   size, where.file_name(), static_cast<unsigned>(where.line()), where.function_name());
    }
  }
  slot.function = function;
  ++to.codes;
  slot.code.store(code, std::memory_order_release);
  return function;
}

FrameFunction* find_function(const void* code, std::size_t size, const std::source_location& where) noexcept {
  Table& all = table();
  const Slot& slot = slot_of(all, code);
  if (slot.code.load(std::memory_order_acquire) == code) [[likely]] return slot.function;
  try {
    return add_function(all, code, size, where);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

// Not inlined: they are called from coroutines, which may go on on another thread.
[[gnu::noinline]] void* allocate_counted_frame(std::size_t size) {
  top_unknown = ::new (allocate_frame(with_prefix(size))) Prefix{.below = top_unknown, .size = size};
  return top_unknown + 1;
}

[[gnu::noinline]] void count_frame(std::coroutine_handle<> frame, std::source_location where) noexcept {
  Prefix* prefix = prefix_of(frame.address());
  if (prefix != top_unknown) return;  // not allocated: what stands there is not ours
  top_unknown = prefix->below;
  const void* code = *static_cast<void* const*>(frame.address());
  FrameFunction* function = find_function(code, prefix->size, where);
  if (function == nullptr) return;
  prefix->function = function;
  prefix->made_at = now();
  add(shard_of_thread(*function).made, 1);
  raise(function->peak, function->live.fetch_add(1, std::memory_order_relaxed) + 1);
}

[[gnu::noinline]] void free_counted_frame(void* memory, std::size_t size) noexcept {
  Prefix* prefix = prefix_of(memory);
  if (FrameFunction* function = prefix->function) {
    FrameShard& shard = shard_of_thread(*function);
    // The frame's first words stay as they are until its memory goes.
    add(std::coroutine_handle<>::from_address(memory).done() ? shard.finished : shard.destroyed, 1);
    const auto life = static_cast<std::uint64_t>(now() - prefix->made_at);
    add(shard.life, life);
    raise(shard.longest_life, life);
    function->live.fetch_sub(1, std::memory_order_relaxed);
  } else if (top_unknown == prefix) {
    top_unknown = prefix->below;
  }
  free_frame(prefix, with_prefix(size));
}

std::vector<const FrameFunction*> frame_functions() {
  Table& all = table();
  const std::lock_guard lock(all.mutex);
  return {all.functions.begin(), all.functions.end()};
}

}  // namespace rondeau::detail

#else

namespace rondeau::detail {

std::vector<const FrameFunction*> frame_functions() {
  return {};
}

}  // namespace rondeau::detail

#endif
