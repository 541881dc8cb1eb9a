#include "scheduler/owned_tasks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <utility>
#include <vector>

namespace rondeau::scheduler {

OwnedTasks::OwnedTasks(std::size_t workers) : mask_(std::bit_ceil(workers) * 4 - 1) {
  shards_ = std::make_unique<Shard[]>(mask_ + 1);
}

bool OwnedTasks::add_unendable(detail::Header* task) noexcept {
  Shard& shard = shard_of(task);
  const std::lock_guard lock(shard.mutex);
  if (shard.sealed) return false;
  link(shard.aborted, task);
  ++shard.count;
  ++shard.added;
  return true;
}

bool OwnedTasks::seal_if_empty() noexcept {
  // All locks at once: nothing may come into a shard that was looked at before. Nobody else holds two.
  std::size_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    shards_[i].mutex.lock();
    total += shards_[i].count;
  }
  for (std::size_t i = 0; i <= mask_; ++i) {
    if (total == 0) shards_[i].sealed = true;
    shards_[i].mutex.unlock();
  }
  return total == 0;
}

void OwnedTasks::wake_aborted() noexcept {
  for (std::size_t i = 0; i <= mask_; ++i) {
    std::vector<detail::Wake> wakes;
    {
      const std::lock_guard lock(shards_[i].mutex);
      for (detail::Header* task = shards_[i].aborted; task != nullptr; task = task->owned_next) {
        wakes.push_back(detail::Wake(task, 0).counted());
      }
    }
    for (const detail::Wake& wake : wakes) wake.wake_by_value();
  }
}

bool OwnedTasks::next_batch(std::size_t index, Walk& walk, std::size_t limit) {
  constexpr int kRestarts = 4;
  Shard& shard = shards_[index];
  std::vector<detail::Header*> batch;
  if (!walk.over) batch.reserve(limit);
  if (!walk.over) {
    const std::lock_guard lock(shard.mutex);
    // Behind the last one that is still there. Where all of them have ended it begins anew, and at last in one go.
    const auto still_there = std::find_if(walk.batch.rbegin(), walk.batch.rend(),
                                          [](const detail::Header* task) { return task->owned_link != nullptr; });
    detail::Header* next = walk.in_aborted ? shard.aborted : shard.live;
    if (still_there != walk.batch.rend()) {
      next = (*still_there)->owned_next;
    } else if (!walk.batch.empty() && ++walk.restarts > kRestarts) {
      limit = shard.count;
      walk.over = true;
    }
    while (batch.size() < limit && (next != nullptr || !walk.in_aborted)) {
      if (next == nullptr) {
        walk.in_aborted = true;
        next = shard.aborted;
        continue;
      }
      next->state.add_reference();
      batch.push_back(next);
      next = next->owned_next;
    }
  }
  for (detail::Header* task : walk.batch) detail::drop_task_reference(task);
  walk.batch = std::move(batch);
  return !walk.batch.empty();
}

std::size_t OwnedTasks::size() const noexcept {
  std::size_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    total += shards_[i].count;
  }
  return total;
}

std::uint64_t OwnedTasks::added() const noexcept {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    total += shards_[i].added;
  }
  return total;
}

void OwnedTasks::close_and_abort_all(std::size_t first_shard) noexcept {
  for (std::size_t i = 0; i <= mask_; ++i) {
    Shard& shard = shards_[(first_shard + i) & mask_];
    for (bool more = true; more;) {
      // Aborting submits, which takes other locks: references are collected in batches under this one.
      std::array<detail::Header*, 64> batch;
      std::size_t count = 0;
      {
        const std::lock_guard lock(shard.mutex);
        shard.closed = true;
        while (shard.live != nullptr && count < batch.size()) {
          detail::Header* task = shard.live;
          unlink(task);
          link(shard.aborted, task);
          task->state.add_reference();
          batch[count++] = task;
        }
        more = shard.live != nullptr;
      }
      for (std::size_t k = 0; k < count; ++k) {
        detail::abort_task(batch[k], CancelReason::Shutdown);
        detail::drop_task_reference(batch[k]);
      }
    }
  }
}

}  // namespace rondeau::scheduler
