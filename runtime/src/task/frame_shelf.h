// Free blocks that go from thread to thread, a magazine at a time.
#pragma once

#include <cstddef>
#include <mutex>

#include <rondeau/detail/atomics.h>

namespace rondeau::detail {

template <class Atomics>
struct BasicBlock {
  PlainOf<Atomics, BasicBlock*> next;
  // Of a magazine on the shelf, in its first block.
  PlainOf<Atomics, BasicBlock*> next_magazine;
  PlainOf<Atomics, std::size_t> count;
};

/// A stack of free blocks.
template <class Atomics>
struct BasicMagazine {
  using Block = BasicBlock<Atomics>;

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
    __builtin_prefetch(head, 1);  // long ago freed, it may be far away
    --count;
    return block;
  }
};

/// Magazines that any thread may take.
template <class Atomics>
struct BasicShelf {
  using Block = BasicBlock<Atomics>;
  using Magazine = BasicMagazine<Atomics>;

  typename Atomics::Mutex mutex;
  PlainOf<Atomics, Block*> magazines{nullptr};

  void put(Magazine full) noexcept {
    const std::lock_guard lock(mutex);
    full.head->count = full.count;
    full.head->next_magazine = magazines;
    magazines = full.head;
  }
  Magazine take() noexcept {
    const std::lock_guard lock(mutex);
    Block* first = magazines;
    if (first == nullptr) return {};
    magazines = first->next_magazine;
    return {first, first->count};
  }
};

}  // namespace rondeau::detail
