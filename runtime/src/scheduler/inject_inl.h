// The inside of inject.h.
#pragma once

#include "scheduler/inject.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

namespace rondeau::scheduler {

/// A small number of its own for each thread.
std::size_t thread_number() noexcept;

template <class Atomics, class Node, class Mutex>
BasicInject<Atomics, Node, Mutex>::BasicInject(std::size_t workers)
    : mask_(std::min<std::size_t>(std::bit_ceil(workers), 16) - 1) {
  shards_ = std::make_unique<Shard[]>(mask_ + 1);
}

template <class Atomics, class Node, class Mutex>
void BasicInject<Atomics, Node, Mutex>::push(Task* first, Task* last, std::size_t count) noexcept {
  Shard& shard = shards_[thread_number() & mask_];
  const std::lock_guard lock(shard.mutex);
  link(shard, first, last, count);
}

template <class Atomics, class Node, class Mutex>
void BasicInject<Atomics, Node, Mutex>::push_remotely(Task* task) noexcept {
  Shard& shard = shards_[thread_number() & mask_];
  const std::lock_guard lock(shard.mutex);
  ++shard.remote;
  link(shard, task, task, 1);
}

template <class Atomics, class Node, class Mutex>
void BasicInject<Atomics, Node, Mutex>::link(Shard& shard, Task* first, Task* last, std::size_t count) noexcept {
  last->queue_next = nullptr;
  if (shard.tail != nullptr) {
    shard.tail->queue_next = first;
  } else {
    shard.head = first;
  }
  shard.tail = last;
  shard.length.store(shard.length.load(std::memory_order_relaxed) + count, std::memory_order_release);
}

template <class Atomics, class Node, class Mutex>
auto BasicInject<Atomics, Node, Mutex>::take(std::size_t first_shard) noexcept -> Chain {
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::size_t index = (first_shard + i) & mask_;
    Shard& shard = shards_[index];
    if (shard.length.load(std::memory_order_acquire) == 0) continue;  // pairs with push
    const std::lock_guard lock(shard.mutex);
    const std::size_t length = shard.length.load(std::memory_order_relaxed);
    if (length == 0) continue;
    shard.length.store(0, std::memory_order_release);
    const auto taken = static_cast<std::uint32_t>(length);
    shard.popped.store(shard.popped.load(std::memory_order_relaxed) + taken, std::memory_order_relaxed);
    return Chain{std::exchange(shard.head, nullptr), std::exchange(shard.tail, nullptr), length, index};
  }
  return {};
}

template <class Atomics, class Node, class Mutex>
void BasicInject<Atomics, Node, Mutex>::put_back(const Chain& rest) noexcept {
  Shard& shard = shards_[rest.shard];
  const std::lock_guard lock(shard.mutex);
  rest.last->queue_next = shard.head;
  shard.head = rest.first;
  if (shard.tail == nullptr) shard.tail = rest.last;
  const auto returned = static_cast<std::uint32_t>(rest.count);
  shard.popped.store(shard.popped.load(std::memory_order_relaxed) - returned, std::memory_order_relaxed);
  shard.length.store(shard.length.load(std::memory_order_relaxed) + rest.count, std::memory_order_release);
}

template <class Atomics, class Node, class Mutex>
std::uint64_t BasicInject<Atomics, Node, Mutex>::pushed_remotely() const noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    total += shards_[i].remote;
  }
  return total;
}

template <class Atomics, class Node, class Mutex>
Progress BasicInject<Atomics, Node, Mutex>::progress() const noexcept {
  std::uint32_t popped = 0;
  for (std::size_t i = 0; i <= mask_; ++i) popped += shards_[i].popped.load(std::memory_order_relaxed);
  return {popped, popped + static_cast<std::uint32_t>(size())};
}

template <class Atomics, class Node, class Mutex>
std::size_t BasicInject<Atomics, Node, Mutex>::size() const noexcept {
  std::size_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) total += shards_[i].length.load(std::memory_order_acquire);
  return total;
}

}  // namespace rondeau::scheduler
