#include "scheduler/inject.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

namespace rondeau::scheduler {
namespace {

/// A small number of its own for each thread.
std::size_t thread_number() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

Inject::Inject(std::size_t workers) : mask_(std::min<std::size_t>(std::bit_ceil(workers), 16) - 1) {
  shards_ = std::make_unique<Shard[]>(mask_ + 1);
}

void Inject::push(Task* first, Task* last, std::size_t count) noexcept {
  Shard& shard = shards_[thread_number() & mask_];
  const std::lock_guard lock(shard.mutex);
  link(shard, first, last, count);
}

void Inject::push_remotely(Task* task) noexcept {
  Shard& shard = shards_[thread_number() & mask_];
  const std::lock_guard lock(shard.mutex);
  ++shard.remote;
  link(shard, task, task, 1);
}

void Inject::link(Shard& shard, Task* first, Task* last, std::size_t count) noexcept {
  last->queue_next = nullptr;
  if (shard.tail != nullptr) {
    shard.tail->queue_next = first;
  } else {
    shard.head = first;
  }
  shard.tail = last;
  shard.length.store(shard.length.load(std::memory_order_relaxed) + count, std::memory_order_release);
}

Inject::Chain Inject::take(std::size_t first_shard) noexcept {
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::size_t index = (first_shard + i) & mask_;
    Shard& shard = shards_[index];
    if (shard.length.load(std::memory_order_acquire) == 0) continue;  // pairs with push
    const std::lock_guard lock(shard.mutex);
    const std::size_t length = shard.length.load(std::memory_order_relaxed);
    if (length == 0) continue;
    shard.length.store(0, std::memory_order_release);
    return {std::exchange(shard.head, nullptr), std::exchange(shard.tail, nullptr), length, index};
  }
  return {};
}

void Inject::put_back(const Chain& rest) noexcept {
  Shard& shard = shards_[rest.shard];
  const std::lock_guard lock(shard.mutex);
  rest.last->queue_next = shard.head;
  shard.head = rest.first;
  if (shard.tail == nullptr) shard.tail = rest.last;
  shard.length.store(shard.length.load(std::memory_order_relaxed) + rest.count, std::memory_order_release);
}

std::uint64_t Inject::pushed_remotely() const noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    total += shards_[i].remote;
  }
  return total;
}

std::size_t Inject::size() const noexcept {
  std::size_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) total += shards_[i].length.load(std::memory_order_acquire);
  return total;
}

}  // namespace rondeau::scheduler
