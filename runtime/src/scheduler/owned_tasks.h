// The list of live tasks of a runtime: what shutdown ends.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <rondeau/detail/header.h>
#include <rondeau/detail/scheduler.h>

#include "base/spin_lock.h"

namespace rondeau::scheduler {

/// Sharded by the block a task's id is from: a thread takes ids a block at a time, so what it spawns is in one shard for
/// a while, whose line stays with its core, and workers that spawn and end tasks rarely meet. Holds one reference to each
/// task.
class OwnedTasks {
 public:
  explicit OwnedTasks(std::size_t workers);

  /// False once closed: the task is refused.
  bool add(detail::Header* task) noexcept {
    Shard& shard = shard_of(task);
    const std::lock_guard lock(shard.mutex);
    if (shard.closed) [[unlikely]] return false;
    link(shard.live, task);
    ++shard.count;
    ++shard.added;
    return true;
  }
  /// Adds one that close_and_abort_all() passes over, also once closed. False once sealed, which it is not as long as the
  /// caller runs in a task that is on the list.
  bool add_unendable(detail::Header* task) noexcept;
  /// Wakes those that were told to end and have not.
  void wake_aborted() noexcept;
  /// True if it was on the list; the list's reference is the caller's then.
  bool remove(detail::Header* task) noexcept {
    Shard& shard = shard_of(task);
    const std::lock_guard lock(shard.mutex);
    if (task->owned_link == nullptr) [[unlikely]] return false;
    unlink(task);
    --shard.count;
    return true;
  }
  /// No more tasks; aborts all that live. Any number of threads may do it at once.
  void close_and_abort_all(std::size_t first_shard) noexcept;
  /// A walk through a shard that lets others at it between two batches.
  struct Walk {
    Walk() = default;
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk() {
      for (detail::Header* task : batch) detail::drop_task_reference(task);
    }
    std::vector<detail::Header*> batch;  ///< each with a reference that the walker drops
    bool in_aborted = false;
    int restarts = 0;
    bool over = false;  ///< the batch is the last one
  };
  /// Drops the batch of before and fetches the next one, of about `limit` tasks; false: that was all. Under churn a task
  /// may come twice.
  bool next_batch(std::size_t shard, Walk& walk, std::size_t limit);
  std::size_t shards() const noexcept { return mask_ + 1; }
  /// Looks under the locks: of two threads that each remove a last task, the later one sees none left.
  std::size_t size() const noexcept;
  /// True: none is left, and from now on none of any kind is taken.
  bool seal_if_empty() noexcept;
  /// Tasks that ever were on the list.
  std::uint64_t added() const noexcept;
  /// Calls `look(task)` for every one, under a lock.
  template <class F>
  void for_each(F&& look) const {
    for (std::size_t i = 0; i <= mask_; ++i) {
      const std::lock_guard lock(shards_[i].mutex);
      for (const detail::Header* head : {shards_[i].live, shards_[i].aborted}) {
        for (const detail::Header* task = head; task != nullptr; task = task->owned_next) look(*task);
      }
    }
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct alignas(64) Shard {
    base::SpinLock mutex;   ///< guards the rest
    detail::Header* live = nullptr;
    detail::Header* aborted = nullptr;  ///< told to end at shutdown, or never told, and not ended yet
    bool closed = false;
    bool sealed = false;
    std::size_t count = 0;
    std::uint64_t added = 0;
  };
  static void link(detail::Header*& head, detail::Header* task) noexcept {
    task->owned_next = head;
    task->owned_link = &head;
    if (head != nullptr) head->owned_link = &task->owned_next;
    head = task;
  }
  static void unlink(detail::Header* task) noexcept {
    *task->owned_link = task->owned_next;
    if (task->owned_next != nullptr) task->owned_next->owned_link = task->owned_link;
    task->owned_link = nullptr;
  }
  Shard& shard_of(const detail::Header* task) noexcept { return shards_[(task->id - 1) / detail::kTaskIdBlock & mask_]; }

  std::unique_ptr<Shard[]> shards_;
  std::size_t mask_;
};

}  // namespace rondeau::scheduler
