// A worker's run queues: a ring for each band. That of normal tasks is there from the start, the others are made when the
// first task comes that belongs there, and stay.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

#include <rondeau/detail/atomics.h>

#include "scheduler/bands.h"
#include "scheduler/ring.h"

namespace rondeau::scheduler {

template <std::size_t Capacity, class Atomics, class Node>
class BasicRunQueues {
 public:
  using Queue = Ring<Capacity, Atomics, Node>;

  BasicRunQueues() noexcept = default;
  BasicRunQueues(const BasicRunQueues&) = delete;
  BasicRunQueues& operator=(const BasicRunQueues&) = delete;
  ~BasicRunQueues() {
    for (auto& other : others_) delete other.load(std::memory_order_relaxed);  // nobody else is left
  }

  Queue& normal() noexcept { return normal_; }
  const Queue& normal() const noexcept { return normal_; }

  /// Owner only. Where no memory is left for a ring the normal one stands in: a wake must not fail.
  Queue& of(Priority band) noexcept {
    if (band == Priority::Normal) return normal_;
    auto& place = others_[place_of(band)];
    if (Queue* made = place.load(std::memory_order_relaxed); made != nullptr) return *made;  // only the owner writes it
    auto* made = new (std::nothrow) Queue;
    if (made == nullptr) return normal_;
    place.store(made, std::memory_order_release);  // pairs with find()
    return *made;
  }

  // ---- any thread

  /// Null: none was made.
  Queue* find(Priority band) noexcept {
    return band == Priority::Normal ? &normal_ : others_[place_of(band)].load(std::memory_order_acquire);  // pairs with of()
  }
  const Queue* find(Priority band) const noexcept { return const_cast<BasicRunQueues*>(this)->find(band); }

  std::size_t size(Priority band) const noexcept {
    const Queue* queue = find(band);
    return queue == nullptr ? 0 : queue->size();
  }
  std::size_t size() const noexcept {
    std::size_t total = 0;
    for (const Priority band : kAllBands) total += size(band);
    return total;
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  static constexpr std::size_t place_of(Priority band) noexcept { return band == Priority::Interactive ? 0 : 1; }

  Queue normal_;
  std::array<detail::AtomicOf<Atomics, Queue*>, 2> others_{};  ///< written by the owner, read by all
};

using RunQueues = BasicRunQueues<256, detail::StdAtomics, detail::Header>;

}  // namespace rondeau::scheduler
