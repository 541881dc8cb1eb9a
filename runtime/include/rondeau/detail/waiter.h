// A wait for readiness: the node an awaiter links into a source, and the list the source keeps under its lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondeau/base/assert.h>
#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// One strand that waits for one of some readiness bits (base::PollEvent::Bits). Lives in the awaiter.
///
/// Only the source changes the links, under its lock. Whoever takes the node out counts the wake first and clears
/// `linked` last, so an awaiter that reads false may die at once without the lock.
template <class Atomics>
struct BasicWaiter {
  PlainOf<Atomics, typename Atomics::Wake> wake{};
  PlainOf<Atomics, BasicWaiter*> next{nullptr};
  PlainOf<Atomics, BasicWaiter*> previous{nullptr};
  std::uint32_t interest = 0;
  bool exclusive = false;            ///< a second exclusive waiter with this interest is a bug of the caller
  AtomicOf<Atomics, bool> linked_{false};  ///< written under the source's lock, read by the awaiter

  /// Still waiting? Acquire: pairs with the release in WaiterList, so what was published before the wake is seen.
  bool linked() const noexcept { return linked_.load(std::memory_order_acquire); }
};

using Waiter = BasicWaiter<StdAtomics>;

/// Counted wakes on their way out of a lock, so many at a time.
template <class Atomics, std::size_t Capacity = 32>
class BasicWakeBatch {
  using Wake = typename Atomics::Wake;

 public:
  BasicWakeBatch() noexcept = default;
  BasicWakeBatch(const BasicWakeBatch&) = delete;
  BasicWakeBatch& operator=(const BasicWakeBatch&) = delete;
  ~BasicWakeBatch() { RONDEAU_DEBUG_ASSERT(count_ == 0); }

  bool full() const noexcept { return count_ == Capacity; }
  void add(Wake counted) noexcept { wakes_[count_++] = counted; }
  /// Outside of every lock.
  void wake_all() noexcept {
    for (std::size_t i = 0; i < count_; ++i) wakes_[i].wake_by_value();
    count_ = 0;
  }

 private:
  Wake wakes_[Capacity];
  std::size_t count_ = 0;
};

using WakeBatch = BasicWakeBatch<StdAtomics>;

/// First in, first out; one word. Every function is called under the source's lock.
template <class Atomics>
class BasicWaiterList {
  using Waiter = BasicWaiter<Atomics>;

 public:
  bool empty() const noexcept { return first_ == nullptr; }

  void link(Waiter& waiter) noexcept {
#ifndef NDEBUG
    for (const Waiter* other = first_; other != nullptr && waiter.exclusive; other = other->next) {
      if (other->exclusive && other->interest == waiter.interest) {
        base::fail("two tasks read from (or write to) one stream at once; give each direction one owner");
      }
    }
#endif
    waiter.next = nullptr;
    if (first_ == nullptr) {
      first_ = waiter.previous = &waiter;
    } else {
      waiter.previous = first_->previous;
      waiter.previous->next = first_->previous = &waiter;
    }
    waiter.linked_.store(true, std::memory_order_relaxed);
  }

  void unlink(Waiter& waiter) noexcept {
    // The first node's `previous` is the last node.
    if (waiter.next != nullptr) {
      waiter.next->previous = waiter.previous;
    } else {
      first_->previous = waiter.previous;
    }
    Waiter* const next = waiter.next;
    (first_ == &waiter ? first_ : waiter.previous->next) = next;
    waiter.linked_.store(false, std::memory_order_release);  // pairs with linked()
  }

  /// Moves the waiters interested in `ready` into the batch. True: the batch is full, call again.
  template <std::size_t Capacity>
  bool take(std::uint32_t ready, BasicWakeBatch<Atomics, Capacity>& batch) noexcept {
    for (Waiter* waiter = first_; waiter != nullptr;) {
      Waiter* next = waiter->next;
      if ((waiter->interest & ready) != 0) {
        if (batch.full()) return true;
        const typename Atomics::Wake wake = waiter->wake;
        batch.add(wake.counted());
        unlink(*waiter);
      }
      waiter = next;
    }
    return false;
  }

 private:
  PlainOf<Atomics, Waiter*> first_{nullptr};
};

using WaiterList = BasicWaiterList<StdAtomics>;

}  // namespace rondeau::detail
