// A worker's run queue: a ring that its owner pushes to and pops from, and that others steal from.
//
// `head` packs two 32-bit indices: `real`, the next to pop, and `steal`, which lags behind while a thief copies. They
// differ only while one thief is at work, so there is at most one. Indices wrap at 2^32, far beyond the capacity.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

#include "scheduler/progress.h"

namespace rondeau::scheduler {

template <std::size_t Capacity = 256, class Atomics = detail::StdAtomics, class Node = detail::Header>
class Ring {
  static_assert((Capacity & (Capacity - 1)) == 0);

 public:
  using Task = Node;

  // ---- owner only

  /// Pushes to the back. When full: with a thief at work the task goes to `overflow(first, last, count)`, otherwise the
  /// second half of the queue and the task go there, as one chain through queue_next.
  template <class Overflow>
  void push(Task* task, Overflow&& overflow) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);  // only the owner writes it
    for (;;) {
      const std::uint64_t head = head_.load(std::memory_order_acquire);  // pairs with the thief's release of slots
      const auto [steal, real] = unpack(head);
      if (tail - steal < Capacity) {
        slots_[tail & kMask].store(task, std::memory_order_relaxed);
        tail_.store(tail + 1, std::memory_order_release);  // pairs with the thief's load of tail
        return;
      }
      if (steal != real) {
        task->queue_next = nullptr;
        overflow(task, task, std::size_t{1});
        return;
      }
      if (move_half(task, head, tail, overflow)) return;
    }
  }

  /// Pushes the first `count` of a chain, for which there is room. Returns the one after them.
  Task* append(Task* first, std::size_t count) noexcept {
    std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    for (; count > 0; --count) {
      slots_[tail++ & kMask].store(first, std::memory_order_relaxed);
      first = first->queue_next;
    }
    tail_.store(tail, std::memory_order_release);  // pairs with the thief's load of tail
    return first;
  }

  /// The oldest task, or null.
  Task* pop() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const auto [steal, real] = unpack(head);
      if (real == tail_.load(std::memory_order_relaxed)) return nullptr;
      // While a thief copies, `steal` stays where it is.
      const std::uint32_t next = real + 1;
      const std::uint64_t next_head = pack(steal == real ? next : steal, next);
      if (head_.compare_exchange_weak(head, next_head, std::memory_order_acq_rel, std::memory_order_acquire)) {
        return slots_[real & kMask].load(std::memory_order_relaxed);
      }
    }
  }

  std::size_t room() const noexcept {
    const auto [steal, real] = unpack(head_.load(std::memory_order_acquire));
    return Capacity - (tail_.load(std::memory_order_relaxed) - steal);
  }

  // ---- any thread

  std::size_t size() const noexcept {
    const auto [steal, real] = unpack(head_.load(std::memory_order_acquire));
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);
    const std::uint32_t count = tail - real;
    return count > Capacity ? 0 : count;  // the two loads may straddle a pop
  }
  bool empty() const noexcept { return size() == 0; }

  /// How many tasks were put in and taken out, ever. Moving a half elsewhere counts as taking all and putting half in.
  Progress progress() const noexcept {
    const std::uint32_t popped = unpack(head_.load(std::memory_order_acquire)).real;  // before tail, which it follows
    return {popped, tail_.load(std::memory_order_relaxed)};
  }

  struct Stolen {
    Task* first;          ///< to run; not in the thief's queue. Null: nothing was stolen
    std::uint32_t count;  ///< that one included
  };
  /// Moves half of this queue to `thief`'s, which its owner calls.
  Stolen steal_into(Ring& thief) noexcept {
    const std::uint32_t thief_tail = thief.tail_.load(std::memory_order_relaxed);
    const auto [thief_steal, thief_real] = unpack(thief.head_.load(std::memory_order_acquire));
    if (thief_tail - thief_steal > Capacity / 2) return {nullptr, 0};
    const std::uint32_t count = claim_into(thief, thief_tail);
    if (count == 0) return {nullptr, 0};
    Task* first = thief.slots_[(thief_tail + count - 1) & kMask].load(std::memory_order_relaxed);
    if (count > 1) thief.tail_.store(thief_tail + count - 1, std::memory_order_release);  // pairs with other thieves
    return {first, count};
  }

 private:
  static constexpr std::uint32_t kMask = Capacity - 1;
  struct Indices {
    std::uint32_t steal;
    std::uint32_t real;
  };
  static constexpr Indices unpack(std::uint64_t head) noexcept {
    return {static_cast<std::uint32_t>(head >> 32), static_cast<std::uint32_t>(head)};
  }
  static constexpr std::uint64_t pack(std::uint32_t steal, std::uint32_t real) noexcept {
    return std::uint64_t{steal} << 32 | real;
  }

  template <class Overflow>
  bool move_half(Task* task, std::uint64_t head, std::uint32_t tail, Overflow& overflow) noexcept {
    // Claims everything, keeps the first half and moves the second: what was fetched from outside just now is at the
    // back only if it is newest, and must not bounce.
    constexpr std::uint32_t kHalf = Capacity / 2;
    const std::uint32_t real = unpack(head).real;
    if (!head_.compare_exchange_strong(head, pack(tail, tail), std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return false;
    }
    std::array<Task*, Capacity> claimed;
    for (std::uint32_t i = 0; i < Capacity; ++i) {
      claimed[i] = slots_[(real + i) & kMask].load(std::memory_order_relaxed);
    }
    for (std::uint32_t i = kHalf; i + 1 < Capacity; ++i) claimed[i]->queue_next = claimed[i + 1];
    claimed[Capacity - 1]->queue_next = task;
    task->queue_next = nullptr;
    overflow(claimed[kHalf], task, std::size_t{kHalf} + 1);
    for (std::uint32_t i = 0; i < kHalf; ++i) slots_[(tail + i) & kMask].store(claimed[i], std::memory_order_relaxed);
    tail_.store(tail + kHalf, std::memory_order_release);  // pairs with the thief's load of tail
    return true;
  }

  std::uint32_t claim_into(Ring& thief, std::uint32_t thief_tail) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    std::uint32_t count = 0;
    std::uint64_t claimed = 0;
    for (;;) {
      const auto [steal, real] = unpack(head);
      const std::uint32_t available = tail_.load(std::memory_order_acquire) - real;  // pairs with push
      if (steal != real) return 0;                                                   // another thief is at work
      count = available - available / 2;
      if (count == 0) return 0;
      if (count > Capacity / 2) return 0;  // the loads straddled a pop: the numbers are stale
      claimed = pack(steal, real + count);
      if (head_.compare_exchange_weak(head, claimed, std::memory_order_acq_rel, std::memory_order_acquire)) break;
    }
    const std::uint32_t first = unpack(claimed).steal;
    for (std::uint32_t i = 0; i < count; ++i) {
      Task* task = slots_[(first + i) & kMask].load(std::memory_order_relaxed);
      thief.slots_[(thief_tail + i) & kMask].store(task, std::memory_order_relaxed);
    }
    // Gives the slots back to the owner: `steal` catches up with wherever `real` is by now.
    head = claimed;
    for (;;) {
      const std::uint32_t real = unpack(head).real;
      if (head_.compare_exchange_weak(head, pack(real, real), std::memory_order_acq_rel, std::memory_order_acquire)) {
        return count;
      }
    }
  }

  alignas(64) detail::AtomicOf<Atomics, std::uint64_t> head_{0};
  alignas(64) detail::AtomicOf<Atomics, std::uint32_t> tail_{0};
  std::array<detail::AtomicOf<Atomics, Task*>, Capacity> slots_{};
};

}  // namespace rondeau::scheduler
